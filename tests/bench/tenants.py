"""A thousand tenants on a few forwarders: what our rosters and bearers ask of Falcon's API, at a start, in quiet, and
when Falcon comes back after an outage.

Theory. A simulation in events. What decides is the product's own: the roster with its sessions and backoffs, the
bearers, the reading of answers. What it asks goes to a `FalconApi` with the limits that are published (Event Streams
reference 1.4), as sliding windows: 300 token requests a minute for each source address, 6,000 requests a minute for
each customer. Feeds end by themselves after some hours (3.7) and a dropped one locks its place for up to six minutes.

Rules: time is the queue's; an input is looked at once a second while it waits for something, every ten seconds while
all its feeds are open (a refresh has minutes to spare). Answers take no time, which makes storms steeper than they are.
"""

from __future__ import annotations

import heapq
import json
import random
from collections import Counter, deque
from email.utils import formatdate
from typing import Deque, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from falcon_streams.core.account import Credentials
from falcon_streams.core.answer import Answer
from falcon_streams.core.clouds import origin_of
from falcon_streams.core.discovery import Stream
from falcon_streams.core.roster import CloseOf, Discover, Intent, Open, RefreshOf, Roster
from falcon_streams.core.session import Pulse
from falcon_streams.errors import Retryable, SessionGone
from falcon_streams.falcon.auth import Bearers
from falcon_streams.falcon.event_streams import EventStreams, EventStreamsInput

MINUTE, HOUR = 60.0, 3600.0
TOKENS_A_MINUTE, REQUESTS_A_MINUTE = 300, 6000
BEARER_LIFE, SESSION_INTERVAL, FEED_LIFE, LONGEST_LOCK = 1799, 1800, 4 * HOUR, 360.0
START_SPREAD = 30.0  # splunkd starts the inputs of a forwarder within about this time
QUIET, OUTAGE, AFTERWARDS = 20 * MINUTE, 35 * MINUTE, 25 * MINUTE  # the outage outlives every bearer
EPOCH = 1_790_000_000.0
CLOUD = "us-1"
FEED = "https://firehose.crowdstrike.com/sensors/entities/datafeed/v1/{}?appId=a"
REFRESH = "https://api.crowdstrike.com/sensors/entities/datafeed-actions/v1/{}?appId=a&action_name=r"


class Window:
    """A limit: so many admitted in any 60 seconds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._admitted: Deque[float] = deque()

    def admit(self, at: float) -> float:
        """0.0 where one more is admitted, else when to come again."""
        while self._admitted and self._admitted[0] <= at - MINUTE:
            self._admitted.popleft()
        if len(self._admitted) >= self._most:
            return self._admitted[0] + MINUTE
        self._admitted.append(at)
        return 0.0


class World:
    """Time, the outage, and what reaches Falcon: requests by (minute, kind), kind one of token, call, refused."""

    def __init__(self, forwarders: int) -> None:
        self.at = 0.0
        self.down = False
        self.tokens = [Window(TOKENS_A_MINUTE) for _ in range(forwarders)]
        self.requests: Counter[Tuple[int, str]] = Counter()
        self.busiest: Counter[Tuple[int, int]] = Counter()

    def now(self) -> float:
        """Epoch seconds; the port `Clock`, as far as bearers ask it."""
        return EPOCH + self.at

    def monotonic(self) -> float:
        """The queue's time."""
        return self.at


