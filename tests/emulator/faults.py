"""Faults as a script of readable steps: where something goes wrong, when and how often, and what.

A step is a mapping. Where: `on` (token, revoke, discover, refresh, query_children, get_children, feed, proxy, or api
for all of the API), optionally `partition`, `app_id`, and `tenant`, the CID of the child or of the parent itself whose
token the call bears; of a token request, the one that is asked for. When: `at` seconds after it was added; then `times`
(default 1), or for the next `for` seconds. What, on a request: `answer` {status, headers, body, truncate}, `delay` in
seconds, `hints` (a 103 goes before the answer), `do` (close, reset, hang, or one of ENDLESS, a piece at a time until
the client has had enough), and for good answers `merge` and `remove` (keys of the answer's JSON) and `resource` (keys
of the discovered resources). On a feed that is open: `do` (STREAM_ACTIONS) once `after_events`, `after_bytes` and
`after_seconds` of that feed have passed.

Rules: steps are met in the order of the script. A step that asks for the impossible is refused when it is added. A
feed claims its steps one after another, plays each at most once, and gives back the one that has not come true when it
ends. Seconds are emulated.
"""

from __future__ import annotations

import threading
from typing import Any, Callable, Mapping, Optional

API_CALLS = ("token", "revoke", "discover", "refresh", "query_children", "get_children")
PLACES = (*API_CALLS, "feed", "proxy", "api")
ENDLESS = {
    "endless_status": (b"HTTP/1.1 200 ", b"O"),
    "endless_head": (b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"),
    "endless_continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "endless_body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "),
}
REQUEST_ACTIONS = ("close", "reset", "hang", *ENDLESS)
STREAM_ACTIONS = {
    "eof": "the last chunk, then the end",
    "cut": "the end without the last chunk",
    "reset": "the connection is reset",
    "reset_mid_line": "half of the next line, then a reset",
    "cut_at_byte": "after `byte` bytes of the body, the end by `how` (eof, cut, reset)",
    "stall": "nothing at all for `seconds`",
    "heartbeats_only": "no events for `seconds`, or for as long as the feed lasts; the events stay in the log",
    "half_open": "silence for ever; (app id, partition) stays taken for `lock`, as it may after any end",
    "drip": "`bytes` at a time, `every` seconds, for `seconds`",
    "garbage_line": "a `line` that is in no log",
    "withhold": "the next `events` events are left out",
    "repeat": "the last event once more",
}
_WHERE_AND_WHEN = {"on", "partition", "app_id", "tenant", "at", "times", "for"}
_REQUEST_KEYS = {"answer", "delay", "do", "hints", "merge", "remove", "resource", "seconds"}
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
        self.claimed = 0  # by feeds for which it has not come true yet

    def check(self) -> None:
        """Refuse what means nothing."""
        if self.on not in PLACES:
            raise ValueError(f"a fault is on one of {', '.join(PLACES)}, not {self.on!r}")
        allowed = _WHERE_AND_WHEN | (_STREAM_KEYS if self.streams else _REQUEST_KEYS)
        strange = set(self.wish) - allowed | set(self.wish.get("answer", {})) - _ANSWER_KEYS
        if strange:
            raise ValueError(f"a fault on {self.on} knows no {', '.join(sorted(strange))}")
        if self.on == "proxy" and "tenant" in self.wish:
            raise ValueError("a fault on proxy knows no tenant")  # CONNECT bears no token of Falcon's
        action = self.wish.get("do")
        if action is not None and not self.streams and action not in REQUEST_ACTIONS:
            raise ValueError(f"a fault on {self.on} cannot do {action!r}")
        if not self.streams and not _REQUEST_KEYS & set(self.wish):
            raise ValueError(f"a fault on {self.on} says what happens")
        if action == "cut_at_byte" and not isinstance(self.wish.get("byte"), int):
            raise ValueError("cut_at_byte says at which byte")
        if self.wish.get("how", "cut") not in ("eof", "cut", "reset"):
            raise ValueError("cut_at_byte ends by eof, cut or reset")

    def meets(self, on: str, now: float, partition: Optional[str], app_id: Optional[str], tenant: str) -> bool:
        """Whether this step is for that request or feed, now. A request without a partition meets any."""
        wish = self.wish
        if on != self.on and not (self.on == "api" and on in API_CALLS):
            return False
        if wish.get("tenant", tenant) != tenant:
            return False
        if partition is not None and wish.get("partition", partition) != partition:
            return False
        if app_id is not None and wish.get("app_id", app_id) != app_id:
            return False
        return self.starts_at <= now and not self.is_over(now) and self.left != 0

    def is_over(self, now: float) -> bool:
        """Whether its time has passed."""
        return self.ends_at is not None and now >= self.ends_at


class Faults:
    """The script that is being played."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._lock = threading.Lock()
        self.cleared = 0
        self.changed: Callable[[], None] = lambda: None  # called when an open feed may have a step to play, or none

    @property
    def are_none(self) -> bool:
        """Whether the script is empty."""
        return not self._steps

    def add(self, wishes: list[Mapping[str, Any]], now: float) -> None:
        """Append these steps to the script, all or none."""
        steps = [Step(wish, now) for wish in wishes]
        with self._lock:
            self._steps += steps
        self.changed()

    def clear(self) -> None:
        """Forget the script; what holds up a feed ends."""
        with self._lock:
            self._steps.clear()
            self.cleared += 1
        self.changed()

    def waiting(self, now: float) -> list[dict[str, Any]]:
        """The steps that have not come true, or not often enough, and still may."""
        with self._lock:
            return [step.wish for step in self._steps if (step.left != 0 or step.claimed) and not step.is_over(now)]

    def take(
        self, on: str, now: float, partition: Optional[str] = None, app_id: Optional[str] = None, tenant: str = ""
    ) -> Optional[Mapping[str, Any]]:
        """What goes wrong with this request of this tenant's, None for nothing."""
        with self._lock:
            for step in self._steps:
                if not step.streams and step.meets(on, now, partition, app_id, tenant):
                    step.left = None if step.left is None else step.left - 1
                    return step.wish
        return None

    def claim(self, now: float, partition: str, app_id: str, tenant: str, played: list[Step]) -> Optional[Step]:
        """The step that a feed is to play next, after those that it has played; None for none so far."""
        with self._lock:
            for step in self._steps:
                if step.streams and step not in played and step.meets("feed", now, partition, app_id, tenant):
                    step.left = None if step.left is None else step.left - 1
                    step.claimed += 1
                    return step
        return None

    def settle(self, step: Step, came_true: bool) -> None:
        """A claimed step has come true; or its feed has ended before, and the step is given back."""
        with self._lock:
            step.claimed -= 1
            if not came_true and step.left is not None:
                step.left += 1
        if not came_true:
            self.changed()

    def next_start(self, now: float) -> float:
        """When the next step of a feed begins to be met."""
        with self._lock:
            starts = [step.starts_at for step in self._steps if step.streams and step.starts_at > now]
        return min(starts, default=float("inf"))
