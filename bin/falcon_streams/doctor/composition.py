"""The composition root of the doctor: wires its checks to this machine, for the endpoint, the command, and the diag.

Rules: like the other composition roots, this module imports from every room and decides nothing that a room could
decide. An examination has an end: the endpoint's comes before splunkweb gives up on splunkd (30 s by default,
`splunkdConnectionTimeout` in web.conf), the command's after a minute.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Iterator, Mapping, Optional

from falcon_streams.app import refuse_old_openssl
from falcon_streams.clock import SystemClock
from falcon_streams.doctor.bundle import Bundle, Piece, Sources
from falcon_streams.doctor.examination import Check, Examination
from falcon_streams.doctor.finding import Finding
from falcon_streams.doctor.report import as_json, as_line
from falcon_streams.doctor.rounds import Place, Rounds
from falcon_streams.ports import Clock
from falcon_streams.run.process import start_thread
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.files import checkpoint_dir_of

PAGE_SECONDS, COMMAND_SECONDS = 25.0, 60.0
_APP = Path(__file__).resolve().parents[3]

Begin = Callable[[Check], None]
"""Hears of each check before it is asked."""


class Doctor:
    """The doctor of this machine."""

    def __init__(
        self, environment: Mapping[str, str] = os.environ, clock: Optional[Clock] = None, app: Path = _APP
    ) -> None:
        """`environment` holds what splunkd, or `splunk cmd`, has set; `app` is the app's folder."""
        self._place = Place(app, checkpoint_dir_of(_with_home(environment, app)))
        self._clock = clock or SystemClock()

    def examine(self, splunkd: WritableSplunkd, seconds: float, begin: Begin = lambda check: None) -> Iterator[Finding]:
        """Everything that the caller of splunkd may see."""
        rounds = self._rounds()
        try:
            yield from self._examination(seconds).findings(rounds.with_splunkd(splunkd), begin)
        finally:
            rounds.end()

    def examine_alone(self, reason: str, seconds: float, begin: Begin = lambda check: None) -> Iterator[Finding]:
        """What can be said without splunkd, which is left out for this reason."""
        yield from self._examination(seconds).findings(self._rounds().without_splunkd(reason), begin)

    def pieces(self) -> Iterator[Piece]:
        """The findings without splunkd, for a diag."""
        found = list(self.examine_alone("a diag asks for no login", COMMAND_SECONDS))
        yield "doctor.txt", "".join(f"{as_line(each)}\n" for each in found)
        yield "doctor.json", as_json(found)

    def _rounds(self) -> Rounds:
        return Rounds(self._place, self._clock, refuse_old_openssl)

    def _examination(self, seconds: float) -> Examination:
        return Examination(self._clock, start_thread, seconds)


def make_bundle(environment: Mapping[str, str] = os.environ, app: Path = _APP) -> Bundle:
    """What a diag of this machine takes along."""
    known = _with_home(environment, app)
    logs = Path(known["SPLUNK_HOME"], "var", "log", "splunk")
    return Bundle(Sources(app, checkpoint_dir_of(known), logs), Doctor(environment, app=app).pieces)


def _with_home(environment: Mapping[str, str], app: Path) -> Mapping[str, str]:
    """The environment, with the home of Splunk in which the app lies if nobody has set one: a Python that was started
    without `splunk cmd`."""
    return {"SPLUNK_HOME": str(app.parent.parent.parent), **environment}