class FalconApi:
    """One tenant's API, seen from one forwarder; stands for falcon/transport.py."""

    def __init__(self, world: World, forwarder: int, tenant: int, partitions: int, draw: random.Random) -> None:
        self._world = world
        self._forwarder = forwarder
        self._tenant = tenant
        self._draw = draw
        self._calls = Window(REQUESTS_A_MINUTE)
        self.locked_until: Dict[str, float] = {str(number): 0.0 for number in range(partitions)}
        self.open: Dict[str, float] = {}

    def send(
        self, method: str, url: str, headers: Mapping[str, str], form: Optional[Mapping[str, str]] = None
    ) -> Answer:
        """Answer as Falcon does within its limits; Retryable while it is down."""
        world, minute = self._world, int(self._world.at // MINUTE)
        token = url.endswith("/oauth2/token")
        if world.down:
            raise Retryable("no connection")
        world.requests[minute, "token" if token else "call"] += 1
        world.busiest[minute, self._tenant] += 1
        again = self._calls.admit(world.at) or (world.tokens[self._forwarder].admit(world.at) if token else 0.0)
        if again:
            world.requests[minute, "refused"] += 1
            return self._answer(429, {"errors": []}, {"x-ratelimit-retryafter": str(int(EPOCH + again) + 1)})
        if token:
            return self._answer(201, {"access_token": "t", "expires_in": BEARER_LIFE})
        return self._refresh(url) if method == "POST" else self._answer(200, {"resources": self._offer() or None})

    def drop(self, partition: str) -> None:
        """A feed is gone without a goodbye."""
        del self.open[partition]
        self.locked_until[partition] = self._world.at + self._draw.uniform(0.0, LONGEST_LOCK)

    def _offer(self) -> List[Dict[str, object]]:
        free = [name for name, until in self.locked_until.items() if name not in self.open and until <= self._world.at]
        return [
            {
                "dataFeedURL": FEED.format(name),
                "refreshActiveSessionURL": REFRESH.format(name),
                "refreshActiveSessionInterval": SESSION_INTERVAL,
                "sessionToken": {"token": "s"},
            }
            for name in free
        ]

    def _refresh(self, url: str) -> Answer:
        partition = url.split("?")[0].rsplit("/", 1)[1]
        return self._answer(200 if partition in self.open else 404, {})

    def _answer(self, status: int, tree: Mapping[str, object], headers: Optional[Dict[str, str]] = None) -> Answer:
        date = formatdate(self._world.now(), usegmt=True)
        return Answer(status, {"date": date, **(headers or {})}, json.dumps(tree).encode())


class Input:
    """One input; stands for supervisor.py and reader.py: it carries out what its roster intends."""

    def __init__(self, world: World, api: FalconApi, draw: random.Random, jitter: bool) -> None:
        self._world = world
        self._draw = draw
        self.api = api
        self.roster = Roster(None, 60.0, draw.random if jitter else (lambda: 1.0))
        origin, credentials = origin_of(CLOUD), Credentials("client", "secret")
        bearers = Bearers(api, world, origin, credentials)  # type: ignore[arg-type]
        self._api = EventStreamsInput(EventStreams(api, bearers), bearers, world, "a", "json")  # type: ignore[arg-type]
        self._pulses: Dict[str, Pulse] = {}
        self._ends: Dict[str, float] = {}

    def look(self) -> float:
        """Do what is due; returns when to look again."""
        at = self._world.at
        for partition, end in list(self._ends.items()):
            if end <= at:
                self._end(partition, "feed_ended")
        for pulse in self._pulses.values():
            pulse.heard(at, True, True)
        self._carry_out(self.roster.intents(at))
        if len(self._ends) == len(self.api.locked_until):
            return min(at + 10.0, *self._ends.values())
        return at + 1.0

    def cut(self) -> None:
        """Falcon is gone: all feeds end at once."""
        for partition in list(self._ends):
            self.api.drop(partition)
            self._end(partition, "feed_cut")

    def _carry_out(self, intents: List[Intent]) -> None:
        at = self._world.at
        for intent in intents:
            try:
                if isinstance(intent, Discover):
                    self._carry_out(self.roster.discovered(self._api.discover(), at))
                elif isinstance(intent, Open):
                    self._open(intent.stream)
                elif isinstance(intent, RefreshOf):
                    self._api.refresh(intent.stream)
                    self.roster.refreshed(intent.stream, at)
                elif isinstance(intent, CloseOf):
                    self._end(intent.partition, intent.reason)
            except Retryable as error:
                if isinstance(intent, RefreshOf):
                    self.roster.refresh_failed(intent.stream, at, error.after, isinstance(error, SessionGone))
                else:
                    self.roster.discovery_failed(at, error.after, "discovery_failed")

    def _open(self, stream: Stream) -> None:
        at, partition = self._world.at, stream.partition
        self.api.open[partition] = at
        self._pulses[partition] = Pulse(at)
        self._ends[partition] = at + self._draw.expovariate(1 / FEED_LIFE)
        self.roster.opened(partition, at, self._pulses[partition])

    def _end(self, partition: str, reason: str) -> None:
        del self._ends[partition], self._pulses[partition]
        self.api.open.pop(partition, None)
        self.roster.ended(partition, self._world.at, 0.0, reason)


class Recovery(NamedTuple):
    """Seconds until half, 99 % and all of the partitions were read; None where that did not come."""

    half: Optional[float]
    most: Optional[float]
    all: Optional[float]


class Outcome(NamedTuple):
    """What came of one simulation: peaks are requests in a minute, the tokens' of all forwarders together."""

    forwarders: int
    token_peak: int
    refused: int
    customer_peak: int
    start: Recovery
    recovery: Recovery
    series: Counter[Tuple[int, str]]

    def __str__(self) -> str:
        """A line of the table."""
        start, back = ([f"{value or 0:.0f}" for value in found] for found in (self.start, self.recovery))
        return (
            f"{self.forwarders:>10} {self.token_peak:>14,} {self.refused:>9,} {self.customer_peak:>14,} "
            f"{' / '.join(start):>16} {' / '.join(back):>16}"
        )


def simulate(
    tenants: int = 1000, partitions: int = 4, forwarders: int = 4, seed: int = 20261123, jitter: bool = True
) -> Outcome:
    """All inputs start, read in quiet, lose Falcon and find it again; without `jitter` they wait in step."""
    draw, world = random.Random(seed), World(forwarders)
    inputs = [
        Input(world, FalconApi(world, number % forwarders, number, partitions, draw), draw, jitter)
        for number in range(tenants)
    ]
    queue = [(draw.uniform(0.0, START_SPREAD), number) for number in range(tenants)]
    heapq.heapify(queue)
    count = tenants * partitions
    start = _run(world, inputs, queue, QUIET, count)
    world.down = True
    for each in inputs:
        each.cut()
    _run(world, inputs, [(world.at, number) for number in range(tenants)], OUTAGE, count)
    world.down = False
    queue = [(world.at + draw.random(), number) for number in range(tenants)]
    recovery = _run(world, inputs, queue, AFTERWARDS, count)
    peaks: Counter[str] = Counter()
    for (_, kind), found in world.requests.items():
        peaks[kind] = max(peaks[kind], found)
    refused = sum(found for (_, kind), found in world.requests.items() if kind == "refused")
    return Outcome(forwarders, peaks["token"], refused, max(world.busiest.values()), start, recovery, world.requests)


def _run(world: World, inputs: List[Input], queue: List[Tuple[float, int]], seconds: float, count: int) -> Recovery:
    """Let time pass; when the partitions were read again, counted from its beginning."""
    begin, heap = world.at, list(queue)
    heapq.heapify(heap)
    marks: Dict[float, Optional[float]] = dict.fromkeys((0.5, 0.99, 1.0))
    reading = sum(len(each.api.open) for each in inputs)
    while heap and heap[0][0] < begin + seconds:
        world.at, number = heapq.heappop(heap)
        before = len(inputs[number].api.open)
        heapq.heappush(heap, (max(inputs[number].look(), world.at + 0.001), number))
        reading += len(inputs[number].api.open) - before
        for share, reached in marks.items():
            if reached is None and reading >= share * count:
                marks[share] = world.at - begin
    world.at = begin + seconds
    return Recovery(*marks.values())


HEADER = "forwarders tokens a minute  refused  busiest tenant   start 50/99/100   back 50/99/100"


def show() -> Iterator[Outcome]:
    """Simulate several numbers of forwarders, and print a line for each."""
    print(HEADER, flush=True)
    for forwarders in (1, 2, 4):
        outcome = simulate(forwarders=forwarders)
        print(outcome, flush=True)
        yield outcome
