"""Nothing is written without a valid claim: two forwarders' real sinks, over claims shaken by pauses and delays."""

from __future__ import annotations

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from falcon_streams.core.batch import read_batch
from falcon_streams.core.claim import Claims
from falcon_streams.errors import Stopped
from falcon_streams.splunk.pipe import Pipe
from falcon_streams.splunk.sink import PipeSink
from falcon_streams.splunk.stream_xml import Renderer, Routing
from tests.fakes.clock import FakeClock
from tests.unit.core.test_claim import READS, Process, Store, process

BATCH = read_batch([b'{"metadata":{"offset":1}}'])


class Writer:
    """A process with its sink on a real pipe; it tries to write whenever it is not paused."""

    def __init__(self, name: str, store: Store) -> None:
        self.process: Process = process(name, store)
        self.at = 0.0
        self._ends = os.pipe()
        pipe = Pipe(self._ends[1], FakeClock())
        renderer = Renderer(Routing("falcon_event_streams://a"))
        self._sink = PipeSink(pipe, renderer, FakeClock(), lambda: self.process.claims.valid(self.at))
        os.set_blocking(self._ends[0], False)

    def write(self, at: float) -> bool:
        """Whether bytes came out of the pipe."""
        self.at = at
        try:
            self._sink.write("0", BATCH)
        except Stopped:
            pass
        try:
            return bool(os.read(self._ends[0], 65536))
        except BlockingIOError:
            return False

    def restart(self, at: float) -> None:
        """splunkd starts it again, on the same forwarder."""
        name = self.process.name
        self.process = Process(name, self.process.store, Claims(f"{name}-{at}", name, READS, at))

    def close(self) -> None:
        for end in self._ends:
            os.close(end)


def writes(seed: int, steps: int) -> list[list[str]]:
    """Who wrote, at each half second of a random life of two forwarders."""
    draw, store = Random(seed), Store()
    writers = [Writer(name, store) for name in "ab"]
    told, at = [], 0.0
    for _ in range(steps):
        at += 0.5
        # what wakes up writes before it looks around
        told.append([each.process.name for each in writers if each.process.paused_until <= at and each.write(at)])
        for each in writers:
            if draw.random() < 0.003:
                each.process.paused_until = at + draw.choice((5.0, 31.0, 60.0, 200.0))
            if each.process.claims.lost:
                each.restart(at)
            each.process.step(at, lambda: (draw.choice((0.0, 2.0)), draw.choice((0.0, 3.0, None))))
    for each in writers:
        each.close()
    return told


@settings(deadline=None)
@given(st.integers(min_value=0))
def test_at_no_time_do_two_forwarders_write(seed: int) -> None:
    assert [names for names in writes(seed, 2_000) if len(names) > 1] == []


def test_a_claim_that_never_lapsed_would_let_two_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the former."""
    monkeypatch.setattr(Claims, "valid", lambda claims, at: claims.claim is not None)
    assert any(len(names) > 1 for seed in range(20) for names in writes(seed, 2_000))


def test_they_do_write_and_both_get_their_turn() -> None:
    """A sink that never writes would pass the first."""
    told = [name for seed in range(5) for names in writes(seed, 2_000) for name in names]
    assert len(told) > 500
    assert set(told) == {"a", "b"}
