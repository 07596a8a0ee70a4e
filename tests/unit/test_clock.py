"""The real clock keeps the promises of its port."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue

from falcon_streams.clock import SystemClock

TAKES = 30_000
A_MOMENT = 1e-9


def test_a_wait_that_is_over_before_it_has_begun_ends() -> None:
    """Python 3.9's own wait does not, about once in some thousand times: an input hung so at its start."""
    clock = SystemClock()

    def take_from_new_inboxes() -> None:
        for _ in range(TAKES):
            assert clock.take(SimpleQueue[str](), A_MOMENT) is None

    taker = threading.Thread(target=take_from_new_inboxes, daemon=True)
    taker.start()
    taker.join(30.0)
    assert not taker.is_alive(), "a wait without end"


def test_what_is_in_the_inbox_is_taken_also_when_no_time_is_left() -> None:
    inbox: SimpleQueue[str] = SimpleQueue()
    inbox.put("first")
    inbox.put("second")

    assert [SystemClock().take(inbox, seconds) for seconds in (-1.0, 0.0, 0.0)] == ["first", "second", None]


def test_what_comes_during_a_wait_ends_it() -> None:
    inbox: SimpleQueue[str] = SimpleQueue()
    threading.Timer(0.1, inbox.put, ["now"]).start()
    began = time.monotonic()

    assert SystemClock().take(inbox, 30.0) == "now"
    assert time.monotonic() - began < 10.0


def test_an_empty_inbox_is_waited_for_as_long_as_asked() -> None:
    began = time.monotonic()

    assert SystemClock().take(SimpleQueue[str](), 0.05) is None
    assert 0.05 <= time.monotonic() - began < 5.0
