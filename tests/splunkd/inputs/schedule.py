"""The life of one enabled stanza: run, wait for its next slot, run again, until told to stop.

Rules (inputs.conf.spec, Splunk platform reference 1.4): `interval` seconds lie between starts; only one instance runs
at a time, and a run that overlaps its slot delays the next start to the slot after it; 0 means again at once, -1 once.
A cron schedule is not done here and said so. Each run gets a fresh session key, which ends with it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from typing import Callable

from tests.splunkd.inputs.run import Run

_REMEMBERED = 500
_DEFAULT_INTERVAL = "60"


class Schedule:
    """One stanza with its settings as they were at the start; an edit makes a new one. `runs` grows with each run."""

    def __init__(
        self,
        stanza: str,
        settings: Mapping[str, str],
        runs: list[Run],
        launch: Callable[[], Run],
        retire: Callable[[Run], None],
        complain: Callable[[str], None],
    ) -> None:
        self.stanza = stanza
        self.settings = dict(settings)
        self._launch = launch
        self._retire = retire
        self._complain = complain
        self._stopping = threading.Event()
        self._begun = threading.Event()
        self._changing = threading.Lock()
        self._runs = runs
        self._thread = threading.Thread(target=self._live, name=f"schedule {stanza}", daemon=True)

    def start(self) -> None:
        """Comes back when the first run is under way, or cannot be."""
        self._thread.start()
        self._begun.wait()

    def stop(self, grace: float) -> None:
        """No further run; the present one is stopped and over when this comes back."""
        with self._changing:
            self._stopping.set()
            run = self.current()
        if run is not None:
            run.stop(grace)
        self._thread.join()

    def current(self) -> Run | None:
        """The run that is under way."""
        return self._runs[-1] if self._runs and self._runs[-1].running else None

    def _live(self) -> None:
        try:
            interval = self._interval()
            if interval is not None:
                self._run_on(interval)
        finally:
            self._begun.set()

    def _run_on(self, interval: float) -> None:
        while True:
            with self._changing:
                if self._stopping.is_set():
                    return
                try:
                    run = self._launch()
                except OSError as error:
                    self._complain(f"{self.stanza} could not be started: {error}")
                    return
                self._runs.append(run)
                del self._runs[:-_REMEMBERED]
                self._begun.set()
            run.wait()
            self._retire(run)
            if interval < 0 or self._stopping.wait(_until_next_slot(run.started, interval)):
                return

    def _interval(self) -> float | None:
        text = self.settings.get("interval", _DEFAULT_INTERVAL)
        try:
            return float(text)
        except ValueError:
            self._complain(f"{self.stanza} has interval = {text}, which this stand-in does not do; it is not run")
            return None


def _until_next_slot(started: float, interval: float) -> float:
    if interval == 0:
        return 0.0
    lived = time.time() - started
    return max(1, math.ceil(lived / interval)) * interval - lived
