"""Faults of the discovery: answers that are none, that offer nothing or not everything, that name foreign places."""

from __future__ import annotations

import time

from tests.faults.row import Act, Row, Step, find_line
from tests.faults.tokens import HTML, answered
from tests.integration.scene import REALM, Scene

CLOUD_CONF, SETTINGS_CONF = "falcon_event_streams_account", "falcon_event_streams_settings"
ELSEWHERE = "/sensors/entities/datafeed/v1/{partition}?appId=appmain"
EMPTY: dict[str, Step] = {
    "null": {"merge": {"resources": None}},
    "missing": {"remove": ["resources"]},
    "[]": {"merge": {"resources": []}},
}
MINUTE = 60.0


def bent(**resource: object) -> list[Step]:
    """Two discoveries whose resources say this."""
    return [{"on": "discover", "times": 2, "resource": resource}]


def offer_nothing(step: Step) -> Act:
    """Both feeds break, and for eight minutes nothing is offered."""

    def act(scene: Scene) -> None:
        scene.wait_until_open()
        scene.falcon.add_faults([{"on": "discover", "for": 8 * MINUTE, **step}])
        scene.falcon.drop_feeds()
        pass_time(scene, 8 * MINUTE)

    return act


def pass_time(scene: Scene, seconds: float) -> None:
    """Let that much of Falcon's time pass."""
    until = scene.falcon.now() + seconds
    scene.wait(lambda: scene.falcon.now() >= until, 180.0, f"{seconds} s")


def take_a_partition_away(scene: Scene) -> None:
    """For twelve minutes; after ten the input starts over, to see whether it is still missing then."""
    scene.wait_until_open()
    partitions = scene.falcon.tenant.partitions
    missing = partitions.pop("1")
    scene.falcon.drop_feeds("1")
    pass_time(scene, 12 * MINUTE)
    partitions["1"] = missing


def add_a_partition(scene: Scene) -> None:
    """Found by the discovery that comes every quarter of an hour, or after the next failure."""
    scene.wait_until_open()
    scene.falcon.add_partition("2")
    scene.falcon.generate(20, "2")
    scene.wait_until_open(3, timeout=60.0)


def rename_a_partition(scene: Scene) -> None:
    """Its events are known by another id from now on, and read under it from the oldest."""
    scene.wait_until_open()
    scene.falcon.rename_partition("1", "7")
    scene.wait(lambda: ["appmain", "7"] in scene.falcon.connections(), 30.0, "partition 7")


def cut_one(scene: Scene) -> None:
    """The other one stays connected."""
    scene.wait_until_open()
    scene.falcon.drop_feeds("0")
    find_line(scene, "feed_ended .*partition=0")
    scene.wait_until_open(timeout=90.0)


def live_in_a_real_cloud(scene: Scene) -> None:
    """An account of us-1, whose hosts the emulator plays behind a proxy."""
    host, port = scene.falcon.proxy_url.rsplit("/", 1)[1].split(":")
    scene.splunkd.edit_conf_stanza(SETTINGS_CONF, "proxy", enabled="1", host=host, port=port)
    client_id, ca = scene.falcon.client_id, scene.falcon.ca_file
    scene.splunkd.create_conf_stanza(CLOUD_CONF, "real", cloud="us-1", client_id=client_id, ca_bundle=ca)
    scene.splunkd.create_password(REALM.format("real"), "client_secret", scene.falcon.client_secret)


def lead_to(origin: str) -> Act:
    """The feeds' URL names this origin, on the port of the trap."""

    def act(scene: Scene) -> None:
        port = scene.falcon.trap_url.rpartition(":")[2]
        scene.falcon.add_faults(bent(dataFeedURL=origin.format(port=port) + ELSEWHERE))

    return act


def nobody_was_there(scene: Scene) -> None:
    """Nothing arrived at the trap, and no other port was asked of the proxy."""
    find_line(scene, "discovery_refused")
    scene.wait_until_open(timeout=60.0)
    assert scene.falcon.trapped() == 0, "the URL was connected to"
    assert all(target.endswith(":443") for target in scene.falcon.proxy_targets()), "another port was asked for"


def refresh_in_time(scene: Scene) -> None:
    """An interval that makes no sense is taken for the usual half hour, not for at once."""
    scene.wait_until_open()
    time.sleep(3.0)
    assert not scene.falcon.requests("refresh"), "the session was refreshed at once"


DISCOVERY = [
    Row("discovery", "empty 200", "answered 200 to the discovery, without", [answered(200, "discover", body="")]),
    *(
        Row(
            "discovery",
            f"resources {name} for 1 s",
            "waiting_app_id reason=no_streams_offered",
            [{"on": "discover", **step}],
        )
        for name, step in EMPTY.items()
    ),
    *(
        Row(
            "discovery",
            f"resources {name} for 8 min",
            "waiting_app_id reason=no(t_offered|_streams_offered)",
            act=offer_nothing(step),
            scale=60.0,
        )
        for name, step in EMPTY.items()
    ),
    Row(
        "discovery",
        "errors with 200",
        r"answered 200 to the discovery \(500: broken",
        [{"on": "discover", "merge": {"errors": [{"code": 500, "message": "broken"}]}}],
    ),
    Row("discovery", "403", "Event streams: Read", [answered(403, "discover")]),
    Row("discovery", "429", "status=429 .*wait_s=1$", [answered(429, "discover", headers={"Retry-After": "1"})]),
    Row(
        "discovery",
        "500",
        "discovery_failed .*ask CrowdStrike support whether event streams are enabled .*status=500",
        [answered(500, "discover", times=2)],
    ),
    Row("discovery", "HTML", "answered 200 to the discovery, without", [answered(200, "discover", body=HTML)]),
    Row("discovery", "a partition missing", "reason=start_over", act=take_a_partition_away, scale=60.0),
    Row("discovery", "a partition added", "action=starting .*partition=2", act=add_a_partition, scale=60.0),
    Row(
        "discovery",
        "a partition renamed",
        "action=starting .*partition=7",
        act=rename_a_partition,
        renamed={"1": "7"},
        repeats=200,  # what partition 1 had brought, once more
    ),
    *(
        Row("discovery", f"siblings {shown}", "feed_ended .*partition=0", act=cut_one, options={"siblings": option})
        for shown, option in (("all", "all"), ("free only", "free"))
    ),
    Row(
        "discovery",
        "siblings null",
        "reason=start_over",
        act=cut_one,
        options={"siblings": "null"},
        scale=60.0,
    ),
    *(
        Row(
            "discovery",
            f"interval {name}",
            "feed_opened",
            bent(refreshActiveSessionInterval=value),
            act=refresh_in_time,
        )
        for name, value in (("0", 0), ("negative", -5), ("huge", 10**12), ("no number", "soon"))
    ),
    *(
        Row("discovery", f"URL {name}", f"discovery_refused .*{says}", act=nobody_was_there, prepare=lead_to(origin))
        for name, origin, says in (
            ("foreign", "https://localhost:{port}", "outside the account's cloud"),
            ("http", "http://127.0.0.1:{port}", "is not https"),
            ("look-alike", "https://127.0.0.1.evil.example:{port}", "outside the account's cloud"),
        )
    ),
    Row(
        "discovery",
        "URL with another port",
        "discovery_refused .*names a port other than 443",
        bent(dataFeedURL=f"https://firehose.crowdstrike.com:8443{ELSEWHERE}"),
        act=nobody_was_there,
        prepare=live_in_a_real_cloud,
        settings={"account": "real"},
    ),
]
