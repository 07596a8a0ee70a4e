"""A week without sockets: roster, sessions, bearers, positions and records against a small model of Falcon.

The model keeps Falcon's rules and notes every breach: a second feed on a partition, a refresh of one without a feed, a
session token that has expired, a bearer that has. The machines run on a clock that is a number.
"""

from __future__ import annotations

from random import Random

import pytest

from falcon_streams.core.account import Credentials
from falcon_streams.core.answer import Answer
from falcon_streams.core.clouds import origin_of
from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.envelope import Event
from falcon_streams.core.record import Owner, StartPosition, first_record
from falcon_streams.core.resume import Verdict, resume_at_origin
from falcon_streams.core.roster import CloseOf, Discover, Open, RefreshOf, Roster
from falcon_streams.core.session import Pulse
from falcon_streams.falcon.auth import Bearers
from falcon_streams.run.progress import Progress
from tests.fakes.clock import FakeClock

DAY = 86_400.0
STEP = 5.0


class ModelFalcon:
    """Partitions as growing logs, sessions of half an hour, session tokens of five minutes, bearers of half an hour."""

    def __init__(self, partitions: int, draw: Random) -> None:
        self.logs: dict[str, list[Event]] = {str(number): [] for number in range(partitions)}
        self.feeds: dict[str, float] = {}
        self.opened: dict[str, float] = {}
        self.locked: dict[str, float] = {}
        self.bearers: dict[str, float] = {}
        self.breaches: list[str] = []
        self.draw = draw

    def produce(self) -> None:
        for name, log in self.logs.items():
            for _ in range(self.draw.randrange(3)):
                raw = f"{name}/{len(log)}".encode()
                log.append(Event(raw, len(log), "A", 1_770_000_000_000, "c"))

    def discover(self, bearer: str, at: float) -> Discovery:
        self._check_bearer(bearer, at)
        free = [name for name in self.logs if name not in self.feeds and self.locked.get(name, 0.0) <= at]
        streams = [Stream(name, "https://f/" + name, "https://a/" + name, f"{at}", 1800.0) for name in free]
        return Discovery(tuple(streams), ())

    def open(self, stream: Stream, at: float) -> bool:
        if stream.partition in self.feeds:
            self.breaches.append(f"second feed on {stream.partition}")
            return False
        if at - float(stream.token) > 300:
            self.breaches.append("session token too old")
            return False
        self.feeds[stream.partition] = self.opened[stream.partition] = at
        return True

    def refresh(self, stream: Stream, bearer: str, at: float) -> None:
        self._check_bearer(bearer, at)
        if stream.partition not in self.feeds:
            self.breaches.append(f"refresh of {stream.partition}, which has no feed")
            return
        self.feeds[stream.partition] = at

    def cut(self, at: float) -> list[str]:
        """The feeds that end now: at their four hours, or, a breach, for want of a refresh."""
        found = []
        for name, refreshed in self.feeds.items():
            if at - refreshed > 1800:
                self.breaches.append(f"{name} was not refreshed")
                found.append(name)
            elif at - self.opened[name] > 4 * 3600:
                found.append(name)
        return found

    def close(self, partition: str, at: float, shadow: float) -> None:
        self.feeds.pop(partition, None)
        self.locked[partition] = at + shadow

    def _check_bearer(self, bearer: str, at: float) -> None:
        if self.bearers.get(bearer, 0.0) <= at:
            self.breaches.append("expired bearer")


class ModelTransport:
    """Answers token requests only."""

    def __init__(self, falcon: ModelFalcon, clock: FakeClock) -> None:
        self._falcon = falcon
        self._clock = clock

    def send(self, method: str, url: str, headers: object, form: object = None, seconds: float = 30.0) -> Answer:
        assert (method, url) == ("POST", "https://api.crowdstrike.com/oauth2/token")
        token = f"bearer{len(self._falcon.bearers)}"
        self._falcon.bearers[token] = self._clock.monotonic() + 1799
        return Answer(201, {}, b'{"access_token":"%s","expires_in":1799}' % token.encode())


