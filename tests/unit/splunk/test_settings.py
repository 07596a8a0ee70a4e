"""What splunkd adds to a stanza is let be; a misspelt setting of ours is refused with the right name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from falcon_streams.core.finish import StopAt
from falcon_streams.core.moment import Moment
from falcon_streams.core.resume import StartFrom
from falcon_streams.errors import Fatal
from falcon_streams.splunk.settings import check_stanza, nearest, read_input, read_schema, stanza_schema

STANZA = {"account": "prod", "app_id": "splunk01"}
# `[default]` of system/default/inputs.conf, the routing of a forwarder, the pipeline keys of inputs.conf.spec
SPLUNKS = [
    "_rcvbuf", "_TCP_ROUTING", "_SYSLOG_ROUTING", "_INDEX_AND_FORWARD_ROUTING", "_meta", "_raw", "_time", "queue",
    "evt_resolve_ad_obj", "evt_dc_name", "evt_dns_name", "host_segment", "host_resolved", "connection_host", "crcSalt",
    "send_index_as_argument_for_path", "run_only_one", "run_introspection", "persistentQueueSize", "queueSize",
]  # fmt: skip


@pytest.mark.parametrize("name", SPLUNKS)
def test_a_parameter_of_splunks_own_is_let_be(name: str) -> None:
    value = "true" if name.startswith("run_") else "x"

    assert read_input("main", {**STANZA, name: value}).unknown == ()


def test_a_parameter_that_nobody_knows_is_named_and_let_be() -> None:
    """A later Splunk must be able to add one."""
    assert read_input("main", {**STANZA, "aggregationMode": "x"}).unknown == ("aggregationMode",)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("acount", "account"),
        ("appid", "app_id"),
        ("eventTypes", "event_types"),
        ("exclude_events_types", "exclude_event_types"),
        ("start_form", "start_from"),
        ("partition", "partitions"),
        ("replay_second", "replay_seconds"),
        ("idle-timeout", "idle_timeout"),
        ("checkpointStore", "checkpoint_store"),
        ("Format", "format"),
        ("sourceType", "sourcetype"),
    ],
)
def test_a_misspelt_setting_is_refused_with_the_nearest_right_name(name: str, meant: str) -> None:
    with pytest.raises(Fatal, match=rf"\] {name} is not a setting of this input. The nearest is {meant}\."):
        read_input("main", {**STANZA, name: "x"})


@pytest.mark.parametrize("name", ["client_secret", "client_id", "cloud", "proxy", "token", "Password"])
def test_what_belongs_to_an_account_is_refused_and_its_value_not_shown(name: str) -> None:
    with pytest.raises(Fatal, match=f"{name} is not a setting of this input") as refused:
        read_input("main", {**STANZA, name: "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_every_setting_of_ours_is_nearest_to_itself_and_no_name_of_splunks_is_near_one() -> None:
    schema = read_schema("input")
    ours = {name for name, each in schema["properties"].items() if not each.get("x-splunk")}

    assert {name: nearest(name, schema["properties"]) for name in ours} == {name: name for name in ours}
    assert [name for name in schema["x-splunk-names"] if nearest(name, ours)] == []


def unbounded(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Where a schema takes texts, lists or numbers of any size."""
    limits = {"string": ("maxLength", "enum"), "array": ("maxItems",), "integer": ("maximum",), "number": ("maximum",)}
    kind = schema.get("type", "")
    if kind in limits and not any(limit in schema for limit in limits[kind]):
        yield path
    for key in ("properties", "$defs"):
        for name, inner in schema.get(key, {}).items():
            yield from unbounded(inner, f"{path}/{name}")
    if kind == "array":
        yield from unbounded(schema["items"], f"{path}/items")


@pytest.mark.parametrize("conf", ["input", "account", "settings"])
def test_every_text_list_and_number_of_a_schema_has_a_limit(conf: str) -> None:
    assert list(unbounded(read_schema(conf))) == []


def test_a_setting_without_a_limit_is_found() -> None:
    names = {"type": "array", "maxItems": 3, "items": {"type": "string"}}

    assert list(unbounded({"properties": {"a": names, "b": {"type": "integer"}}})) == ["/a/items", "/b"]


def test_of_very_many_wrong_items_one_is_told_at_once() -> None:
    began = time.process_time()
    with pytest.raises(Fatal, match=r"event_types = .*is not a comma-separated list of at most 256 event type names"):
        read_input("main", {"account": "prod", "app_id": "app", "event_types": "?," * 200_000})

    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "path", ["//host/share/ca.pem", "\\\\host\\share\\ca.pem", "/\\host\\share", "\\\\?\\UNC\\h\\s"]
)
@pytest.mark.parametrize(("conf", "stanza"), [("account", ""), ("settings", "checkpoint")])
def test_a_path_on_another_machine_is_no_ca_bundle(conf: str, stanza: str, path: str) -> None:
    schema = stanza_schema(conf, stanza) if stanza else read_schema(conf)
    others = {} if stanza else {"cloud": "us-1", "client_id": "1" * 32}
    with pytest.raises(Fatal, match=r"ca_bundle = .* is not an absolute path"):
        check_stanza(schema, "x", {**others, "ca_bundle": path})


@pytest.mark.parametrize(
    ("text", "start_from"),
    [
        ("oldest", StartFrom()),
        ("newest", StartFrom(newest=True)),
        ("7", StartFrom(offset=7)),
        ("0=7, T1=8", StartFrom(offsets=(("0", 7), ("T1", 8)))),
        ("-x=7", StartFrom(offsets=(("-x", 7),))),
        ("2026-11-01T06:00:00Z", StartFrom(moment=Moment(1_793_512_800_000))),
        ("-3d", StartFrom(moment=Moment(ago=259_200_000))),
    ],
)
def test_where_an_input_begins(text: str, start_from: StartFrom) -> None:
    assert read_input("main", {**STANZA, "start_from": text}).start_from == start_from


@pytest.mark.parametrize(
    ("text", "stop_at"),
    [
        ("none", None),
        ("", None),
        ("now", StopAt("now", Moment())),
        ("-1h", StopAt("-1h", Moment(ago=3_600_000))),
        ("7", StopAt("7", offset=7)),
        ("0=7,1=8", StopAt("0=7,1=8", offsets=(("0", 7), ("1", 8)))),
    ],
)
def test_where_an_input_ends(text: str, stop_at: object) -> None:
    assert read_input("main", {**STANZA, "stop_at": text}).stop_at == stop_at
