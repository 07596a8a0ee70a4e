"""What the vendor's add-on has stored is read as it is meant, and what cannot be read is said, not guessed."""

from __future__ import annotations

import json
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.takeover import vendor
from falcon_streams.takeover.vendor import ConfNames, Start
from tests.profile import trying

URL = "https://firehose.crowdstrike.com/sensors/entities/datafeed/v1/{}?appId={}"
CONFIG = {"meta": {"restRoot": "TA_x"}, "pages": {"configuration": {"tabs": [{"name": "account", "table": {}}]}}}
UNFIT = [json.dumps({**CONFIG, "meta": {"restRoot": root}}).encode() for root in ("a/b", "..", "a b", "")]
END = "``splunk_cred_sep``S``splunk_cred_sep``P``splunk_cred_sep``L``splunk_cred_sep``U``splunk_cred_sep``N" + (
    "``splunk_cred_sep``K``splunk_cred_sep``"
)


def start(state: Any, partition: str = "0", app_id: str = "mine", cloud: str = "us-1") -> Start:
    """Where one partition goes on."""
    [found] = vendor.starts_of("in", [{"_key": f"in_feed_num_{partition}", "state": state}], cloud, app_id)
    return found


def stored(**offsets: Any) -> str:
    """A state with an offset for each app ID."""
    return json.dumps({URL.format(0, app_id): offset for app_id, offset in offsets.items()})


@pytest.mark.parametrize(
    "state, offset, because",
    [
        (stored(mine=7), 7, "its checkpoint"),
        (stored(MINE=7), 7, "its checkpoint"),
        (stored(mine="7"), 7, "its checkpoint"),
        (stored(mine=7, older=900), 7, "its checkpoint"),
        (stored(older=900, oldest=30), 900, "its checkpoint under app ID older"),
        (stored(mine=0), None, "its checkpoint"),
        (stored(mine=-1), None, "its checkpoint holds no offset"),
        (stored(mine=True), None, "its checkpoint holds no offset"),
        (stored(mine=10**19), None, "its checkpoint holds no offset"),
        ("", None, "its checkpoint is empty"),
        ("{}", None, "its checkpoint is empty"),
        ("0", None, "its checkpoint is empty"),
        (None, None, "its checkpoint is empty"),
        ("[7]", None, "its checkpoint holds no offsets by URL"),
        ("{7", None, "its checkpoint is not JSON"),
        ("[" * 100_000, None, "its checkpoint is not JSON"),
        (json.dumps({URL.format(1, "mine"): 7}), None, "its checkpoint is about another partition"),
        (json.dumps({"https://[": 7}), None, "its checkpoint is about another partition"),
        (
            json.dumps({URL.format(0, "mine").replace(".crowd", ".us-2.crowd"): 7}),
            None,
            "its checkpoint is about firehose.us-2.crowdstrike.com, which is not the input's cloud",
        ),
        (
            json.dumps({URL.format(0, "mine").replace("crowdstrike.com", "crowdstrike.com.evil.example"): 7}),
            None,
            "its checkpoint is about firehose.crowdstrike.com.evil.example, which is not the input's cloud",
        ),
    ],
)
def test_a_partition_goes_on_where_its_checkpoint_says(state: Any, offset: Optional[int], because: str) -> None:
    assert start(state) == Start("0", offset, because)


def test_only_the_inputs_own_keys_count_and_partitions_are_in_the_order_of_their_numbers() -> None:
    names = ["in_feed_num_10", "in_feed_num_2", "other_feed_num_1", "in_feed_num_", "in", "in_feed_num_a b"]
    documents = [{"_key": name, "state": ""} for name in names]

    assert [each.partition for each in vendor.starts_of("in", documents, "us-1", "")] == ["2", "10"]
    assert [each.partition for each in vendor.starts_of("a_feed_num_1", [{"_key": "a_feed_num_1_feed_num_0"}], "", "")]


@trying(200)
@given(st.one_of(st.none(), st.text(), st.integers(), st.dictionaries(st.text(), st.integers()).map(json.dumps)))
def test_no_state_breaks_the_reading(state: Any) -> None:
    found = start(state)

    assert found.partition == "0" and (found.offset is None or found.offset > 0)


@pytest.mark.parametrize(
    "host, cloud",
    [
        ("firehose.crowdstrike.com", "us-1"),
        ("firehose.eu-1.crowdstrike.com", "eu-1"),
        ("firehose.laggar.gcw.crowdstrike.com", "us-gov-1"),
        ("firehose.us-gov-2.crowdstrike.mil", "us-gov-2"),
        ("crowdstrike.com.example", "custom"),
    ],
)
def test_a_host_belongs_to_the_cloud_with_the_longest_suffix(host: str, cloud: str) -> None:
    assert vendor.cloud_of_host(host) == cloud


def test_confs_are_called_as_globalconfig_says() -> None:
    assert vendor.conf_names(json.dumps(CONFIG).encode()) == ConfNames("ta_x_account", "ta_x_settings")
    named = json.loads(json.dumps(CONFIG))
    named["pages"]["configuration"]["tabs"] = [{"name": "proxy"}, {"name": "accounts", "table": {}, "conf": "my_conf"}]
    assert vendor.conf_names(json.dumps(named).encode()) == ConfNames("my_conf", "ta_x_settings")


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"\xff", b'{"meta": {"restRoot": "x"}, "pages": 3}', b"[" * 99_999, *UNFIT]
)
def test_a_globalconfig_that_cannot_be_read_names_nothing(text: bytes) -> None:
    assert vendor.conf_names(text) is None


def test_without_the_package_the_confs_in_local_say_what_they_are_called() -> None:
    assert vendor.conf_names_in(["app.conf", "a_b_account.conf"]) == ConfNames("a_b_account", "a_b_settings")
    assert vendor.conf_names_in(["a_account.conf", "b_account.conf"]) is None
    assert vendor.conf_names_in([]) is None


def secret(**pieces: str) -> Optional[str]:
    """What is read of an account `a`; `p1` is its first piece, `single` the older entry without a number."""
    users = {f"a``splunk_cred_sep``{name[1:]}": text for name, text in pieces.items() if name[0] == "p"}
    users["a"] = pieces.get("single", "")
    return vendor.read_secret(lambda user: users.get(user) or None, "a", "password")


@pytest.mark.parametrize(
    "pieces, read",
    [
        ({"p1": '{"password": "s3"}', "p2": END}, "s3"),
        ({"p1": '{"passw', "p2": 'ord": "s3"}', "p3": END, "p4": "left over"}, "s3"),
        ({"single": '{"password": "s3"}'}, "s3"),
        ({"p1": '{"password": "s3"}'}, None),
        ({"p1": '{"password": "s3', "p2": END}, None),
        ({"p1": '{"other": "s3"}', "p2": END}, None),
        ({"p1": '{"password": 3}', "p2": END}, None),
        ({"single": "s3"}, None),
        ({"single": '"s3"'}, None),
        ({}, None),
        ({f"p{number}": "x" for number in range(1, 300)}, None),
    ],
)
def test_a_secret_is_put_together_from_its_pieces_or_is_none(pieces: dict[str, str], read: Optional[str]) -> None:
    assert secret(**pieces) == read


def test_event_types_are_joined_by_tildes_and_all_means_no_filter() -> None:
    assert vendor.event_types_of("All") == vendor.event_types_of("") == vendor.event_types_of("A~All") == ()
    assert vendor.event_types_of("A~ B ~") == ("A", "B")
