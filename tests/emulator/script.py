"""A feed's part in the script of faults: claims its steps one after another and plays each when its moment has come.

Rules: a step ends the feed, changes how it sends, or holds it up; the stream does the sending. A step that is
claimed but not played when the feed ends goes back to the script.
"""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import Any, Mapping, Optional

from tests.emulator.faults import Step
from tests.emulator.pipe import Steps
from tests.emulator.stream import Batch, Stream

_NEVER = float("inf")
_GARBAGE = '{"metadata":{"customerIDString":"0a1b2c3d4e5f60718293a4b5c6d7e8f9","offset":'


class Script:
    """The steps of one feed."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._clock = stream.tenant.clock
        self._faults = stream.tenant.faults
        self._step: Optional[Step] = None
        self._played: list[Step] = []
        self._cleared = self._faults.cleared
        self._opened_at = self._clock.now()

    def play(self) -> Steps:
        """Play the steps whose moment has come."""
        if self._is_cleared():
            self._stream.drip, self._cleared = None, self._faults.cleared
        while not self.is_empty:
            now = self._clock.now()
            if self._step is not None and self._step.is_over(now):
                self.close()
            if self._step is None:
                feed = self._stream.feed
                tenant = self._stream.tenant.cid
                self._step = self._faults.claim(now, feed.name, feed.asked.app_id, tenant, self._played)
            if self._step is None or not self._is_due(self._step.wish):
                return
            yield from self._play(self._step)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to play, for this feed or any."""
        return self._step is None and self._faults.are_none

    def next_moment(self) -> float:
        """When a step may be due, or over, though nothing happens; as things stand."""
        if self.is_empty:
            return _NEVER
        now, moments = self._clock.now(), [self._faults.next_start(self._clock.now())]
        if self._step is not None:
            moments.append(self._opened_at + self._step.wish.get("after_seconds", 0))
            moments.append(self._step.ends_at or _NEVER)
        return min((moment for moment in moments if moment > now), default=_NEVER)

    def close(self) -> None:
        """The feed is over, or the step's time is."""
        if self._step is not None:
            self._faults.settle(self._step, came_true=False)
            self._step = None

    @property
    def events_allowed(self) -> Optional[int]:
        """How many events may be sent before the next step is due; None for any number."""
        left = int(self._step.wish.get("after_events", 0)) - self._stream.events if self._step else 0
        return left if left > 0 else None

    def deliver(self, batch: Batch) -> Steps:
        """Send the batch; only what comes before the byte at which the feed is to be cut, where that is in it."""
        wish = self._step.wish if self._step else {}
        left = int(wish["byte"]) - self._stream.payload if wish.get("do") == "cut_at_byte" else len(batch.payload)
        if left >= len(batch.payload):
            yield from self._stream.deliver(batch)
        else:
            yield from self._stream.deliver_part(batch, left, owing=wish.get("how") != "eof")

    def _is_cleared(self) -> bool:
        return self._faults.cleared != self._cleared

    def _is_due(self, wish: Mapping[str, Any]) -> bool:
        stream, elapsed = self._stream, self._clock.now() - self._opened_at
        if wish["do"] == "cut_at_byte":
            return stream.payload >= int(wish["byte"])
        enough = stream.events >= wish.get("after_events", 0) and stream.payload >= wish.get("after_bytes", 0)
        return bool(enough and elapsed >= wish.get("after_seconds", 0))

    def _play(self, step: Step) -> Steps:
        stream, wish, action = self._stream, step.wish, step.wish["do"]
        if action == "half_open":
            stream.tenant.occupancy.lose(stream.feed, wish.get("lock"))
        self._played.append(step)
        self._step = None
        self._faults.settle(step, came_true=True)
        stream.feed.shadow = wish.get("lock", stream.feed.shadow)
        if action in ("eof", "cut", "reset"):
            yield from stream.end(action)
        elif action == "cut_at_byte":
            yield from stream.end(wish.get("how", "cut"))
        elif action == "reset_mid_line":
            yield from stream.deliver_part((yield from self._await_event()), None)
            yield from stream.end("reset")
        elif action in ("stall", "heartbeats_only", "half_open"):
            yield from self._hold(wish)
        elif action == "drip":
            until = self._clock.now() + wish.get("seconds", float("inf"))
            stream.drip = (wish.get("bytes", 1), wish.get("every", 0), until)
        elif action == "garbage_line":
            yield from stream.send(line_of(wish.get("line", _GARBAGE)) + b"\n")
        elif action == "withhold":
            for _ in range(wish.get("events", 1)):
                stream.skip((yield from self._await_event()))
        elif action == "repeat":
            yield from stream.repeat()

    def _hold(self, wish: Mapping[str, Any]) -> Steps:
        stream, until = self._stream, self._clock.now() + wish.get("seconds", float("inf"))
        while self._clock.now() < until and (wish["do"] == "half_open" or not self._is_cleared()):
            if wish["do"] == "heartbeats_only":
                yield from stream.beat()
                yield from stream.idle(until)
            else:
                yield from stream.pipe.wait(min(until, stream.last_moment()))
            yield from stream.look()

    def _await_event(self) -> Generator[float, None, Batch]:
        stream = self._stream
        while True:
            batch = stream.next_batch(1)
            if batch is not None and batch.payload:
                return batch
            if batch is not None:
                stream.skip(batch)
            yield from stream.beat()
            yield from stream.idle()
            yield from stream.look()


def line_of(value: Any) -> bytes:
    """A scripted line: text, or bytes as {"base64": text}."""
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else str(value).encode("utf-8", "surrogatepass")
