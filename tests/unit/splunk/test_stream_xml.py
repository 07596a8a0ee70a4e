"""What an XML parser reads out of the stream is the line as Falcon sent it."""

from __future__ import annotations

import json
from typing import List
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.batch import read_batch
from falcon_streams.core.envelope import Event, read_event
from falcon_streams.core.tenants import Register, Tenant, Tenants
from falcon_streams.splunk.stream_xml import (
    MALFORMED_SOURCETYPE,
    STREAM_END,
    STREAM_START,
    Renderer,
    Routing,
    TaData,
    escape_lines,
)
from tests.fakes.batches import batch_of

STANZA = "falcon_event_streams://prod"


def parsed(rendered: bytes) -> List[ElementTree.Element]:
    return list(ElementTree.fromstring(STREAM_START + rendered + STREAM_END))


def render(*events: Event, routing: Routing = Routing(STANZA)) -> List[ElementTree.Element]:  # noqa: B008 - frozen
    return parsed(Renderer(routing).render("0", batch_of(*events), 1_700_000_000.5))


def event(raw: bytes, created: int | None = 1_657_110_865_303) -> Event:
    return Event(raw, 1, "A", created, "c")


def test_an_event_carries_time_source_sourcetype_and_its_line() -> None:
    (element,) = render(event(b'{"a":"<&>]]>"}'))

    assert element.attrib == {"stanza": STANZA, "unbroken": "1"}
    assert [(child.tag, child.text) for child in element] == [
        ("time", "1657110865.303"),
        ("source", "CrowdStrike:Event:Streams:0"),
        ("sourcetype", "CrowdStrike:Event:Streams:JSON"),
        ("data", '{"a":"<&>]]>"}'),
        ("done", None),
    ]


def test_an_event_without_a_readable_time_gets_the_time_of_arrival() -> None:
    (element,) = render(event(b"{}", created=None))

    assert element.findtext("time") == "1700000000.500"


def test_index_host_and_an_own_source_are_written_where_they_are_set() -> None:
    (element,) = render(event(b"{}"), routing=Routing(STANZA, index="sec", host="hf<1>", source="my & source"))

    assert element.findtext("index") == "sec"
    assert element.findtext("host") == "hf<1>"
    assert element.findtext("source") == "CrowdStrike:Event:Streams:0:my & source"


def test_a_malformed_line_has_a_sourcetype_of_its_own() -> None:
    (element,) = render(read_event(b"not json"))

    assert element.findtext("sourcetype") == MALFORMED_SOURCETYPE
    assert element.findtext("data") == "not json"


def test_ta_data_is_appended_to_objects_and_to_nothing_else() -> None:
    ta_data = TaData("us-1", "0.1.0", "prod", "app", (), newest=False)
    renderer = Renderer(Routing(STANZA), lambda partition: ta_data.render(partition, several=True))

    batch = batch_of(event(b'{"a":1}'), read_event(b"nope}"), read_event(b"{}"))
    good, bad, empty = parsed(renderer.render("1", batch, 0.0))

    assert json.loads(good.findtext("data") or "") == {
        "a": 1,
        "ta_data": {
            "Feed_id": "1",
            "Multiple_feeds": "True",
            "Cloud_environment": "us_commercial",
            "TA_version": "0.1.0",
            "Input": "prod",
            "App_id": "app",
            "Event_types": "['All']",
            "Initial_start": "historic",
        },
    }
    assert bad.findtext("data") == "nope}"
    assert empty.findtext("data") == "{}"


