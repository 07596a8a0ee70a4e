"""Faults of a feed: how it is refused, how it ends, how it falls silent. Partition 0 has them; partition 1 reads on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.emulator.log import read_line
from tests.faults.discoveries import MINUTE, pass_time
from tests.faults.row import Act, Row, Step, await_lines, find_line
from tests.integration.scene import ACCOUNT_CONF, Scene

PRETTY = '{\n  "errors": [\n    {\n      "code": 401,\n      "message": "Not authorized"\n    }\n  ]\n}'
HOUR = 60 * MINUTE
REFUSED_FOR = 2.0  # at least, from the first refusal on
CUT: Step = {"on": "feed", "partition": "0", "after_events": 40, "lock": 2.0}
END: Step = {**CUT, "do": "eof"}
NOBODY_LISTENS = "https://127.0.0.1:1/sensors/entities/datafeed/v1/{partition}?appId=appmain"
LARGE = 32 * 1024 * 1024
_LINE = (
    '{"metadata":{"customerIDString":"c","offset":%d,"eventType":"AuthActivityAuditEvent",'
    '"eventCreationTime":%s},"event":{"UserId":"%s"}}'
)
ACCENTS = "é€😀"
CUT_ONES = ("0", "2", "3", "4", "5")
COUNTED = {"floor": 0, "render_anew": False}  # where a row counts bytes
# Of many tenants no partition has a line a minute.
NO_LINE_A_MINUTE: dict[str, Any] = {"says": "partition=0 state=running reason=feed_opened"}
TIME = 1769000131303  # 2026-01-21T12:55:31.303Z
TIMES = {
    "text": '"1769000131303"',
    "a float": "1769000131303.0",
    "seconds with a fraction": "1769000131.303",
    "seconds as text": '"1769000131.303"',
    "microseconds": "1769000131303000",
    "nanoseconds": "1769000131303000999",
    "ISO text": '"2026-01-21T12:55:31.303Z"',
    "ISO text with nanoseconds and a zone": '"2026-01-21T13:55:31.303826373+01:00"',
}
NO_TIMES = ("-1", '"0001-01-01T00:00:00Z"', "99999999999999", "null", '"soon"')


def meet(step: Step, times: int = 1, reason: str = "open_failed") -> Act:
    """Both feeds are open; partition 0 is cut, and meets this so often at least when it is opened again."""

    def act(scene: Scene) -> None:
        scene.wait_until_open()
        scene.falcon.add_faults([{"for": 10 * MINUTE, **step}])
        scene.falcon.drop_feeds("0")
        await_lines(scene, f"partition=0 reason={reason}", times)
        time.sleep(REFUSED_FOR)
        scene.falcon.clear_faults()

    return act


def show(certificate: str) -> Act:
    """Partition 0 is cut, and the firehose shows a bad certificate when it is opened again."""

    def act(scene: Scene) -> None:
        scene.wait_until_open()
        scene.falcon.present(certificate)
        scene.falcon.drop_feeds("0")
        find_line(scene, "feed_ended .*partition=0 reason=open_failed")
        time.sleep(REFUSED_FOR)
        scene.falcon.present("good")

    return act


def publish(scene: Scene, partition: str, text: str, back: int = 0, form: str = "1769000131000") -> int:
    """A line with this text, at the next offset less `back`, `form` its creation time; its length without its end."""
    lines: list[bytes] = []

    def make(offset: int) -> list[bytes]:
        lines.append((_LINE % (offset - back, form, text)).encode())
        return lines

    found = scene.falcon.tenant.partitions[partition]
    found.compose(lambda offset: [read_line(line) for line in make(offset)], scene.falcon.now())
    return len(lines[0])


def publish_a_large_line(scene: Scene) -> None:
    """32 MiB between the others."""
    scene.wait_until_open()
    length = publish(scene, "0", "x" * LARGE)
    scene.wait(lambda: scene.splunkd.count("length(raw) = ?", [length]), 60.0, "the large line")


def step_back(back: int) -> Act:
    """An event whose offset is that much below the next one, among the others."""

    def act(scene: Scene) -> None:
        scene.wait_until_open()
        for _ in range(3):
            publish(scene, "0", "back", back)
            time.sleep(0.3)

    return act


def begin_anew(scene: Scene) -> None:
    """Falcon resets the partition, and its new offsets have passed the old ones before it is opened again."""
    scene.wait_until_open()
    time.sleep(1.0)
    scene.falcon.reset_partition("0", scene.falcon.tenant.options.floor)
    time.sleep(0.1)  # or the event at the offset asked for could be of the same type, and of the same millisecond
    scene.falcon.generate(300, "0")


def begin_anew_at_0(scene: Scene) -> None:
    """Falcon resets the partition, whose offsets are hundreds of millions, to 0."""
    await_delivery(scene, "0")
    asked = scene.falcon.offsets()["0"]
    scene.falcon.reset_partition("0", 0)
    scene.falcon.generate(300, "0")
    assert asked > 100 * scene.falcon.offsets()["0"] > 0


def begin_anew_below(scene: Scene) -> None:
    """Falcon resets the partition, and its new offsets stay below the one that is asked for."""
    await_delivery(scene, "0")
    scene.falcon.reset_partition("0", scene.falcon.tenant.options.floor)
    scene.falcon.generate(5, "0")


def cut_again_and_again(scene: Scene) -> None:
    """Three times; the event at which the feed is resumed is rendered otherwise each time."""
    scene.wait_until_open()
    await_lines(scene, "partition=0 state=running reason=feed_opened", 1)
    for times in range(1, 4):
        scene.falcon.drop_feeds("0", lock=0.1)
        await_lines(scene, "partition=0 state=running reason=feed_opened", times + 1)
        scene.falcon.generate(1)
    assert "offset_reset" not in scene.log(), "an event that was rendered anew was taken for another"


def tell_the_time_otherwise(scene: Scene) -> None:
    """One event with each form of the one time, then some whose time is none."""
    scene.wait_until_open()
    began = time.time()
    for form in (*TIMES.values(), *NO_TIMES):
        publish(scene, "0", "time", form=form)

    def times() -> list[float]:
        found = scene.splunkd.events("CAST(raw AS TEXT) LIKE ?", ['%"UserId":"time"%'])
        return [event.time for event in found]

    scene.wait(lambda: len(times()) == len(TIMES) + len(NO_TIMES), 30.0, "all forms")
    assert times()[: len(TIMES)] == [TIME / 1000] * len(TIMES), f"{times()}, not {TIME / 1000}"
    assert all(began - 1 < at < time.time() + 1 for at in times()[len(TIMES) :]), times()


def trust_the_intermediate(scene: Scene) -> None:
    """The account's CA file holds the intermediate alone."""
    intermediate = Path(scene.falcon.ca_file).with_name("intermediate.pem")
    scene.splunkd.edit_conf_stanza(ACCOUNT_CONF, "prod", ca_bundle=str(intermediate))


