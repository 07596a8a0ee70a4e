"""The demo's decisions: what is seen, what happens next, what came out."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from typing import Union

import pytest
from rich.console import Console

from tests.splunkd.intake.index import Event
from tools.demo import look as seen
from tools.demo import sample, wording
from tools.demo.look import KILLED, READING, STARTING, STOPPED, WAITING, Look, Row
from tools.demo.story import LIVE, PATIENCE, PAUSE, Act, Scene, Story
from tools.demo.tally import Place, Tally, place_of
from tools.demo.verdict import judge, withhold
from tools.demo.view import Lines, Terminal


def event(partition: str, offset: int, event_type: str = "FirewallMatchEvent", time: float = 100.0) -> Event:
    metadata = {"offset": offset, "eventType": event_type, "eventCreationTime": 1_795_885_677_000}
    raw = json.dumps({"metadata": metadata, "event": {}}).encode()
    fields = json.dumps({"falcon_partition": partition})
    return Event(offset, time, time, "main", "host", "s", "CrowdStrike:Event:Streams:JSON", raw, fields, "demo")


def ledger(events: Sequence[Event]) -> dict[str, list[list[object]]]:
    found: dict[str, list[list[object]]] = {}
    for each in events:
        place = place_of(each)
        found.setdefault(place.partition, []).append([place.offset, hashlib.sha256(each.raw).hexdigest(), 1])
    return found


def a_look(at: float, state: str = READING, arrived: int = 1000, behind: float = 0.0) -> Look:
    rows = (Row("0", state, arrived, 50.0, behind), Row("1", state, 0, 50.0, 0.0))
    return Look(at, state, rows, 1000, arrived, 0)


class TestTally:
    def test_an_event_that_comes_again_is_a_repeat_and_no_arrival(self) -> None:
        tally = Tally(["0", "1"])

        tally.take([event("0", 7), event("1", 7), event("0", 7)], at=0.0)

        assert (tally.indexed, tally.arrived, tally.repeated) == (3, 2, 1)

    def test_the_rate_is_that_of_the_last_seconds(self) -> None:
        tally = Tally(["0"])
        for second in range(10):
            count = 100 if second < 5 else 2
            tally.take([event("0", 1000 * second + number) for number in range(count)], at=float(second))

        assert tally.streams["0"].speed.rate == 2.0

    def test_after_a_pause_the_rate_begins_again(self) -> None:
        tally = Tally(["0"])
        tally.take([event("0", 1)], at=0.0)
        tally.take([event("0", 2)], at=1.0)

        tally.pause()

        assert tally.streams["0"].speed.rate == 0.0


class TestLook:
    @pytest.mark.parametrize(
        ("runs", "enabled", "updated_at", "shown", "state"),
        [
            (True, True, 20.0, "running", READING),
            (True, True, 20.0, "waiting_app_id", WAITING),
            (True, True, 20.0, "error", STARTING),
            (True, True, 5.0, "running", STARTING),
            (False, True, 20.0, "running", KILLED),
            (False, False, 20.0, "running", STOPPED),
        ],
    )
    def test_the_state_is_that_of_the_process_that_runs_now(
        self, runs: bool, enabled: bool, updated_at: float, shown: str, state: str
    ) -> None:
        assert seen.state_of({"updated_at": updated_at, "state": shown}, runs, enabled, fresh_after=10.0) == state

    def test_an_input_that_has_shown_nothing_is_starting(self) -> None:
        assert seen.state_of({}, runs=True, enabled=True, fresh_after=0.0) == STARTING

    def test_an_input_with_one_partition_that_waits_waits(self) -> None:
        rows = (Row("0", READING, 0, 0.0, None), Row("1", WAITING, 0, 0.0, None))

        assert seen.overall(READING, rows) == WAITING

    def test_the_estimate_is_what_is_left_at_this_rate(self) -> None:
        assert a_look(0.0, arrived=600).seconds_left == 4.0
        assert a_look(0.0, arrived=1200).seconds_left == 0.0

    def test_there_is_no_estimate_while_nobody_reads(self) -> None:
        assert a_look(0.0, STOPPED, arrived=600).seconds_left is None

    def test_a_backlog_is_done_when_every_partition_is_live_too(self) -> None:
        assert a_look(0.0).caught_up
        assert not a_look(0.0, behind=60.0).caught_up
        assert not a_look(0.0, arrived=999).caught_up


class TestStory:
    def test_it_goes_through_a_stop_and_a_sigkill_to_its_end(self) -> None:
        story = Story()
        acts: list[Act] = []
        after = {Act.STOP: STOPPED, Act.START: WAITING, Act.KILL: WAITING}
        state, at = READING, 0.0
        while story.scene is not Scene.OVER:
            act = story.next(a_look(at, state)).act
            if act is not None:
                acts.append(act)
                state = after.get(act, state)
            elif state == WAITING:
                state = READING
            at += 1.0

        assert acts == [Act.STOP, Act.START, Act.KILL, Act.END]

    def test_nothing_is_stopped_before_the_backlog_is_in_the_index(self) -> None:
        story = Story()

        steps = [story.next(a_look(float(second), arrived=999)) for second in range(50)]

        assert not any(step.act for step in steps)

    def test_the_wait_for_the_app_id_is_said_once(self) -> None:
        story = Story()
        story.scene = Scene.KILLED

        said = [text for at in (1.0, 2.0, 3.0) for text in story.next(a_look(at, WAITING)).said]

        assert said == ["it runs again, and waits for Falcon to free the app ID of the process before"]

    def test_it_does_not_go_on_before_falcon_lets_it_read(self) -> None:
        story = Story()
        story.scene = Scene.KILLED

        for state in (KILLED, STARTING, WAITING):
            story.next(a_look(LIVE + PAUSE, state))

        assert story.scene is Scene.KILLED

    def test_it_is_stuck_where_nothing_happens_for_a_minute(self) -> None:
        story = Story()

        assert not story.stuck(a_look(PATIENCE, STARTING))
        assert story.stuck(a_look(PATIENCE + 1.0, STARTING))


class TestVerdict:
    EVENTS = [event("0", offset) for offset in range(100, 110)] + [event("1", offset) for offset in range(5)]

    def test_every_event_in_the_index_holds_repeats_or_not(self) -> None:
        verdict = judge(ledger(self.EVENTS), [*self.EVENTS, self.EVENTS[3]])

        assert verdict.holds
        assert verdict.numbers == "15 sent · 16 indexed · 0 missing · 1 repeated"

    def test_a_lost_event_is_named(self) -> None:
        verdict = judge(ledger(self.EVENTS), [each for each in self.EVENTS if each.seq != 104])

        assert not verdict.holds
        digest = hashlib.sha256(self.EVENTS[4].raw).hexdigest()
        assert f"Lost: partition 0, offset 104, SHA-256 {digest[:16]}" in verdict.sentences

    def test_of_many_lost_ones_the_rest_is_counted(self) -> None:
        assert "10 more are lost." in judge(ledger(self.EVENTS), []).sentences

    def test_events_that_came_out_of_order_break_the_promise(self) -> None:
        verdict = judge(ledger(self.EVENTS), self.EVENTS[::-1])

        assert not verdict.holds
        assert any("out of order" in sentence for sentence in verdict.sentences)

    def test_what_is_withheld_is_taken_out_with_its_repeats(self) -> None:
        left, taken = withhold(self.EVENTS * 2, 1)

        assert len(taken) == 1
        assert len(left) == 2 * len(self.EVENTS) - 2
        assert place_of(taken[0]) not in map(place_of, left)
        assert judge(ledger(self.EVENTS), left).comparison.missing == 1

    def test_nothing_is_withheld_unless_it_is_asked_for(self) -> None:
        assert withhold(self.EVENTS, 0) == (self.EVENTS, [])


class TestView:
    EVENTS = [event("0", offset) for offset in range(20)]

    def play(self, view: Union[Lines, Terminal]) -> None:
        view.show(a_look(0.0, STOPPED, arrived=600))
        view.say("stopped")
        view.rest()
        shown = sample.Sample("Type", '{"a": "[b]"}', (("user", "[red]"),))
        view.present(Counter(FirewallMatchEvent=20), shown, judge(ledger(self.EVENTS), self.EVENTS))

    def test_where_there_is_no_terminal_it_is_plain_lines(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.play(Lines())

        printed = capsys.readouterr().out
        assert "\x1b" not in printed
        assert "60% of the backlog" in printed
        assert "20 sent · 20 indexed · 0 missing · 0 repeated" in printed

    def test_a_terminal_shows_a_bar_and_texts_as_they_are(self) -> None:
        file = io.StringIO()

        self.play(Terminal(Console(file=file, force_terminal=True, width=140, color_system=None)))

        printed = file.getvalue()
        assert "━" in printed
        assert "600 of 1,000" in printed
        assert "[red]" in printed  # an event's text is no markup
        assert "20 sent · 20 indexed · 0 missing · 0 repeated" in printed


def test_an_event_has_its_place_by_partition_and_offset() -> None:
    assert place_of(event("1", 412_345_678)) == Place("1", 412_345_678)


def test_the_newest_event_of_the_type_is_shown_with_the_fields_of_a_search() -> None:
    events = [event("0", 1, sample.TYPE), event("0", 2, sample.TYPE), event("0", 3)]

    shown = sample.sample(events)

    assert shown is not None
    assert json.loads(shown.pretty) == json.loads(events[1].raw)
    assert dict(shown.fields)["vendor_product"] == "CrowdStrike Falcon"
    assert dict(shown.fields)["falcon_partition"] == "0"


def test_without_an_event_of_the_type_none_is_shown() -> None:
    assert sample.sample([event("0", 1)]) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.6, "1 min"), (61, "1 min 1 s"), (9480, "2 h 38 min"), (86400 * 2 + 3600 * 3 + 7, "2 d 3 h")],
)
def test_a_span_is_said_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert wording.span(seconds) == text
