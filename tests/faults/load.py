"""Events on every partition while a fault lasts.

Rules: the pace is the world's, ten a second and partition where no other is asked for, whatever the emulator's
clock does; what is published goes on to the last moment, so that a fault never meets a stream at rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Optional

from tests.emulator import Emulator

PACE = 10.0


@contextmanager
def load(falcon: Emulator, partition: Optional[str] = None) -> Iterator[None]:
    """Publish events to this partition, or to each, until the block is left."""
    with publishing(lambda: falcon.generate(1, partition), PACE):
        yield


@contextmanager
def publishing(publish: Callable[[], object], pace: float) -> Iterator[None]:
    """Do this so many times a second until the block is left."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(1.0 / pace):
            publish()

    thread = threading.Thread(target=go_on, name="load")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