def end_before_the_last_newline(scene: Scene) -> None:
    """An orderly end right after the last byte of the twentieth event."""
    log = scene.falcon.tenant.partitions["0"].log
    end = sum(len(log.line(index)) + 1 for index in range(len(log))) - 1
    scene.falcon.add_faults([{"on": "feed", "partition": "0", "do": "cut_at_byte", "byte": end, "how": "eof"}])


def cut_at(scene: Scene, partition: str, ends: list[int]) -> None:
    """Cut the partition's next event after so many of its bytes each, one cut a feed."""
    known = publish(scene, partition, "known") + 1  # a feed is resumed at the last event it brought
    await_delivery(scene, partition)
    step: Step = {"on": "feed", "partition": partition, "do": "cut_at_byte", "lock": 0.1}
    scene.falcon.add_faults([{**step, "byte": known + end} for end in ends])
    scene.falcon.drop_feeds(partition, lock=0.1)
    publish(scene, partition, ACCENTS)


def await_delivery(scene: Scene, partition: str) -> None:
    """Wait until the partition's newest event is in the index."""
    offset = scene.falcon.offsets()[partition] - 1
    where = "json_extract(fields, '$.falcon_partition') = ? AND CAST(raw AS TEXT) LIKE ?"
    newest = [partition, f'%"offset":{offset},%']
    scene.wait(lambda: scene.splunkd.count(where, newest) > 0, 30.0, f"offset {offset} of partition {partition}")


