"""The tenants' conf: read by one call, and refused with one sentence where an event could go to the wrong index."""

from __future__ import annotations

from typing import Any

import pytest

from falcon_streams.core.tenants import Tenant, Tenants
from falcon_streams.errors import Fatal
from falcon_streams.splunk.settings import read_schema
from falcon_streams.splunk.splunkd import Splunkd
from falcon_streams.splunk.tenants import check_tenant, make_tenants, read_tenants
from tests.fakes.management_port import ManagementPort

A, B = "a" * 31 + "1", "b" * 32
CONF = "configs/conf-falcon_event_streams_tenants"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> ManagementPort:
    port = ManagementPort()
    monkeypatch.setattr("splunklib.binding.handler", port.handler)
    return port


def read(port: ManagementPort, **stanzas: dict[str, str]) -> Tenants:
    for name, raw in stanzas.items():
        port.things[f"{CONF}/{name}"] = {"eai:appName": "x", "disabled": "0", **raw}
    return read_tenants(Splunkd("https://127.0.0.1:8089", "key"))


def test_a_stanza_becomes_a_tenant() -> None:
    raw = {
        "name": " ACME & S\u00f6hne, Berlin ",
        "index": "falcon_acme",
        "event_types": "A, B",
        "exclude_event_types": "C",
        "disabled": "true",
        "note": "since 2026",
    }

    assert check_tenant(f"{A.upper()}-1F", raw) == Tenant(
        A, "ACME & S\u00f6hne, Berlin", "falcon_acme", frozenset({"A", "B"}), frozenset({"C"}), True, "since 2026"
    )


def test_an_empty_stanza_says_nothing_and_index_default_is_that_of_the_input() -> None:
    assert check_tenant(A, {"name": "", "event_types": " ", "index": "default", "disabled": "0"}) == Tenant(A)


def test_all_stanzas_come_by_one_call_where_splunkd_lists_the_default(port: ManagementPort) -> None:
    tenants = read(
        port, default={"index": "o"}, **{f"{number:032x}": {"index": f"i{number}"} for number in range(1000)}
    )

    assert len(tenants.listed) == 1000 and tenants.of(f"{999:032X}-00").index == "i999"
    assert tenants.of(B) == Tenant(index="o")
    assert port.asked == [f"GET {CONF}"]


def test_a_default_that_splunkd_does_not_list_is_asked_for(
    port: ManagementPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = port._get

    def without_default(path: str, form: Any) -> tuple[int, list[dict[str, Any]]]:
        status, entries = listed(path, form)
        return status, [entry for entry in entries if path != CONF or entry["name"] != "default"]

    monkeypatch.setattr(port, "_get", without_default)

    assert read(port, default={"index": "o"}, **{A: {"index": "a"}}).default == Tenant(index="o")


def test_a_conf_without_stanzas_says_nothing(port: ManagementPort) -> None:
    assert read(port).say_nothing


def test_the_switch_of_a_stanza_is_read_and_that_of_another_conf_is_no_setting(port: ManagementPort) -> None:
    port.things["configs/conf-falcon_event_streams_account/prod"] = {"disabled": "0", "cloud": "us-1"}

    assert read(port, **{A: {"disabled": "1"}}).of(A).disabled
    splunkd = Splunkd("https://127.0.0.1:8089", "key")
    assert splunkd.stanza("falcon_event_streams_account", "prod") == {"cloud": "us-1"}
    assert splunkd.stanzas("falcon_event_streams_account") == [("prod", {"cloud": "us-1"})]


def test_two_stanzas_for_one_cid_are_refused() -> None:
    with pytest.raises(Fatal) as caught:
        make_tenants([(A, {}), (B, {}), (f"{A.upper()}-1F", {})], None)

    assert str(caught.value) == (
        f"[{A}] and [{A.upper()}-1F] of falcon_event_streams_tenants.conf are the same tenant, so it is not known "
        "where its events go. Remove one of them"
    )


@pytest.mark.parametrize("stanza", ["acme", A[:31], f"{A}-1", "../" + A, "", "Default"])
def test_a_stanza_that_is_no_cid_is_refused(stanza: str) -> None:
    with pytest.raises(Fatal, match=r"is not the CID of a tenant: 32 hexadecimal digits, with or without the checksum"):
        make_tenants([(stanza, {})], None)


@pytest.mark.parametrize(
    ("setting", "value", "fault"),
    [
        ("name", "x" * 65, "is longer than 64 characters, begins with =, +, -, or @, or holds a quote"),
        *(
            ("name", f"a{bad}b", "or a character that cannot be seen")
            for bad in '":\\\x00\x1b\x7f\x85\u202e\u2066\u200b\ufeff'
        ),
        *(("name", f"{bad}cmd|'/c calc'!A0", "begins with =, +, -, or @") for bad in "=+-@"),
        *(("name", f"a{bad}b", "holds a character that cannot be seen") for bad in "\ue000\u0378"),
        *(("index", bad, "is not the name of an index") for bad in ("_internal", "-a", "Falcon", "a b", "a/b", "../a")),
        *(("index", bad, "is not the name of an index") for bad in ("my_kvstore", "a" * 81, "a,b", "<a>")),
        ("event_types", "A B", "is not a comma-separated list of at most 256 event type names"),
        ("exclude_event_types", ",".join(["A"] * 257), "is not a comma-separated list of at most 256"),
        ("disabled", "perhaps", "is not a boolean"),
        ("note", "x" * 1025, "is longer than 1024 characters"),
        ("indexes", "a", "is not a setting of a tenant. The nearest is index."),
    ],
)
def test_a_wrong_value_is_refused_with_stanza_setting_fault_and_remedy(setting: str, value: str, fault: str) -> None:
    with pytest.raises(Fatal) as caught:
        check_tenant(A, {setting: value})

    told = str(caught.value)
    assert told.startswith(f"[{A}] {setting}") and fault in told
    assert told.isprintable() and len(told) < 600


def test_a_fault_of_the_default_is_told_of_the_default() -> None:
    with pytest.raises(Fatal, match=r"^\[default\] index = Falcon is not the name of an index"):
        make_tenants([(A, {"index": "Falcon"})], {"index": "Falcon"})


def test_every_setting_says_what_it_is_and_what_to_do() -> None:
    for name, setting in read_schema("tenant")["properties"].items():
        assert {"title", "description", "x-fault", "x-remedy"} <= set(setting), name
