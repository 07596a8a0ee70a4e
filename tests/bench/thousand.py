"""One input that reads all children of a parent: memory, CPU, latency, and how it starts, stops, and comes back.

Rules: the input has a core of its own; emulator, stand-in, source, and drain share the other. Where events are
measured, the feeds are those of `many_feeds.py`, because the emulator would be the limit; where tokens are, they are
the emulator's. Tokens, discoveries, and refreshes of a quiet input are half an hour apart, so a quiet window has none:
what each costs is measured by itself (`readers/calls.py`) and added as often as it comes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Dict, Iterator, Optional, Tuple, Type

from tests.bench import meters
from tests.bench.drain import Drain, Stamp, Watch
from tests.bench.many_feeds import Backlog, Beats, ManyFeeds, Paces
from tests.bench.meters import THEIR_CORES
from tests.bench.runs import SETTLED, Pacing, percentile
from tests.bench.source import GREETED
from tests.bench.stage import PINNED, READERS, Stage
from tests.bench.table import AT_LEAST, AT_MOST, Row, Target

PARTITIONS = 2
HEARTBEAT = 10.0
CHILDREN = {"tenants": "children"}
CALM = 8.0  # what follows a start is over
# How often a quiet tenant asks Falcon (core/session.py, falcon/auth.py, core/roster.py): each session is refreshed, a
# token renewed when a call finds it old, and streams discovered again.
REFRESH_EVERY, TOKEN_EVERY, DISCOVERY_EVERY = 1620.0, 1680.0, 900.0
ONE_BY_ONE = 5000.0
# Falcon's bearers live for half an hour, an outage for an hour: in ours, too, every bearer expires and every wait
# between two tries has grown to its longest.
BEARER_LIFE, OUTAGE = 130.0, 150.0
TOKENS_A_MINUTE = 300
PATIENCE = 600.0
CLAIM_PATIENCE, STOP_PATIENCE = 60.0, 30.0


class Family(Stage):
    """A stage whose account is a parent with so many children. A context manager."""

    def __init__(self, folder: Path, package: Path, tenants: int, **options: Any) -> None:
        """`options` are the emulator's."""
        self.tenants = tenants
        self._cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, THEIR_CORES)  # for what starts from here on: emulator and stand-in
        usual: Dict[str, Any] = {"partitions": PARTITIONS, "heartbeat": HEARTBEAT, "token_limit": 0}
        super().__init__(folder, package, tls=True, children=tenants, **{**usual, "rate_limits": True, **options})

    def __enter__(self) -> Family:
        super().__enter__()
        self.many = ManyFeeds(self.ca_dir)
        self.feeds = self.tenants * PARTITIONS
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if error is not None:
            print(self.log()[-3000:], flush=True)
        self.many.close()
        super().__exit__(kind, error, trace)
        os.sched_setaffinity(0, self._cores)

    def use_source(self) -> None:
        """Have feeds led to the source of many feeds from now on."""
        self.lead_feeds_to(self.many.port)
        self.many_url = f"https://127.0.0.1:{self.many.port}/feed/0?appId=x"

    def use_emulator(self) -> None:
        """Have feeds led to the emulator."""
        self.emulator.set_option("resource_override", {})

    def open_feeds(self) -> int:
        """How many feeds are open at the emulator."""
        return sum(self.emulator.open_feeds().values())

    def refused_tokens(self, after: int) -> int:
        """How many token requests were answered 429, without the first so many requests."""
        return sum(row["status"] == 429 for row in self.emulator.requests("token", after=after))


class _Reading:
    """A process whose events a drain takes. A context manager, which kills it."""

    def __init__(self, stage: Family, start: Callable[[Path], subprocess.Popen[bytes]], feeds: int) -> None:
        self.stage = stage
        self._start = start
        self.feeds = feeds

    def __enter__(self) -> _Reading:
        fifo = self.stage.fifo()
        self.drain = Drain([fifo])
        self.drain.begin(Watch(GREETED, self.feeds, anywhere=True))
        began = time.monotonic()
        self.process = self._start(fifo)
        try:
            self.started_in = self.drain.seen(PATIENCE) - began
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.drain.close()

    @property
    def pid(self) -> int:
        return self.process.pid

    def quiet(self, seconds: float) -> float:
        """The share of a core with heartbeats only."""
        self.stage.many.order(Beats(HEARTBEAT, seconds + 2.0))
        time.sleep(1.0)
        before = meters.cpu_seconds(self.pid)
        time.sleep(seconds)
        share = (meters.cpu_seconds(self.pid) - before) / seconds
        self.stage.many.answer()
        return share

    def pace(self, rate: float, seconds: float) -> Pacing:
        """Events one by one, and what became of each."""
        self.drain.begin(Stamp(seconds + 2.0))
        sent, share = self._paced(rate, seconds)
        return Pacing(sent, self.drain.stamps(seconds), share)

    def pace_unseen(self, rate: float, seconds: float) -> float:
        """Events one by one, which need not come out as XML: the share of a core."""
        self.drain.begin(Watch(f"bench-each-{int(rate * seconds) - 1:07d}-", anywhere=True))
        _, share = self._paced(rate, seconds)
        self.drain.seen(PATIENCE)
        return share

    def _paced(self, rate: float, seconds: float) -> Tuple[Dict[str, float], float]:
        before, began = meters.cpu_seconds(self.pid), time.monotonic()
        self.stage.many.order(Paces("bench-each", rate, seconds))
        sent: Dict[str, float] = self.stage.many.answer(seconds + PATIENCE)
        return sent, (meters.cpu_seconds(self.pid) - before) / (time.monotonic() - began)

    def backlog(self, order: Backlog) -> float:
        """Events a second, from the first byte sent to the last one in the pipe."""
        self.drain.begin(Watch(order.mark, self.feeds, anywhere=True))
        self.stage.many.order(order)
        ended = self.drain.seen(PATIENCE)
        return self.feeds * order.events * order.times / (ended - float(self.stage.many.answer()))