def cut_at_every_byte(scene: Scene) -> None:
    """Each of the cut partitions takes every fifth byte of the event, from its first to its line end."""
    scene.wait_until_open(1 + len(CUT_ONES))
    length = len((_LINE % (20, "1769000131000", ACCENTS)).encode())
    for number, partition in enumerate(CUT_ONES):
        cut_at(scene, partition, list(range(1, length + 2))[number :: len(CUT_ONES)])
    scene.wait(lambda: not scene.falcon.waiting_faults(), 120.0, "all cuts")


def cut_in_a_character(scene: Scene) -> None:
    """After the second of the four bytes of a character."""
    scene.wait_until_open()
    before = (_LINE % (20, "1769000131000", ACCENTS)).encode().index("😀".encode())
    cut_at(scene, "0", [before + 2])
    scene.wait(lambda: not scene.falcon.waiting_faults(), 30.0, "the cut")


def fall_silent_after_a_heartbeat(scene: Scene) -> None:
    """Silence is a fault only to a reader that has seen a heartbeat; the second is counted once the first was sent."""
    scene.wait(lambda: any(feed["heartbeats"] > 1 for feed in scene.falcon.feeds() if feed["partition"] == "0"), 30.0)
    scene.falcon.add_faults([{**CUT, "do": "half_open"}])


def be_quiet_for_an_hour(scene: Scene) -> None:
    """No event and no heartbeat on partition 0."""
    scene.wait_until_open()
    pass_time(scene, 60 * MINUTE)
    feeds = sum(feed["partition"] == "0" for feed in scene.falcon.feeds())
    assert feeds <= 3, f"{feeds - 1} reconnects within the hour"


def wait_for_a_reconnect(scene: Scene) -> None:
    """The feed lives and withholds its events; after four hours it is opened anew, and everything comes."""
    scene.wait_until_open()
    pass_time(scene, 4 * HOUR)
    find_line(scene, "reason=no_events")


def wait_for(seconds: float) -> Act:
    """Falcon's time passes."""
    return lambda scene: pass_time(scene, seconds)