class Week:
    """The machines of one input, driven step by step."""

    def __init__(self, partitions: int, seed: int) -> None:
        self.draw = Random(seed)
        self.clock = FakeClock()
        self.falcon = ModelFalcon(partitions, self.draw)
        transport = ModelTransport(self.falcon, self.clock)
        credentials = Credentials("a" * 32, "secret")
        self.bearers = Bearers(transport, self.clock, origin_of("us-1"), credentials)  # type: ignore[arg-type]
        self.roster = Roster(None, 60.0, self.draw.random)
        self.progress: dict[str, Progress] = {}
        self.pulses: dict[str, Pulse] = {}
        self.read: dict[str, int] = {}
        self.delivered: dict[str, list[int]] = {}
        self.bytes = 0

    def step(self) -> None:
        at = self.clock.monotonic()
        self.falcon.produce()
        for partition in self.falcon.cut(at):
            self.end(partition, shadow=self.draw.choice((1.0, 60.0, 360.0)))
        for intent in self.roster.intents(at):
            if isinstance(intent, Discover):
                self.discover(at)
            elif isinstance(intent, RefreshOf):
                self.falcon.refresh(intent.stream, self.bearers.current(), at)
                self.roster.refreshed(intent.stream, at)
            elif isinstance(intent, CloseOf):
                self.end(intent.partition, shadow=1.0)
        for partition in list(self.pulses):
            self.receive(partition, at)
        for progress in self.progress.values():
            progress.receipt(self.bytes, at)
            record = progress.due(at, self.clock.now())
            if record is not None:
                assert record.offset is not None and record.offset <= (progress.written_offset or 0)
                progress.stored(record)
        self.clock.at(at + STEP, lambda: None)
        self.clock.take(_Empty, STEP)  # type: ignore[arg-type]

    def discover(self, at: float) -> None:
        discovery = self.falcon.discover(self.bearers.current(), at)
        for intent in self.roster.discovered(discovery, at):
            if isinstance(intent, Open) and self.falcon.open(intent.stream, at):
                self.begin(intent.stream.partition, at)

    def begin(self, partition: str, at: float) -> None:
        if partition not in self.progress:
            record = first_record("i", partition, Owner("h", "a", ""), StartPosition(), self.clock.now(), None)
            self.progress[partition] = Progress(record, resume_at_origin(StartPosition(), True), 30.0)
            self.delivered[partition] = []
        self.pulses[partition] = Pulse(at)
        self.roster.opened(partition, at, self.pulses[partition])
        resume = self.progress[partition].resume()
        self.read[partition] = resume.offset or 0
        if resume.offset is not None:
            assert resume.judge(self.falcon.logs[partition][resume.offset]) is Verdict.KNOWN
            self.read[partition] += 1

    def receive(self, partition: str, at: float) -> None:
        events = self.falcon.logs[partition][self.read[partition] :]
        self.pulses[partition].heard(at, heartbeat=True, event=bool(events))
        if events:
            self.read[partition] += len(events)
            self.delivered[partition] += [event.offset for event in events if event.offset is not None]
            self.bytes += sum(len(event.raw) for event in events)
            self.progress[partition].wrote(events[-1], self.bytes, at)

    def end(self, partition: str, shadow: float) -> None:
        at = self.clock.monotonic()
        self.pulses.pop(partition, None)
        self.falcon.close(partition, at, shadow)
        self.roster.ended(partition, at, 0.0, "feed_ended")


class _EmptyInbox:
    def get_nowait(self) -> None:
        from queue import Empty

        raise Empty


_Empty = _EmptyInbox()


WEEK = pytest.mark.nightly


@pytest.mark.parametrize(("seed", "days"), [(1, 1), pytest.param(1, 7, marks=WEEK), pytest.param(2, 7, marks=WEEK)])
def test_days_of_cut_feeds_and_locked_app_ids_break_no_rule_and_lose_nothing(seed: int, days: int) -> None:
    week = Week(partitions=3, seed=seed)
    begun = week.clock.monotonic()
    while week.clock.monotonic() - begun < days * DAY:
        week.step()

    assert week.falcon.breaches == []
    for partition, log in week.falcon.logs.items():
        delivered = week.delivered[partition]
        assert delivered == list(range(len(delivered)))
        assert len(log) - len(delivered) < 400 * 2
    assert len(week.falcon.bearers) > 43 * days  # renewed when one is needed, some 25 minutes apart


def test_the_model_notices_a_refresh_that_goes_to_the_wrong_partition() -> None:
    week = Week(partitions=2, seed=3)
    for _ in range(10):
        week.step()
    wrong = Stream("9", "https://f/9", "https://a/9", "0", 1800.0)
    week.falcon.refresh(wrong, week.bearers.current(), week.clock.monotonic())

    assert week.falcon.breaches == ["refresh of 9, which has no feed"]
