"""The generated events: every type, realistic sizes and mix, the hard cases (events reference 4, 5 and 12)."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest

from tests.emulator.conftest import Falcon
from tests.emulator.events.catalogue import Catalogue
from tests.emulator.events.generator import Generator
from tests.emulator.events.hard import UNKNOWN_TYPE
from tests.emulator.log import read_line
from tests.emulator.options import Options

EPP = "EppDetectionSummaryEvent"
CUSTOMER = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
NOON = 1_800_000_000.0
USUAL = ["customerIDString", "offset", "eventType", "eventCreationTime"]
OTHER = ["eventType", "customerIDString", "offset", "eventCreationTime"]

# smallest and largest size in bytes, as the reference's table has them, with some room
SIZES = {
    "EppDetectionSummaryEvent": (900, 4900),
    "DetectionSummaryEvent": (1200, 4900),
    "FcsIoaDetectionSummaryEvent": (900, 1400),  # none is public: its mapping has these fields
    "AuditLogV3Event": (300, 450),
    "IdpDetectionSummaryEvent": (840, 1700),
    "IdentityProtectionEvent": (600, 810),
    "XdrDetectionSummaryEvent": (900, 1250),
    "MobileDetectionSummaryEvent": (1000, 1500),
    "OverwatchGenericDetectionSummaryEvent": (850, 1100),
    "AutomatedLeadSummaryEvent": (2800, 5000),
    "DataProtectionDetectionSummaryEvent": (1300, 2100),
    "IncidentSummaryEvent": (300, 700),
    "AuthActivityAuditEvent": (340, 2000),
    "UserActivityAuditEvent": (550, 1000),
    "APIActivityAuditEvent": (1600, 2300),
    "RemoteResponseSessionStartEvent": (300, 400),
    "RemoteResponseSessionEndEvent": (300, 700),
    "CustomerIOCEvent": (420, 700),
    "FirewallMatchEvent": (1100, 1250),
    "ReconNotificationSummaryEvent": (600, 900),
    "ScheduledReportNotificationEvent": (750, 1000),
    "CSPMSearchStreamingEvent": (1500, 1900),
    "CSPMIOAStreamingEvent": (550, 650),
    "HashSpreadingEvent": (250, 500),
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(1, CUSTOMER)


def make(catalogue: Catalogue, count: int, seed: str = "1/0") -> list[dict[str, Any]]:
    lines = Generator(catalogue, seed, Options(customer=CUSTOMER)).make(count, 0, NOON - 3600, NOON)
    return [json.loads(line.bytes) for line in lines]


def test_every_type_of_the_reference_is_made_in_its_size(catalogue: Catalogue) -> None:
    assert set(catalogue.by_type) == set(SIZES)
    for name, templates in catalogue.by_type.items():
        smallest, largest = SIZES[name]
        for template in templates:
            assert smallest <= len(template.stamp(CUSTOMER.encode(), 1, 1_800_000_000_000, 1)) <= largest, name


def test_a_partition_begins_with_one_of_everything(catalogue: Catalogue) -> None:
    first = {event["metadata"]["eventType"] for event in make(catalogue, 50)}

    assert first >= {*SIZES, UNKNOWN_TYPE, "EPPDetectionSummaryEvent"}


def test_the_envelope_is_falcons(catalogue: Catalogue) -> None:
    for number, event in enumerate(make(catalogue, 3000)):
        metadata = event["metadata"]
        assert list(event) == ["metadata", "event"]
        assert list(metadata)[:4] in (USUAL, OTHER)
        assert list(metadata)[:4] == USUAL or "version" not in metadata
        assert metadata["customerIDString"] == CUSTOMER
        assert metadata["offset"] == number
        assert len(str(metadata["eventCreationTime"])) == 13


def test_a_part_of_the_events_has_another_key_order_and_no_version(catalogue: Catalogue) -> None:
    heads = [list(event["metadata"]) for event in make(catalogue, 800)]

    assert heads.count(OTHER) == 100
    assert sum(head == [*USUAL, "version"] for head in heads) > 600


def test_an_event_without_a_body_is_rare_and_can_be_switched_off(catalogue: Catalogue) -> None:
    def bare(every: int) -> list[int]:
        lines = Generator(catalogue, "1/0", Options(null_every=every)).make(5000, 0, NOON - 3600, NOON)
        return [line.offset for line in lines if line.bytes.endswith(b',"event":null}') and line.offset is not None]

    assert bare(Options().null_every) == [1999, 3999]
    assert bare(100)[:2] == [99, 199]
    assert bare(0) == []


def test_streams_can_bear_the_events_of_other_customers(catalogue: Catalogue) -> None:
    options = Options(customer=CUSTOMER, other_customers=2)
    generator = Generator(catalogue, "1/0", options)

    def customers(count: int) -> set[str]:
        return {json.loads(line.bytes)["metadata"]["customerIDString"] for line in generator.make(count, 0, NOON, NOON)}

    before = customers(30)
    options.other_customers = 3

    assert CUSTOMER in before
    assert len(before) == 3
    assert len(customers(30) - before) == 1


def test_a_partitions_offsets_can_have_holes_of_their_own(catalogue: Catalogue) -> None:
    generator = Generator(catalogue, "1/0", Options(holes=40))
    offsets = [line.offset for line in [*generator.make(15, 100, NOON, NOON), *generator.make(15, 155, NOON, NOON)]]

    assert offsets == [*range(100, 109), *range(149, 155), *range(155, 159), *range(199, 209), 249]
    assert Generator(catalogue, "1/0", Options()).make(15, 100, NOON, NOON)[-1].offset == 114


def test_what_a_line_says_of_itself_is_what_the_generator_says(catalogue: Catalogue) -> None:
    for line in Generator(catalogue, "1/0", Options()).make(500, 7, NOON, NOON):
        assert read_line(line.bytes) == line


def test_the_same_seed_makes_the_same_events_and_another_seed_others(catalogue: Catalogue) -> None:
    assert make(catalogue, 300) == make(Catalogue(1, CUSTOMER), 300)
    assert make(catalogue, 300) != make(catalogue, 300, "1/1")
    assert make(catalogue, 300) != make(Catalogue(2, CUSTOMER), 300)


def test_the_mix_is_an_ordinary_tenants(catalogue: Catalogue) -> None:
    counts = Counter(event["metadata"]["eventType"] for event in make(catalogue, 20_000))
    shares = {name: count / 20_000 for name, count in counts.items()}

    assert 0.6 < shares["APIActivityAuditEvent"] < 0.9
    assert 0.1 < shares["FirewallMatchEvent"] < 0.3
    assert 0.02 < shares["AuthActivityAuditEvent"] < 0.1
    assert shares["EppDetectionSummaryEvent"] < 0.02


def test_creation_times_grow_but_for_small_inversions_across_types(catalogue: Catalogue) -> None:
    events = make(catalogue, 5000)
    times = [event["metadata"]["eventCreationTime"] for event in events]
    steps = [after - before for before, after in zip(times, times[1:])]

    assert min(steps) > -5000
    assert sum(step < 0 for step in steps) > 100
    assert times[-1] - times[0] > 3_500_000
    whole = {"FirewallMatchEvent", "EppDetectionSummaryEvent", "UserActivityAuditEvent"}
    assert all(e["metadata"]["eventCreationTime"] % 1000 == 0 for e in events if e["metadata"]["eventType"] in whole)


def test_episodes_come_together(catalogue: Catalogue) -> None:
    events = make(catalogue, 20_000)
    burst = longest_run([e["metadata"]["eventType"] for e in events], "EppDetectionSummaryEvent")
    closing = longest_run([e["metadata"]["eventType"] for e in events], "UserActivityAuditEvent")
    leads = Counter(e["event"]["LeadId"] for e in events if e["metadata"]["eventType"] == "AutomatedLeadSummaryEvent")

    assert burst >= 50
    assert closing >= 200
    assert max(leads.values()) >= 3


def longest_run(names: list[str], wanted: str) -> int:
    longest = run = 0
    for name in names:
        run = run + 1 if name == wanted else 0
        longest = max(longest, run)
    return longest


# -- units and vocabularies --------------------------------------------------------------------------------------------


def bodies(catalogue: Catalogue, name: str) -> list[dict[str, Any]]:
    templates = [each for each in [*catalogue.by_type[name], *catalogue.hard] if each.event_type == name]
    events = [json.loads(each.stamp(CUSTOMER.encode(), 1, 1_800_000_000_000, 1))["event"] for each in templates]
    return [event for event in events if event is not None]


def test_each_timestamp_has_the_unit_of_its_field(catalogue: Catalogue) -> None:
    def digits(name: str, field: str) -> set[int]:
        return {len(str(event[field])) for event in bodies(catalogue, name) if event.get(field)}

    assert digits("EppDetectionSummaryEvent", "ProcessStartTime") == {10}
    assert digits("IdentityProtectionEvent", "StartTime") == {13}
    assert digits("IdpDetectionSummaryEvent", "ContextTimeStamp") == {18}
    assert digits("AuthActivityAuditEvent", "UTCTimestamp") == {10, 13}
    assert digits("XdrDetectionSummaryEvent", "StartTimeEpoch") == {13, 19}
    assert digits("CSPMSearchStreamingEvent", "Timestamp") == {13}
    filetime = bodies(catalogue, "IdpDetectionSummaryEvent")[0]["ContextTimeStamp"]
    assert filetime // 10_000_000 - 11_644_473_600 == NOON - 69
    assert bodies(catalogue, "FirewallMatchEvent")[0]["Timestamp"] == "2027-01-15T08:00:00Z"


def test_api_audit_is_created_when_the_call_was_received_plus_its_time(catalogue: Catalogue) -> None:
    attributes = bodies(catalogue, "APIActivityAuditEvent")[0]["Attributes"]
    elapsed = int(attributes["elapsed_time"].partition(".")[0])
    received = attributes["received_time"]

    assert len(received) == len("2026-01-21T15:06:43.342030137Z")
    assert int(received[20:23]) == (1000 - elapsed) % 1000


def test_the_hard_cases_are_all_there(catalogue: Catalogue) -> None:
    lines = [each.stamp(CUSTOMER.encode(), 1, 1_800_000_000_000, 1) for each in catalogue.tour()]
    events = [json.loads(line) for line in lines]
    by_type: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        by_type.setdefault(event["metadata"]["eventType"], []).append(event["event"] or {})
    epp = by_type["EppDetectionSummaryEvent"]

    assert any(len(str(event.get("ProcessId", ""))) == 19 for event in epp)
    assert any(event.get("Type") == "ods" and "SeverityName" not in event and "UserName" not in event for event in epp)
    assert any(event and not any(isinstance(value, str) and value for value in event.values()) for event in epp)
    assert any(event.get("MACAddress") == "N/A" for event in epp)
    assert any("QuantumRollback" in event.get("PatternDispositionFlags", {}) for event in epp)
    assert {type(event["Tags"]) for event in epp if "Tags" in event} == {str, list}
    assert any(str(event.get("CommandLine", "")).endswith('\\"') for event in epp)
    accesses = [each for event in bodies(catalogue, EPP) for each in event.get("NetworkAccesses") or []]
    assert {access["IsIPV6"] for access in accesses} == {True, False}
    assert any(len(event.get("Commands", [])) == 300 for event in by_type["RemoteResponseSessionEndEvent"])
    assert any("Commands" not in event for event in by_type["RemoteResponseSessionEndEvent"])
    assert any(len(event["ThreatgraphIndicators"]) == 40 for event in by_type["AutomatedLeadSummaryEvent"])
    assert any(isinstance(event["IncidentType"], str) for event in by_type["IncidentSummaryEvent"])
    assert any(event["OperationName"] == "saml2Assert" for event in by_type["AuthActivityAuditEvent"])
    assert any("SeverityName" not in event for event in by_type["IdpDetectionSummaryEvent"])
    assert any(20_000 <= len(line) < 30_000 for line in lines)
    assert any(len(line) > 65_536 for line in lines)
    assert any("version" not in event["metadata"] for event in events)
    assert any(b"\\u0026" in line for line in lines)
    assert any("李雷".encode() in line for line in lines)
    assert not any(b"&" in line or b"<" in line for line in lines)
    assert by_type[UNKNOWN_TYPE][0]["Big"] == 2**64 + 1


# -- asking for more ---------------------------------------------------------------------------------------------------


def test_a_test_may_ask_for_certain_types_and_a_span_of_time(falcon: Falcon) -> None:
    emulator = falcon(partitions=2, time_scale=0)
    emulator.generate(30, partition="1", types=["CustomerIOCEvent", "RemoteResponseSessionEndEvent"], span=60)
    log = emulator.tenant.partitions["1"].log
    events = [json.loads(log.line(index)) for index in range(len(log))]

    assert emulator.offsets() == {"0": 0, "1": 30}
    assert {event["metadata"]["eventType"] for event in events} == {"CustomerIOCEvent", "RemoteResponseSessionEndEvent"}
    assert 55_000 < emulator.now() * 1000 - events[0]["metadata"]["eventCreationTime"] < 63_000
    with pytest.raises(ValueError, match="NoSuchEvent"):
        emulator.generate(1, types=["NoSuchEvent"])


def test_a_backlog_lies_in_the_past(falcon: Falcon) -> None:
    emulator = falcon(preload=2000, time_scale=0)
    log = emulator.tenant.partitions["0"].log
    first, last = (json.loads(log.line(index))["metadata"]["eventCreationTime"] / 1000 for index in (0, 1999))

    assert 490 < emulator.now() - first < 510
    assert emulator.now() - last < 5


def test_a_hundred_thousand_events_are_there_in_a_few_seconds(falcon: Falcon) -> None:
    started = time.process_time()
    emulator = falcon(preload=100_000)

    assert emulator.offsets() == {"0": 100_000}
    assert time.process_time() - started < 15.0  # CPU seconds; some 3 are usual


def test_many_events_of_a_span_are_in_the_order_of_their_times(falcon: Falcon) -> None:
    emulator = falcon()
    emulator.generate(3000, types=["CSPMSearchStreamingEvent"], span=3000)
    log = emulator.tenant.partitions["0"].log
    times = [json.loads(log.line(index))["metadata"]["eventCreationTime"] for index in range(len(log))]

    steps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert min(steps) > -60_000  # an event may be told a little late
    assert times[-1] - times[0] > 2_900_000
