"""A feed's part in the script of faults: claims its steps one after another and plays each when its moment has come.

Rules: a step ends the feed, changes how it sends, or holds it up; the stream does the sending. The step that is
claimed but not played when the feed ends goes back to the script.
"""

from __future__ import annotations

import base64
from typing import Any, Mapping, Optional

from tests.emulator.faults import Step
from tests.emulator.stream import Batch, Stream

_GARBAGE = '{"metadata":{"customerIDString":"0a1b2c3d4e5f60718293a4b5c6d7e8f9","offset":'


class Script:
    """The steps of one feed."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._step: Optional[Step] = None
        self._opened_at = stream.tenant.clock.now()

    def play(self) -> None:
        """Play the steps whose moment has come."""
        while True:
            if self._step is None:
                feed = self._stream.feed
                now = self._stream.tenant.clock.now()
                self._step = self._stream.tenant.faults.claim(now, feed.name, feed.asked.app_id)
            if self._step is None or not self._is_due(self._step.wish):
                return
            step, self._step = self._step, None
            self._play(step.wish)

    def close(self) -> None:
        """The feed is over."""
        if self._step is not None:
            self._stream.tenant.faults.give_back(self._step)

    @property
    def events_allowed(self) -> Optional[int]:
        """How many events may be sent before the next step is due; None for any number."""
        left = int(self._step.wish.get("after_events", 0)) - self._stream.events if self._step else 0
        return left if left > 0 else None

    def cuts(self, batch: Batch) -> bool:
        """Send only what comes before the byte at which the feed is to be cut; False where it is not in this batch."""
        wish = self._step.wish if self._step else {}
        if wish.get("do") != "cut_at_byte":
            return False
        left = int(wish["byte"]) - self._stream.payload
        if left >= len(batch.payload):
            return False
        self._stream.deliver_part(batch, left, owing=wish.get("how") != "eof")
        return True

    def _is_due(self, wish: Mapping[str, Any]) -> bool:
        stream, elapsed = self._stream, self._stream.tenant.clock.now() - self._opened_at
        if wish["do"] == "cut_at_byte":
            return stream.payload >= int(wish["byte"])
        enough = stream.events >= wish.get("after_events", 0) and stream.payload >= wish.get("after_bytes", 0)
        return bool(enough and elapsed >= wish.get("after_seconds", 0))

    def _play(self, wish: Mapping[str, Any]) -> None:
        action, stream = wish["do"], self._stream
        if action in ("eof", "cut", "reset"):
            stream.end(action)
        elif action == "cut_at_byte":
            stream.end(wish.get("how", "cut"))
        elif action == "reset_mid_line":
            self._reset_mid_line()
        elif action in ("stall", "heartbeats_only"):
            self._hold(wish.get("seconds", float("inf")), action == "heartbeats_only")
        elif action == "half_open":
            stream.tenant.occupancy.lose(stream.feed, wish.get("lock"))
            self._hold(float("inf"), beats=False)
        elif action == "drip":
            until = stream.tenant.clock.now() + wish.get("seconds", float("inf"))
            stream.drip = (wish.get("bytes", 1), wish.get("every", 0), until)
        elif action == "garbage_line":
            stream.send(line_of(wish.get("line", _GARBAGE)) + b"\n")
        elif action == "withhold":
            self._withhold(wish.get("events", 1))
        elif action == "repeat":
            stream.repeat()

    def _hold(self, seconds: float, beats: bool) -> None:
        stream, clock = self._stream, self._stream.tenant.clock
        until = clock.now() + seconds
        while clock.now() < until:
            if beats:
                stream.beat()
            stream.pipe.wait(clock.real(until - clock.now()))
            stream.look()

    def _reset_mid_line(self) -> None:
        stream = self._stream
        batch = self._await_event()
        stream.deliver_part(batch, len(batch.payload) // 2)
        stream.end("reset")

    def _withhold(self, events: int) -> None:
        for _ in range(events):
            self._stream.skip(self._await_event())

    def _await_event(self) -> Batch:
        stream = self._stream
        while True:
            batch = stream.next_batch(1)
            if batch is not None and batch.payload:
                return batch
            if batch is not None:
                stream.skip(batch)
            stream.beat()
            stream.idle()
            stream.look()


def line_of(value: Any) -> bytes:
    """A scripted line: text, or bytes as {"base64": text}."""
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else str(value).encode("utf-8", "surrogatepass")
