"""The process of an input: the signals that stop it, the parent it must not outlive, its threads, and its exit.

Rules: splunkd stops an input with SIGTERM, on Windows with CTRL+BREAK (platform reference 1.5). A handler only puts a
happening into the inbox. If the parent process changes, splunkd was killed: an unclean end.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, Callable, Optional

from falcon_streams.errors import Retryable, SplunkdGone
from falcon_streams.run.happenings import Ending, Happening, Stop

FILES_OF_A_TENANT = 5  # two partitions with two descriptors each, and one for a call
_ENOUGH_FILES, _MANY_FILES = 1000 * FILES_OF_A_TENANT, 64_000
_ROUNDS_BEFORE_ALL = 1000
_STOPPING = ("SIGTERM", "SIGINT", "SIGBREAK")


def report_signals(inbox: SimpleQueue[Happening]) -> None:
    """Report stop signals to the inbox; call this from the main thread only."""

    def report(number: int, frame: Any) -> None:
        inbox.put(Stop(Ending.STOPPED))

    for name in _STOPPING:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, report)


class ParentWatch:
    """Knows the process that started us."""

    def __init__(self) -> None:
        self._parent = os.getppid()

    def check(self) -> None:
        """Raises SplunkdGone if that process has gone; Windows does not tell."""
        if os.name == "posix" and os.getppid() != self._parent:
            raise SplunkdGone("splunkd has vanished")


def start_thread(name: str, work: Callable[[], None]) -> None:
    """Run the work in a thread that does not keep the process alive. Raises Retryable if no thread is left."""
    try:
        threading.Thread(name=name, target=work, daemon=True).start()
    except RuntimeError:
        raise Retryable("the machine has no thread left for this input: raise its limit of threads") from None


def widen_descriptors() -> Optional[int]:
    """Let this process have as many open files as the system allows; return how many, None if nobody counts them."""
    try:
        import resource
    except ImportError:
        return None  # Windows
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = max(soft, _MANY_FILES)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        return soft
    return hard


def collect_rarely() -> None:
    """Let the collector look through all objects a hundredth as often. A thousand tenants are so many that it takes
    300 ms, in which no event is read, every six seconds under load. Only cycles wait longer until they are freed."""
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _ROUNDS_BEFORE_ALL)


def doubt_about_descriptors(limit: Optional[int]) -> str:
    """What to do if so many open files are too few for a thousand tenants, empty if they are enough."""
    if limit is None or limit >= _ENOUGH_FILES:
        return ""
    return (
        f"Splunk's user may have {limit:,} open files, enough for about {limit // FILES_OF_A_TENANT:,} tenants: raise "
        "its limit (ulimit -n) to 64,000 and restart Splunk"
    )


class Crew:
    """A limited number of threads for calls to Falcon; what is more waits for one of them."""

    def __init__(self, most: int) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="call")

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Run the work once a thread is free."""
        self._pool.submit(work)


def leave(code: int) -> None:
    """End the process now: a thread stuck in a call must not keep it alive beyond splunkd's grace period."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)