# -- under load --------------------------------------------------------------------------------------------------------


def measure_load(
    stage: Family,
    version: str,
    python: Path,
    quiet: float,
    busy: float,
    events: int,
    rate: float = ONE_BY_ONE,
    calm: float = CALM,
) -> Iterator[Row]:
    """Quiet, events one by one, a backlog of so many events, and a stop while events come; the floor beside each.
    Seconds of each; `calm` are those after the start."""
    stage.use_source()
    name, each = f"{stage.tenants:,} tenants", max(events // stage.feeds, 1)
    feed_url, count = stage.many_url, str(stage.feeds)
    floor = _Reading(
        stage, lambda fifo: stage.start_script("many", python, fifo, feed_url, stage.ca_file, count), stage.feeds
    )
    yield from _rows_of_floor(floor, f"floor, {name}", version, quiet, busy, each, rate)
    own = _own_rate(stage, python, events)
    yield Row(f"{name}, beside them: one feed alone", version, own, "ev/s", None)
    ours = _Reading(stage, lambda fifo: stage.start_ours(python, fifo, PARTITIONS, settings=CHILDREN), stage.feeds)
    with ours:
        yield Row(f"{name}, start without a limit of tokens", version, ours.started_in, "s", Target(AT_MOST, 60))
        time.sleep(calm)
        share = ours.quiet(quiet)
        calls = _calls(stage, python)
        yield Row(f"{name}, quiet: memory", version, meters.resident_mb(ours.pid), "MB", Target(AT_MOST, 350))
        yield Row(f"{name}, quiet: share of a core, heartbeats", version, share * 100, "%", None)
        for what, every, times in (
            ("refresh", REFRESH_EVERY, PARTITIONS),
            ("token", TOKEN_EVERY, 1),
            ("discovery", DISCOVERY_EVERY, 1),
        ):
            yield Row(f"{name}: a {what}", version, calls[what] * 1e3, "ms", None)
            share += calls[what] * stage.tenants * times / every
        yield Row(f"{name}, quiet: share of a core, all", version, share * 100, "%", Target(AT_MOST, 4))
        yield from _rows_of_pace(ours.pace(rate, busy), f"{name}, {rate:,.0f} events/s", version)
        yield Row(f"{name}, then: memory", version, meters.resident_mb(ours.pid), "MB", None)
        found = ours.backlog(Backlog("bench-many-end", each))
        yield Row(f"{name}, {stage.feeds * each:,} events behind", version, found, "ev/s", None)
        yield Row(f"{name}, behind : one feed alone", version, found / own, "x", Target(AT_LEAST, 0.5))
        yield Row(f"{name}, after that: peak memory", version, meters.peak_mb(ours.pid), "MB", None)
        time.sleep(SETTLED["ours"])
        yield Row(f"{name}, stop while events come", version, _stop(ours, rate), "s", Target(AT_MOST, 5))


def _rows_of_floor(
    floor: _Reading, name: str, version: str, quiet: float, busy: float, each: int, rate: float
) -> Iterator[Row]:
    with floor:
        share = floor.quiet(quiet)
        yield Row(f"{name}, quiet: memory", version, meters.resident_mb(floor.pid), "MB", None)
        yield Row(f"{name}, quiet: share of a core", version, share * 100, "%", None)
        share = floor.pace_unseen(rate, busy)
        yield Row(f"{name}, {rate:,.0f} events/s: share of a core", version, share * 100, "%", None)
        found = floor.backlog(Backlog("bench-floor-end", each))
        yield Row(f"{name}, {floor.feeds * each:,} events behind", version, found, "ev/s", None)


def _rows_of_pace(pacing: Pacing, name: str, version: str) -> Iterator[Row]:
    instants = list(pacing.sent.values())
    sent = len(instants) / (max(instants) - min(instants))
    yield Row(f"{name}: sent", version, sent, "ev/s", None)
    yield Row(f"{name}: lost behind", version, pacing.lost, "events", Target(AT_MOST, 0))
    yield Row(f"{name}: share of a core", version, pacing.share * 100, "%", Target(AT_MOST, 40))
    latencies = pacing.latencies()
    yield Row(f"{name}: latency p50", version, percentile(latencies, 0.5) * 1e3, "ms", None)
    yield Row(f"{name}: latency p99", version, percentile(latencies, 0.99) * 1e3, "ms", Target(AT_MOST, 100))


def _own_rate(stage: Family, python: Path, events: int) -> float:
    """The rate of one feed of the parent's own, from the same source."""
    times = 10
    with _Reading(stage, lambda fifo: stage.start_ours(python, fifo), 1) as own:
        time.sleep(1.0)
        return own.backlog(Backlog("bench-own-end", max(events // 2 // times, 1), times))


def _calls(stage: Family, python: Path) -> Dict[str, float]:
    """CPU seconds of a token, a discovery, and a refresh of a child."""
    address = stage.emulator.address
    cid = address["children"][0]
    about = [address["api"], address["client_id"], address["client_secret"], address["ca_file"], cid]
    stage.use_emulator()
    words = [*PINNED, str(python), str(READERS / "calls.py"), str(stage.app), *about]
    found: Dict[str, float] = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    stage.use_source()
    return found


def _stop(ours: _Reading, rate: float) -> float:
    """Seconds from SIGTERM to the process's end, while events come and splunkd takes them."""
    ours.drain.begin(Stamp(STOP_PATIENCE))
    ours.stage.many.order(Paces("bench-stop", rate, STOP_PATIENCE))
    time.sleep(1.0)
    began = time.monotonic()
    ours.process.send_signal(signal.SIGTERM)
    ours.process.wait(STOP_PATIENCE)
    took = time.monotonic() - began
    ours.stage.many.answer()
    return took


# -- tokens ------------------------------------------------------------------------------------------------------------


def measure_return(stage: Family, version: str, python: Path, outage: float = OUTAGE) -> Iterator[Row]:
    """A start with Falcon's limit of tokens, and an outage in which every bearer expires."""
    stage.use_emulator()
    name, emulator = f"{stage.tenants:,} tenants", stage.emulator
    emulator.set_option("token_limit", TOKENS_A_MINUTE)
    emulator.set_option("token_life", BEARER_LIFE)
    asked = len(emulator.requests())
    with _Started(stage, python) as (_, began):
        took = _until_all_read(stage, began)
        yield Row(f"{name}, start: all reading", version, took, "s", Target(AT_MOST, 240))
        yield Row(f"{name}, start: refused tokens", version, stage.refused_tokens(asked), "tokens", Target(AT_MOST, 0))
        asked = len(emulator.requests())
        emulator.add_faults([{"on": place, "for": outage, "do": "close"} for place in ("api", "feed")])
        emulator.drop_feeds(how="reset", lock=0.0)
        time.sleep(outage)
        took = _until_all_read(stage, time.monotonic())
        yield Row(f"{name}, after an outage: all reading", version, took, "s", Target(AT_MOST, 240))
        refused = stage.refused_tokens(asked)
        yield Row(f"{name}, after an outage: refused tokens", version, refused, "tokens", Target(AT_MOST, 0))
    emulator.set_option("token_limit", 0)
    emulator.set_option("token_life", 1799.0)


def measure_takeover(stage: Family, version: str, python: Path) -> Iterator[Row]:
    """The forwarder that reads is lost, and the other takes its place."""
    stage.use_emulator()
    shared = {"checkpoint_store": "kvstore", "app_id": "shared"}
    input_name = f"shared{version.replace('.', '')}"
    with _Started(stage, python, name=input_name, forwarder="a", **shared) as (first, began):
        _until_all_read(stage, began)
        with _Started(stage, python, name=input_name, forwarder="b", **shared):
            time.sleep(CALM)
            first.kill()
            lost_at = time.monotonic()
            _until(lambda: stage.open_feeds() < stage.feeds, CLAIM_PATIENCE)
            took = _until_all_read(stage, lost_at)
    yield Row(f"{stage.tenants:,} tenants, takeover: all reading", version, took, "s", Target(AT_MOST, 180))


class _Started:
    """Our input on the emulator's feeds, and when it began. A context manager, which kills it."""

    def __init__(self, stage: Family, python: Path, name: str = "", forwarder: str = "", **settings: str) -> None:
        self._stage = stage
        self._start = partial(stage.start_ours, python, partitions=PARTITIONS, name=name, forwarder=forwarder)
        self._settings = {**CHILDREN, **settings}

    def __enter__(self) -> Tuple[subprocess.Popen[bytes], float]:
        fifo = self._stage.fifo()
        self._drain = Drain([fifo])
        self._drain.begin(Watch("nothing bears this mark", anywhere=True))
        began = time.monotonic()
        self._process = self._start(fifo, settings=self._settings)
        return self._process, began

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._drain.close()


def _until_all_read(stage: Family, since: float) -> float:
    """Wait until every feed is open; the seconds since then."""
    _until(lambda: stage.open_feeds() >= stage.feeds, PATIENCE)
    return time.monotonic() - since


def _until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "that did not come true in time"
        time.sleep(0.25)
