"""What stands in the way is told while it does: in a line a minute, and in the state that the Inputs page reads."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from tests.faults.discoveries import MINUTE, offer_nothing
from tests.faults.row import Row, Step, await_lines, find_line
from tests.integration.scene import INPUT, Scene

IN_USE = "Falcon gives app ID appmain to another reader"
NO_SEVEN = "Falcon offers no partition 7 (it offers 0, 1)"
NONE = "none"
NOTHING: Step = {"on": "discover", "merge": {"resources": None}}


def shown(scene: Scene) -> dict[str, str]:
    """The trouble of each partition in the state file; of the input itself under *."""
    folder = scene.splunkd.home / "var" / "lib" / "splunk" / "modinputs" / "falcon_event_streams"
    paths = list(folder.glob(f"{INPUT}-*/state.json"))
    state: dict[str, Any] = json.loads(paths[0].read_bytes()) if paths else {}
    told = {name: each.get("trouble", "") for name, each in state.get("partitions", {}).items()}
    return {"*": state.get("trouble") or NONE, **told}


def await_trouble(scene: Scene, **wanted: str) -> None:
    """Wait until the state tells these beginnings or parts of sentences; `all` is the input's."""
    asked = {"*" if name == "all" else name.strip("p"): text for name, text in wanted.items()}

    def told() -> bool:
        troubles = shown(scene)
        return all(text in troubles.get(name, "") for name, text in asked.items())

    scene.wait(told, 60.0, f"{asked}, not {shown(scene)}")


def await_health(scene: Scene, partitions: int = 2) -> None:
    """Everything is read again, and no trouble is left."""
    scene.wait_until_open(partitions, timeout=60.0)
    scene.wait(lambda: set(shown(scene).values()) == {NONE}, 60.0, "no trouble")


def be_refused_at_first(scene: Scene) -> None:
    """The first discoveries offer nothing."""
    await_trouble(scene, all=IN_USE)
    await_health(scene)


def fail_to_rediscover(scene: Scene) -> None:
    """The feeds go on; the discovery that comes every quarter of an hour fails for a while."""
    scene.wait_until_open()
    scene.falcon.add_faults([{"on": "discover", "for": 20 * MINUTE, "answer": {"status": 500}}])
    await_trouble(scene, all="answered 500 to the discovery", p0=NONE, p1=NONE)
    assert len(scene.falcon.feeds()) == 2, "a feed was opened again"
    await_health(scene)


def refuse_one(scene: Scene) -> None:
    """One feed is cut and refused for half a minute; meanwhile the other is cut, too, and opened again."""
    scene.wait_until_open()
    refusal = {"status": 429, "headers": {"Retry-After": "30"}}
    scene.falcon.add_faults([{"on": "feed", "partition": "0", "answer": refusal}])
    scene.falcon.drop_feeds("0")
    await_trouble(scene, p0="answered 429")
    scene.falcon.drop_feeds("1")
    await_lines(scene, "partition=1 state=running reason=feed_opened", 2)
    time.sleep(3.0)  # the state file is written anew
    troubles = shown(scene)
    assert "answered 429" in troubles["0"] and troubles["1"] == NONE, troubles
    await_health(scene)


def add_the_missing_one(scene: Scene) -> None:
    """The partition comes up after all."""
    await_trouble(scene, p7=NO_SEVEN, p0=NONE, p1=NONE)
    find_line(scene, "stream_stats .*partition=7")
    scene.falcon.add_partition("7")
    scene.falcon.generate(20, "7")
    await_health(scene, 3)


TROUBLE = [
    Row(
        "trouble",
        "the app id in use before anything was read",
        rf'stream_stats .*partition=\* state=waiting_app_id trouble="{IN_USE}\. ',
        [{**NOTHING, "for": 10 * MINUTE}],
        act=be_refused_at_first,
        scale=60.0,
    ),
    Row(
        "trouble",
        "the app id in use after both feeds broke",
        rf'stream_stats .*partition=\* state=waiting_app_id trouble="{IN_USE}\. ',
        act=offer_nothing(NOTHING),
        scale=60.0,
    ),
    Row(
        "trouble",
        "no discovery before anything was read",
        r'stream_stats .*partition=\* state=error trouble=".*answered 403 to the discovery .*Event streams: Read',
        [{"on": "discover", "for": 10 * MINUTE, "answer": {"status": 403}}],
        act=await_health,
        scale=60.0,
    ),
    Row(
        "trouble",
        "a failed routine rediscovery",
        r'stream_stats .*partition=\* state=running trouble=".*answered 500 to the discovery',
        act=fail_to_rediscover,
        scale=60.0,
    ),
    Row(
        "trouble",
        "one partition refused, the other opened again",
        "partition=0 reason=open_failed .*status=429",
        act=refuse_one,
    ),
    Row(
        "trouble",
        "a partition that Falcon does not offer",
        rf'stream_stats .*partition=7 state=waiting_app_id trouble="{re.escape(NO_SEVEN)}\. ',
        act=add_the_missing_one,
        settings={"partitions": "0,1,7"},
        scale=60.0,
    ),
]
