"""The service's own audit events in the streams (Event Streams reference 3.8)."""

from __future__ import annotations

import json
from typing import Any

from tests.emulator import Emulator
from tests.emulator.conftest import Body, Client, Falcon, ending, eventually


def trail(emulator: Emulator, partition: str = "0") -> list[dict[str, Any]]:
    log = emulator.tenant.partitions[partition].log
    return [json.loads(log.line(index)) for index in range(len(log))]


def test_opening_and_closing_a_feed_are_events_with_the_requests_own_parameters(falcon: Falcon) -> None:
    emulator = falcon(audit=True, partitions=2)
    client = Client(emulator)
    client.feed("&offset=0&eventType=FirewallMatchEvent,Unheard", partition="1", app_id="MyApp").close()
    eventually(lambda: len(trail(emulator, "1")) == 2)

    started, stopped = trail(emulator, "1")
    assert trail(emulator, "0") == []
    assert [event["event"]["OperationName"] for event in (started, stopped)] == ["streamStarted", "streamStopped"]
    assert started["metadata"]["eventType"] == "AuthActivityAuditEvent"
    assert [started["metadata"]["offset"], stopped["metadata"]["offset"]] == [0, 1]
    assert started["event"]["ServiceName"] == "Crowdstrike Streaming API"
    assert {pair["Key"]: pair["ValueString"] for pair in started["event"]["AuditKeyValues"]} == {
        "partition": "1",
        "offset": "0",
        "appId": "myapp",
        "eventType": "[FirewallMatchEvent Unheard]",
        "APIClientID": emulator.client_id,
    }


def test_without_offset_and_filter_the_trail_says_minus_one_and_all(falcon: Falcon) -> None:
    emulator = falcon(audit=True, preload=3)
    with Client(emulator).feed("&whence=2") as feed:
        (line,) = Body(feed).lines(1)

    attributes = json.loads(line)["event"]["Attributes"]
    assert (attributes["offset"], attributes["eventType"]) == ("-1", "All event type(s)")
    assert json.loads(line)["metadata"]["offset"] == 3


def test_the_trail_is_published_sent_and_in_the_ledger_like_all_events(falcon: Falcon) -> None:
    emulator = falcon(audit=True, linger=0)
    with Client(emulator).feed() as feed:
        Body(feed).lines(1)
    assert ending(emulator) == "fin"
    eventually(lambda: len(trail(emulator)) == 2)

    assert [row[2] for row in emulator.ledger()["0"]] == [1, 0]


def test_the_trail_is_off_unless_asked_for(falcon: Falcon) -> None:
    emulator = falcon()
    Client(emulator).feed().close()
    ending(emulator)

    assert trail(emulator) == []


def test_with_api_auditing_each_call_is_an_event_in_the_first_partition(falcon: Falcon) -> None:
    emulator = falcon(api_audit=True, partitions=2)
    Client(emulator).discover()

    calls = [event["event"]["Attributes"] for event in trail(emulator)]
    assert [(call["request_method"], call["request_path"], call["status_code"]) for call in calls] == [
        ("POST", "/oauth2/token", "201"),
        ("GET", "/sensors/entities/datafeed/v2", "200"),
    ]
    assert calls[0]["APIClientID"] == emulator.client_id
