"""The roster knows what to do next, and never has two feeds on one partition."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.roster import Changed, CloseOf, Discover, Exceed, Intent, Open, RefreshOf, Roster
from falcon_streams.core.session import Pulse


def stream(partition: str) -> Stream:
    return Stream(partition, f"https://f/v1/{partition}?a", f"https://a/v1/{partition}?a", "t", 1800)


def offer(*partitions: str, refusals: Sequence[str] = ()) -> Discovery:
    return Discovery(tuple(stream(name) for name in partitions), tuple(refusals))


class Story:
    """Drives a roster through time, keeping every feed alive, and keeps what it intends."""

    def __init__(self, wanted: Optional[Sequence[str]] = None) -> None:
        self.roster = Roster(frozenset(wanted) if wanted else None, 60, jitter=lambda: 0.5)
        self.at = 0.0
        self.pulses: dict[str, Pulse] = {}

    def intents(self) -> List[Intent]:
        for pulse in self.pulses.values():
            pulse.heard(self.at, heartbeat=True, event=True)
        return [intent for intent in self.roster.intents(self.at) if not isinstance(intent, Changed)]

    def run(self, seconds: float, step: float = 1.0) -> List[Intent]:
        found: List[Intent] = []
        until = self.at + seconds
        while self.at < until and not found:
            self.at += step
            found = self.intents()
        return found

    def discovered(self, discovery: Discovery) -> List[str]:
        intents = self.roster.discovered(discovery, self.at)
        return [intent.stream.partition for intent in intents if isinstance(intent, Open)]

    def open(self, partition: str) -> None:
        self.pulses[partition] = Pulse(self.at)
        self.roster.opened(partition, self.at, self.pulses[partition])

    def end(self, partition: str, after: float = 0.0) -> None:
        self.pulses.pop(partition, None)
        self.roster.ended(partition, self.at, after, "feed_ended")

    def state(self, partition: str) -> str:
        return self.roster.states()[1][partition]


def reading(*partitions: str) -> Story:
    story = Story()
    assert story.intents() == [Discover()]
    assert story.discovered(offer(*partitions)) == list(partitions)
    for partition in partitions:
        story.open(partition)
    return story


def test_the_first_thing_is_one_discovery() -> None:
    story = Story()

    assert story.intents() == [Discover()]
    assert story.intents() == []


def test_every_offered_partition_is_opened_at_once() -> None:
    story = Story()
    story.intents()

    assert story.discovered(offer("0", "1", "x")) == ["0", "1", "x"]


def test_only_wanted_partitions_are_opened() -> None:
    story = Story(wanted=["1"])
    story.intents()

    assert story.discovered(offer("0", "1", "2")) == ["1"]


def test_a_partition_that_is_open_is_never_opened_again() -> None:
    story = reading("0", "1")

    assert story.discovered(offer("0", "1")) == []


def test_a_feed_that_ends_is_found_by_a_new_discovery_while_the_others_go_on() -> None:
    story = reading("0", "1")
    story.at += 500
    story.end("0")

    assert story.run(10) == [Discover()]
    assert story.discovered(offer("0", "1")) == ["0"]
    assert story.state("1") == "running"


def test_a_server_that_asks_for_time_gets_it_even_if_another_discovery_comes_first() -> None:
    story = reading("0", "1")
    story.end("0", after=300)
    story.at += 10
    story.end("1")
    assert story.run(30) == [Discover()]

    assert story.discovered(offer("0", "1")) == ["1"]
    story.open("1")
    assert story.run(400) == [Discover()]
    assert story.at >= 300


def test_an_app_id_in_use_is_a_wait_that_is_told_and_ends_by_itself() -> None:
    story = Story()
    story.intents()
    changes = story.roster.discovered(offer(), 0.0)
    assert changes == [Changed("*", "waiting_app_id", "no_streams_offered")]

    for _ in range(40):
        before = story.at
        assert story.run(60) == [Discover()]
        assert 1 <= story.at - before <= 32
        assert story.discovered(offer()) == []
    assert story.run(60) == [Discover()]
    assert story.discovered(offer("0")) == ["0"]


def test_a_wanted_partition_that_is_not_offered_is_missing_and_the_app_id_is_free() -> None:
    for wanted, opened in ((["7"], []), (["0", "7"], ["0"])):
        story = Story(wanted=wanted)
        story.intents()

        assert story.discovered(offer("0", "1")) == opened
        assert (story.roster.missing, story.roster.connected) == (["7"], opened)
        assert story.state("7") == "waiting_app_id"
        assert story.run(60) == [Discover()]
        assert story.discovered(offer("7")) == ["7"]
        assert story.roster.missing == []


def test_where_nothing_at_all_is_offered_no_partition_is_missing() -> None:
    story = Story(wanted=["7"])
    story.intents()
    story.discovered(offer())

    assert story.roster.missing == []


def test_after_a_clean_restart_the_app_id_is_asked_for_again_within_seconds() -> None:
    story = Story()
    story.intents()
    story.discovered(offer())

    assert story.run(4) == [Discover()]


def test_a_failed_discovery_is_tried_again_for_ever_within_a_minute_or_the_servers_wait() -> None:
    story = Story()
    story.intents()
    for _ in range(50):
        before = story.at
        story.roster.discovery_failed(story.at, 0.0, "discovery_failed")
        assert story.run(70) == [Discover()]
        assert story.at - before <= 61
    story.roster.discovery_failed(story.at, 200.0, "discovery_failed")
    before = story.at
    assert story.run(400) == [Discover()]
    assert story.at - before >= 200


def test_refusals_alone_are_an_error_and_no_busy_app_id() -> None:
    story = Story()
    story.intents()

    changes = story.roster.discovered(offer(refusals=["entry 0 names a foreign host"]), 0.0)

    assert changes == [Changed("*", "error", "discovery_refused")]
    assert story.run(70) == [Discover()]


def test_a_new_partition_is_noticed_while_all_is_well() -> None:
    story = reading("0")

    assert story.run(1000) == [Discover()]
    assert 899 <= story.at <= 901
    assert story.discovered(offer("1")) == ["1"]


def test_each_session_is_refreshed_by_its_own_stream() -> None:
    story = reading("0")
    story.at = 100
    story.discovered(offer("0", "1"))
    story.open("1")

    refreshed: list[tuple[str, float]] = []
    while len(refreshed) < 2:
        for intent in story.run(5000):
            if isinstance(intent, RefreshOf):
                refreshed.append((intent.stream.partition, story.at))
                story.roster.refreshed(intent.stream, story.at)
            else:
                story.discovered(offer("0", "1"))
    assert refreshed == [("0", 1620), ("1", 1720)]


def test_the_late_answer_to_an_earlier_feeds_refresh_says_nothing_about_this_one() -> None:
    story = reading("0")
    old = story.roster.members["0"].stream
    assert old is not None
    story.end("0")
    story.run(60)
    story.discovered(offer("0"))
    story.open("0")

    story.roster.refresh_failed(old, story.at, 0.0, gone=True)
    assert not any(isinstance(intent, CloseOf) for intent in story.intents())


def test_a_404_closes_the_feed_of_that_partition_only() -> None:
    story = reading("0", "1")
    current = story.roster.members["1"].stream
    assert current is not None
    story.roster.refresh_failed(current, story.at, 0.0, gone=True)

    assert story.intents() == [CloseOf("1", "session_gone")]
    assert story.intents() == []


def test_a_partition_missing_for_ten_minutes_makes_all_start_over_once() -> None:
    story = reading("0", "1")
    story.at += 500
    story.end("0")
    closes: List[Intent] = []
    while not closes:
        intents = story.run(2000)
        assert intents
        if intents == [Discover()]:
            assert story.discovered(offer()) == []
        else:
            closes = intents
    assert closes == [CloseOf("1", "start_over")]
    assert 1100 <= story.at <= 1200
    story.at += 1
    assert story.intents() == []  # nothing is asked before all have closed
    story.end("1")
    assert story.run(30) == [Discover()]

    assert sorted(story.discovered(offer("0", "1"))) == ["0", "1"]


def test_a_partition_that_is_missing_although_nothing_was_connected_has_vanished_and_disturbs_nobody() -> None:
    story = reading("0", "1")
    story.end("0")
    story.end("1")
    assert story.run(30) == [Discover()]
    assert story.discovered(offer("1")) == ["1"]
    story.open("1")

    for _ in range(20):
        assert story.run(2000) in ([Discover()], [RefreshOf(stream("1"))])
        assert story.discovered(offer()) == []
    assert story.discovered(offer("0")) == ["0"]


def test_a_feed_that_was_healthy_is_retried_quickly_again() -> None:
    story = reading("0")
    for _ in range(10):
        story.end("0")
        assert story.run(200) == [Discover()]
        story.discovered(offer("0"))
        story.open("0")
    slow = story.at
    story.end("0")
    assert story.run(200) == [Discover()]
    assert story.at - slow > 30
    story.discovered(offer("0"))
    story.open("0")
    story.at += 121

    quick = story.at
    story.end("0")
    assert story.run(200) == [Discover()]
    assert story.at - quick <= 5


HOUR = 3600.0


def watch(roster: Roster, hours: float, events: Sequence[float] = ()) -> List[Tuple[float, str]]:
    """Simulate these hours of a feed that heartbeats and brings events at these hours only; its closes, by hour."""
    at, closes, pulse = 0.0, [], Pulse(0.0)
    due = sorted(events)
    intents = roster.intents(at)
    while at <= hours * HOUR:
        for intent in intents:
            if isinstance(intent, Discover):
                opens = roster.discovered(offer("0"), at)
                if any(isinstance(each, Open) for each in opens):
                    pulse = Pulse(at)
                    roster.opened("0", at, pulse)
            elif isinstance(intent, RefreshOf):
                roster.refreshed(intent.stream, at)
            elif isinstance(intent, CloseOf):
                closes.append((round(at / HOUR, 1), intent.reason))
                roster.ended("0", at, 0.0, "closed")
        at += 20.0
        brings = bool(due) and at >= due[0] * HOUR
        due = due[1:] if brings else due
        pulse.heard(at, heartbeat=True, event=brings)
        intents = roster.intents(at)
    return closes


def test_a_feed_that_brought_events_and_withholds_them_for_days_is_opened_anew_every_few_hours() -> None:
    closes = watch(Roster(None, 60, jitter=lambda: 0.5), 72, events=[0.5])

    assert {reason for _, reason in closes} == {"no_events"}
    assert closes[0] == (4.5, "no_events")
    assert all(3.95 < later - earlier < 4.15 for (earlier, _), (later, _) in zip(closes, closes[1:]))
    assert len(closes) == 17


def test_a_partition_that_was_read_in_an_earlier_run_is_opened_anew_too() -> None:
    closes = watch(Roster(None, 60, jitter=lambda: 0.5, known=frozenset("0")), 9)

    assert closes == [(4.0, "no_events"), (8.0, "no_events")]


def test_a_feed_that_brings_an_event_now_and_then_is_left_alone() -> None:
    assert watch(Roster(None, 60, jitter=lambda: 0.5), 72, events=[3.9 * each for each in range(1, 20)]) == []


def test_a_partition_that_never_brought_an_event_is_left_alone() -> None:
    assert watch(Roster(None, 60, jitter=lambda: 0.5), 72) == []


def test_of_thousands_of_partitions_no_more_are_read_than_the_limit_and_the_rest_is_told() -> None:
    story = Story()
    story.intents()
    intents = story.roster.discovered(offer(*map(str, range(7_000))), story.at)

    assert [each.stream.partition for each in intents if isinstance(each, Open)] == [str(name) for name in range(64)]
    (told,) = [str(each) for each in intents if isinstance(each, Exceed)]
    assert told.startswith("Falcon offers 6936 partitions more than the 64 that an input reads: they are not read.")
    assert len(story.roster.members) == 64


def test_other_names_in_the_next_answer_do_not_get_round_the_limit() -> None:
    story = Story()
    story.intents()
    story.discovered(offer(*map(str, range(64))))

    assert story.discovered(offer(*map(str, range(100, 164)))) == []
    assert len(story.roster.members) == 64


def test_partitions_that_the_settings_name_are_read_beyond_the_limit() -> None:
    names = [str(name) for name in range(80)]
    story = Story(names)
    story.intents()

    assert story.discovered(offer(*names)) == names
