"""Faults as a script of readable steps: where something goes wrong, when and how often, and what.

A step is a mapping. Where: `on` (token, revoke, discover, refresh, feed, proxy, or api for the first four), optionally
`partition` and `app_id`. When: `at` seconds after it was added; then `times` (default 1), or for the next `for`
seconds. What, on a request: `answer` {status, headers, body, truncate}, `delay` in seconds, `do` (close, reset, hang),
and for good answers `merge` and `remove` (keys of the answer's JSON) and `resource` (keys of the discovered
resources). On a feed that is open: `do` (STREAM_ACTIONS) once `after_events`, `after_bytes` and `after_seconds` of
that feed have passed.

Rules: steps are met in the order of the script. A step that asks for the impossible is refused when it is added. A
feed that ends before its step came true gives the step back. Seconds are emulated.
"""

from __future__ import annotations

import threading
from typing import Any, Mapping, Optional

PLACES = ("token", "revoke", "discover", "refresh", "feed", "proxy", "api")
REQUEST_ACTIONS = ("close", "reset", "hang")
STREAM_ACTIONS = {
    "eof": "the last chunk, then the end",
    "cut": "the end without the last chunk",
    "reset": "the connection is reset",
    "reset_mid_line": "half of the next line, then a reset",
    "cut_at_byte": "after `byte` bytes of the body, the end by `how` (eof, cut, reset)",
    "stall": "nothing at all for `seconds`",
    "heartbeats_only": "no events for `seconds`",
    "half_open": "silence for ever; (app id, partition) stays taken for `lock`",
    "drip": "`bytes` at a time, `every` seconds, for `seconds`",
    "garbage_line": "a `line` that is in no log",
    "withhold": "the next `events` events are left out",
    "repeat": "the last event once more",
}
_WHERE_AND_WHEN = {"on", "partition", "app_id", "at", "times", "for"}
_REQUEST_KEYS = {"answer", "delay", "do", "merge", "remove", "resource", "seconds"}
_STREAM_KEYS = {
    "do",
    "after_events",
    "after_bytes",
    "after_seconds",
    "how",
    "byte",
    "seconds",
    "lock",
    "bytes",
    "every",
}
_STREAM_KEYS |= {"line", "events"}
_ANSWER_KEYS = {"status", "headers", "body", "truncate"}


class Step:
    """One step of a script."""

    def __init__(self, wish: Mapping[str, Any], now: float) -> None:
        self.wish = dict(wish)
        self.on = str(wish.get("on"))
        self.streams = self.on == "feed" and wish.get("do") in STREAM_ACTIONS
        self.check()
        self.starts_at = now + wish.get("at", 0)
        self.ends_at: Optional[float] = self.starts_at + wish["for"] if "for" in wish else None
        self.left: Optional[int] = wish.get("times", None if "for" in wish else 1)

    def check(self) -> None:
        """Refuse what means nothing."""
        if self.on not in PLACES:
            raise ValueError(f"a fault is on one of {', '.join(PLACES)}, not {self.on!r}")
        allowed = _WHERE_AND_WHEN | (_STREAM_KEYS if self.streams else _REQUEST_KEYS)
        strange = set(self.wish) - allowed | set(self.wish.get("answer", {})) - _ANSWER_KEYS
        if strange:
            raise ValueError(f"a fault on {self.on} knows no {', '.join(sorted(strange))}")
        action = self.wish.get("do")
        if action is not None and not self.streams and action not in REQUEST_ACTIONS:
            raise ValueError(f"a fault on {self.on} cannot do {action!r}")
        if not self.streams and not _REQUEST_KEYS & set(self.wish):
            raise ValueError(f"a fault on {self.on} says what happens")

    def meets(self, on: str, now: float, partition: Optional[str], app_id: Optional[str]) -> bool:
        """Whether this step is for that request or feed, now. A request without a partition meets any."""
        wish = self.wish
        if on != self.on and not (self.on == "api" and on in ("token", "revoke", "discover", "refresh")):
            return False
        if partition is not None and wish.get("partition", partition) != partition:
            return False
        if app_id is not None and wish.get("app_id", app_id) != app_id:
            return False
        over = self.ends_at is not None and now >= self.ends_at
        return self.starts_at <= now and not over and self.left != 0


class Faults:
    """The script that is being played."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._lock = threading.Lock()

    def add(self, wishes: list[Mapping[str, Any]], now: float) -> None:
        """Append these steps to the script, all or none."""
        steps = [Step(wish, now) for wish in wishes]
        with self._lock:
            self._steps += steps

    def clear(self) -> None:
        """Forget the script."""
        with self._lock:
            self._steps.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """The steps that have not come true, or not often enough."""
        with self._lock:
            return [step.wish for step in self._steps if step.left != 0]

    def take(
        self, on: str, now: float, partition: Optional[str] = None, app_id: Optional[str] = None
    ) -> Optional[Mapping[str, Any]]:
        """What goes wrong with this request, None for nothing."""
        step = self._next(False, on, now, partition, app_id)
        return step.wish if step else None

    def claim(self, now: float, partition: str, app_id: str) -> Optional[Step]:
        """The step that a feed is to play next, None for none so far."""
        return self._next(True, "feed", now, partition, app_id) if self._steps else None

    def give_back(self, step: Step) -> None:
        """A feed has ended before its step came true."""
        with self._lock:
            if step.left is not None:
                step.left += 1

    def _next(
        self, streams: bool, on: str, now: float, partition: Optional[str], app_id: Optional[str]
    ) -> Optional[Step]:
        with self._lock:
            for step in self._steps:
                if step.streams == streams and step.meets(on, now, partition, app_id):
                    if step.left is not None:
                        step.left -= 1
                    return step
        return None