@pytest.mark.parametrize(
    "before, after",
    [
        (b"\x00\x01\x08\x0b\x0c\x0e\x1f", "\ufffd" * 7),
        (b"tab\tdel\x7f", "tab\tdel\x7f"),
        (b"a\rb", "a b"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        ("\ufffe\uffff".encode(), "\ufffd\ufffd"),
        ("\U0001f600 ä €".encode(), "\U0001f600 ä €"),
        (b"\\u0000 \\ud800", "\\u0000 \\ud800"),
    ],
)
def test_what_xml_cannot_carry_is_replaced_and_listed_here(before: bytes, after: str) -> None:
    (element,) = render(event(before))

    assert element.findtext("data") == after


@given(st.binary())
def test_any_bytes_make_well_formed_xml(line: bytes) -> None:
    (element,) = render(event(line.replace(b"\n", b"")))

    assert element.find("data") is not None


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\ufffe\uffff", min_codepoint=0x20)))
def test_any_ordinary_text_is_unchanged(text: str) -> None:
    (element,) = render(event(text.encode()))

    assert (element.findtext("data") or "") == text


def test_plain_lines_are_not_copied() -> None:
    lines = [b'{"plain":"ascii"}', '{"plain":"żółć"}'.encode()]

    assert escape_lines(lines) is lines


def test_each_line_of_a_batch_is_escaped_and_scrubbed_for_itself() -> None:
    lines = [b"a", b"<&>", b"\x01", b"\xff", "\uffff".encode(), "ż&".encode(), b"]]>", b"a\rb"]

    for count in range(1, len(lines) + 1):
        together = escape_lines(lines[:count])
        assert list(together) == [escape_lines([line])[0] for line in lines[:count]]


def test_the_columns_of_a_mixed_batch_end_up_with_their_own_lines() -> None:
    good, late = event(b'{"n":1}'), event(b'{"n":2}', created=1_700_000_000_007)
    elements = render(good, read_event(b"bad"), event(b'{"n":3}', created=None), late)

    assert [element.findtext("data") for element in elements] == ['{"n":1}', "bad", '{"n":3}', '{"n":2}']
    assert [element.findtext("time") for element in elements] == [
        "1657110865.303",
        "1700000000.500",
        "1700000000.500",
        "1700000000.007",
    ]
    assert [element.findtext("sourcetype") for element in elements].index(MALFORMED_SOURCETYPE) == 1


# -- the tenants of a provider -----------------------------------------------------------------------------------------

A, B, UNKNOWN = "a" * 32, "b" * 32, "c" * 32
ACME = Tenant(A, "ACME & S\u00f6hne, <Berlin>", "falcon_acme")
TENANTS = Tenants([ACME, Tenant(B, index="falcon_bee")], Tenant(index="falcon_others"))


def of_customer(customer: str, offset: int = 1) -> bytes:
    return (
        b'{"metadata":{"customerIDString":"%s","offset":%d,"eventType":"X","eventCreationTime":1700000000123},"event":{}}'
        % (customer.encode(), offset)
    )


def routed(renderer: Renderer, partition: str, *lines: bytes) -> list[tuple[str | None, str | None]]:
    """The index and the source of each line."""
    elements = parsed(renderer.render(partition, read_batch(lines), 0.0))
    assert [element.findtext("data") for element in elements] == [line.decode() for line in lines]
    return [(element.findtext("index"), element.findtext("source")) for element in elements]


def test_each_event_goes_to_the_index_of_its_customer_with_the_tenants_name_in_the_source() -> None:
    renderer = Renderer(Routing(STANZA, index="falcon"), register=Register(TENANTS))
    lines = [of_customer(A), of_customer(B), of_customer(UNKNOWN), of_customer(A.upper() + "-1F"), b'{"a":1}', b"bad"]

    acme, bee, others, written, nobody, bad = routed(renderer, f"{A}/0", *lines)

    assert (
        acme == written == nobody == bad == ("falcon_acme", "CrowdStrike:Event:Streams:0@ACME & S\u00f6hne, <Berlin>")
    )
    assert bee == ("falcon_bee", "CrowdStrike:Event:Streams:0")
    assert others == ("falcon_others", "CrowdStrike:Event:Streams:0")


@pytest.mark.parametrize("count", [1, 2, 16])
def test_a_batch_of_one_customer_goes_where_its_events_would_go_alone(count: int) -> None:
    renderer = Renderer(Routing(STANZA, index="falcon", source="my:own/source"), register=Register(TENANTS))

    for customer in (A, B, UNKNOWN):
        alone = routed(renderer, "0", of_customer(customer))
        assert routed(renderer, "0", *(of_customer(customer, each) for each in range(count))) == alone * count
    assert routed(renderer, "0", of_customer(A)) == [
        ("falcon_acme", "CrowdStrike:Event:Streams:0@ACME & S\u00f6hne, <Berlin>:my:own/source")
    ]


def test_an_own_tenant_that_nobody_has_named_goes_with_those_without_a_stanza() -> None:
    assert routed(Renderer(Routing(STANZA), register=Register(TENANTS)), "0", b"bad") == [
        ("falcon_others", "CrowdStrike:Event:Streams:0")
    ]
    tenants = TENANTS.with_own(A)
    assert routed(Renderer(Routing(STANZA), register=Register(tenants)), "0", b"bad")[0][0] == "falcon_acme"


def test_an_index_that_a_tenant_does_not_name_is_that_of_the_input() -> None:
    renderer = Renderer(Routing(STANZA, index="falcon"), register=Register(Tenants([Tenant(A, "ACME")])))

    assert routed(renderer, "0", of_customer(A), of_customer(B)) == [
        ("falcon", "CrowdStrike:Event:Streams:0@ACME"),
        ("falcon", "CrowdStrike:Event:Streams:0"),
    ]


def test_what_the_conf_says_anew_holds_from_the_next_batch_on() -> None:
    register = Register(Tenants())
    renderer = Renderer(Routing(STANZA, index="falcon"), register=register)
    places = []
    for tenants in (Tenants(), TENANTS, Tenants([Tenant(A, "Acme", "new")])):
        register.tenants = tenants
        places.append(routed(renderer, f"{A}/0", of_customer(A), of_customer(B))[0])

    assert places == [
        ("falcon", "CrowdStrike:Event:Streams:0"),
        ("falcon_acme", "CrowdStrike:Event:Streams:0@ACME & S\u00f6hne, <Berlin>"),
        ("new", "CrowdStrike:Event:Streams:0@Acme"),
    ]


def test_without_stanzas_nothing_changes() -> None:
    batch = read_batch([of_customer(A), of_customer(B), b'{"a":1}', b"bad"])
    routing = Routing(STANZA, index="falcon")

    plain = Renderer(routing).render("0", batch, 0.0)
    assert Renderer(routing, register=Register(Tenants())).render("0", batch, 0.0) == plain
    assert Renderer(routing, register=Register(TENANTS)).render("0", batch, 0.0) != plain, "a control"


def test_the_source_names_a_partition_as_falcon_does_whosever_it_is() -> None:
    assert routed(Renderer(Routing(STANZA)), f"{A}/3", of_customer(A)) == [(None, "CrowdStrike:Event:Streams:3")]


def test_ta_data_is_appended_to_the_events_of_each_tenant() -> None:
    renderer = Renderer(Routing(STANZA), lambda partition: b'{"Feed_id":"%s"}' % partition.encode(), Register(TENANTS))
    elements = parsed(renderer.render(f"{A}/7", read_batch([of_customer(A), of_customer(B)]), 0.0))

    assert [json.loads(each.findtext("data") or "")["ta_data"] for each in elements] == [{"Feed_id": "7"}] * 2


def test_hostile_customers_share_what_is_kept_for_tenants_without_a_stanza() -> None:
    renderer = Renderer(Routing(STANZA), register=Register(TENANTS))
    hostile = [f"{number}{'x' * 10_000}" for number in range(20)]
    hostile += [f"{A}\x01", f"../{A}", f"{A}</index>", f" {A}", *(f"{number:032x}" for number in range(5000))]
    for customer in hostile:
        line = json.dumps({"metadata": {"customerIDString": customer, "offset": 1}}).encode()
        assert routed(renderer, "0", line)[0][0] == "falcon_others"

    assert len(renderer._frames.made) == 1


def test_what_is_kept_has_an_end_however_many_partitions_bear_however_many_tenants() -> None:
    renderer = Renderer(Routing(STANZA), register=Register(Tenants(Tenant(f"{number:032x}") for number in range(100))))
    for partition in range(100):
        routed(renderer, str(partition), *(of_customer(f"{number:032x}") for number in range(100)))

    assert len(renderer._frames.made) <= 4096


def test_a_batch_of_which_nothing_is_wanted_renders_nothing() -> None:
    nothing = read_batch([of_customer(A)]).chosen([False])

    assert Renderer(Routing(STANZA), register=Register(TENANTS)).render("0", nothing, 0.0) == b""
