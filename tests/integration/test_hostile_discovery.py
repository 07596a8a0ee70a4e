"""What discovery names is not trusted: nothing arrives at a foreign host, and the other partitions are read."""

from __future__ import annotations

import itertools
import re
import socket
import threading
from collections import Counter

from tests.integration.conftest import Stage
from tests.integration.trap import Trap

FIELDS = ("dataFeedURL", "refreshActiveSessionURL")
# a foreign host, plain http, a look-alike
ORIGINS = ("https://localhost:{port}", "http://127.0.0.1:{port}", "https://127.0.0.1.evil.example:{port}")


def test_a_hostile_url_is_never_contacted_and_the_other_partition_is_read(stage: Stage, trap: Trap) -> None:
    hostile = {
        str(number): {field: f"{origin.format(port=trap.port)}/sensors/entities/datafeed/v1/{number}?appId=a"}
        for number, (field, origin) in enumerate(itertools.product(FIELDS, ORIGINS))
    }
    scene = stage(partitions=len(hostile) + 1, preload=50, resource_override=hostile)
    scene.begin()

    scene.wait(lambda: scene.splunkd.count() == 50)
    refused = re.findall(r"entry \d of the discovery answer has a (\w+) that", scene.log())
    assert Counter(refused) == dict.fromkeys(FIELDS, len(ORIGINS))
    assert trap.connections == 0


def test_another_port_of_a_real_cloud_is_never_contacted(stage: Stage, trap: Trap) -> None:
    hostile = {"0": {"dataFeedURL": f"https://firehose.crowdstrike.com:{trap.port}/v1/0?appId=a"}}
    scene = stage(partitions=2, preload=50, resource_override=hostile)
    host, port = scene.falcon.proxy_url.rsplit("/", 1)[1].split(":")
    conf = "falcon_event_streams_settings"
    scene.splunkd.edit_conf_stanza(conf, "proxy", enabled="1", host=host, port=port)
    scene.splunkd.create_conf_stanza(
        "falcon_event_streams_account",
        "real",
        cloud="us-1",
        client_id=scene.falcon.tenant.client_id,
        ca_bundle=scene.falcon.ca_file,
    )
    realm = "TA_falcon_event_streams#account#real"
    scene.splunkd.create_password(realm, "client_secret", scene.falcon.tenant.client_secret)
    scene.begin(account="real")

    scene.says("names a port other than 443")
    scene.wait(lambda: scene.splunkd.count() == 50)
    assert set(scene.falcon.proxy_targets()) == {"api.crowdstrike.com:443", "firehose.crowdstrike.com:443"}
    assert trap.connections == 0


def test_the_trap_would_have_noticed(trap: Trap) -> None:
    with socket.create_connection(("127.0.0.1", trap.port)):
        pass
    for _ in range(100):
        if trap.connections:
            break
        threading.Event().wait(0.01)

    assert trap.connections == 1
