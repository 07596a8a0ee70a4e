"""A parent tenant, whose streams bear its children's events beside its own."""

from __future__ import annotations

from tests.emulator.log import read_line
from tests.faults.feeds import END
from tests.faults.row import Row, find_line
from tests.faults.splunkd import STOPPED
from tests.integration.scene import ACCOUNT_CONF, Scene

CLIENT, CHILD = "e" * 32, "d" * 32
_LINE = b'{"metadata":{"customerIDString":"%s","offset":%d,"eventType":"AuthActivityAuditEvent",'
_LINE += b'"eventCreationTime":1769000131000,"version":"1.0"},"event":{"UserId":"u"}}'


def change_the_client(scene: Scene) -> None:
    """Meanwhile a child was onboarded; its event is the first that Falcon still has of partition 0."""
    scene.wait_until_open()
    scene.wait(lambda: scene.committed().get("0") == scene.falcon.offsets()["0"] - 1, 20.0, "all committed")
    scene.stop()
    scene.falcon.tenant.client_id = CLIENT
    scene.falcon.revoke_bearers()
    partition = scene.falcon.tenant.partitions["0"]
    partition.compose(lambda offset: [read_line(_LINE % (CHILD.encode(), offset))], scene.falcon.now())
    scene.falcon.trim("0", keep=1)
    scene.falcon.generate(20, "0")
    scene.splunkd.edit_conf_stanza(ACCOUNT_CONF, "prod", client_id=CLIENT)
    scene.resume()
    find_line(scene, "offset_gap .*partition=0")
    scene.wait_until_open()
    assert "another tenant" not in scene.log()


TENANT = [
    Row(
        "tenant",
        "a parent's stream with its children",
        "partition=0 reason=feed_ended",
        [END],
        options={"other_customers": 5},
    ),
    Row(
        "tenant",
        "a parent's client changed, a new child's event first",
        "offset_gap .*partition=0",
        act=change_the_client,
        repeats=STOPPED,
        options={"other_customers": 2},
        loaded="1",
    ),
]
