"""What splunkd adds to a stanza is let be; a misspelt setting of ours is refused with the right name."""

from __future__ import annotations

import pytest

from falcon_streams.errors import Fatal
from falcon_streams.splunk.settings import nearest, read_input, read_schema

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
    with pytest.raises(Fatal, match=rf"\] {name} is no setting of this input. The nearest is {meant}\."):
        read_input("main", {**STANZA, name: "x"})


@pytest.mark.parametrize("name", ["client_secret", "client_id", "cloud", "proxy", "token", "Password"])
def test_what_belongs_to_an_account_is_refused_and_its_value_not_shown(name: str) -> None:
    with pytest.raises(Fatal, match=f"{name} is no setting of this input") as refused:
        read_input("main", {**STANZA, name: "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_every_setting_of_ours_is_nearest_to_itself_and_no_name_of_splunks_is_near_one() -> None:
    schema = read_schema("input")
    ours = {name for name, each in schema["properties"].items() if not each.get("x-splunk")}

    assert {name: nearest(name, schema["properties"]) for name in ours} == {name: name for name in ours}
    assert [name for name in schema["x-splunk-names"] if nearest(name, ours)] == []