OPENING = [
    Row("feed", name, f"partition=0 reason=open_failed .*{says}", act=meet(step))
    for name, says, step in (
        (
            "refused",
            "the connection was refused",
            {"on": "discover", "partition": "0", "resource": {"dataFeedURL": NOBODY_LISTENS}},
        ),
        (
            "401, pretty-printed",
            r"answered 401 to the request for the feed \(Not authorized",
            {"on": "feed", "partition": "0", "answer": {"status": 401, "body": PRETTY}},
        ),
        (
            "429",
            "status=429 .*wait_s=1$",
            {"on": "feed", "partition": "0", "answer": {"status": 429, "headers": {"Retry-After": "1"}}},
        ),
        ("closed at the opening", "ended early", {"on": "feed", "partition": "0", "do": "close"}),
    )
]
BURST = Row(
    "feed",
    "503 burst",
    "partition=0 reason=open_failed .*status=503",
    act=meet({"on": "feed", "partition": "0", "answer": {"status": 503}}, times=5),
    scale=20.0,
)
CERTIFICATE = [
    Row("feed", f"TLS with {name}", f"partition=0 reason=open_failed .*TLS verification failed.*{says}", act=show(bad))
    for name, bad, says in (
        ("an unknown CA", "unknown CA", "add the issuing CA"),
        ("an expired certificate", "expired", "expired.*check this machine's clock"),
        ("a wrong name", "wrong name", "not valid for.*in this host's place"),
        ("its intermediate left out", "intermediate left out", "add the issuing CA"),
    )
] + [
    Row("feed", f"TLS under an intermediate, {name}", "partition=0 reason=feed_ended", [END], prepare=prepare)
    for name, prepare in (("the CA known", None), ("the intermediate alone known", trust_the_intermediate))
]
ENDING = [
    Row("feed", name, f"feed_ended .*partition=0 reason={reason}", [{**CUT, **what}])
    for name, reason, what in (
        ("EOF", "feed_ended", {"do": "eof"}),
        ("cut without the last chunk", "feed_cut", {"do": "cut"}),
        ("reset", "feed_cut", {"do": "reset"}),
        ("reset in mid-line", "feed_cut", {"do": "reset_mid_line"}),
    )
]
SILENCE = [
    Row(
        "feed",
        "half-open silence",
        "feed_closing .*partition=0 reason=silence",
        act=fall_silent_after_a_heartbeat,
        options={"heartbeat": 0.05},
    ),
    Row(
        "feed",
        "half-open silence, heartbeats never seen",
        "feed_closing .*partition=0 reason=session_gone",
        [{**CUT, "do": "half_open"}],
        options={"heartbeat": None},
        scale=60.0,
    ),
    Row(
        "feed",
        "heartbeats only, for 15 min",
        r"stream_stats .*partition=0 state=running .*last_event_age_s=8\d\d",
        [{**CUT, "do": "heartbeats_only", "seconds": 15 * MINUTE}],
        scale=60.0,
        as_childs={**NO_LINE_A_MINUTE, "act": wait_for(16 * MINUTE)},
    ),
    Row(
        "feed",
        "quiet for 1 h without heartbeats",
        r"stream_stats .*partition=0 state=running .*reconnects=[012] .*last_event_age_s=3[45]\d\d",
        act=be_quiet_for_an_hour,
        options={"heartbeat": None},
        loaded="1",
        scale=120.0,
        as_childs=NO_LINE_A_MINUTE,
    ),
    Row(
        "feed",
        "heartbeats only, events withheld for good",
        "feed_closing .*partition=0 reason=no_events",
        [{**CUT, "do": "heartbeats_only"}],
        act=wait_for_a_reconnect,
        scale=400.0,
        as_childs={"scale": 100.0},  # twenty sessions are refreshed in time
    ),
]
PIECES = [
    Row(
        "feed",
        name,
        "state_changed .*partition=0 state=running",
        [{"on": "feed", "partition": "0", "do": "drip", "bytes": 1, "every": every, "seconds": 5}],
        act=wait_for(7.0),
    )
    for name, every in (("chunks of one byte", 0.0), ("slow drip", 0.05))
] + [
    Row(
        "feed",
        "cut at every byte of an event",
        "feed_cut",
        act=cut_at_every_byte,
        options={"partitions": 6, **COUNTED},
        loaded="1",
        scale=100.0,
    ),
    Row("feed", "cut in a multi-byte character", "feed_cut", act=cut_in_a_character, options=COUNTED, loaded="1"),
    Row(
        "feed",
        "no newline at the end",
        "feed_ended .*partition=0 reason=feed_ended",
        prepare=end_before_the_last_newline,
    ),
    Row("feed", "a line of 32 MiB", "state_changed .*partition=0 state=running", act=publish_a_large_line),
]
OFFSETS = [
    Row(
        "feed",
        "repeated offset, the same event",
        "state_changed .*partition=0 state=running",
        [{"on": "feed", "partition": "0", "do": "repeat", "after_events": 40}],
        act=wait_for(6.0),
        repeats=1,  # Falcon's own: what it sends twice is indexed twice
    ),
    Row("feed", "repeated offset, another event", "state_changed .*partition=0 state=running", act=step_back(1)),
    Row("feed", "decreasing offsets", "state_changed .*partition=0 state=running", act=step_back(10)),
    Row("feed", "reset offsets", "offset_reset .*partition=0", act=begin_anew),
    Row(
        "feed",
        "hundreds of millions, reset to 0",
        "offset_beyond_head .*partition=0",
        act=begin_anew_at_0,
        loaded="1",
        scale=60.0,
    ),
    Row(
        "feed",
        "cut again and again, events rendered anew",
        "feed_ended .*partition=0",
        act=cut_again_and_again,
        options={"lock": 0.1},
    ),
    Row("feed", "times in every form", "state_changed .*partition=0 state=running", act=tell_the_time_otherwise),
    Row(
        "feed",
        "reset offsets, below the one asked for",
        "offset_beyond_head .*partition=0",
        act=begin_anew_below,
        loaded="1",
        scale=60.0,
    ),
    Row(
        "feed",
        "offsets above 2^53",
        "feed_ended .*partition=0 reason=feed_ended",
        [{**CUT, "do": "eof"}],
        options={"floor": 2**53 + 7},
    ),
]
FEED = [*OPENING, BURST, *CERTIFICATE, *ENDING, *SILENCE, *PIECES, *OFFSETS]
