"""The emulator and the stand-in, running, and what the demo does to them.

Rules: an admin's acts go over REST, as a page sends them. The two partitions differ: one is long and busy, the other is
old and quiet. Falcon makes live events from the first look on.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Optional

from tests.emulator import AS_IN_LIFE, EmulatorProcess
from tests.knowledge.rows import ROWS
from tests.splunkd import Event, Splunkd
from tools import studio
from tools.demo.look import READING, Look, Row, overall, partition_state, state_of
from tools.demo.story import PATIENCE, Act
from tools.demo.tally import Tally

INPUT = "demo"


class Supply(NamedTuple):
    """What Falcon has of a partition: so many events of the last seconds, and so many more a second."""

    backlog: int
    span: float
    rate: float


SUPPLIES = {"0": Supply(38_000, 3 * 3600.0, 60.0), "1": Supply(12_000, 26 * 3600.0, 15.0)}
# Bytes a second that splunkd takes of the backlog: slow enough to be watched. docs/performance.md has the real speeds.
PACE = 9_000_000
# After a kill the input goes back so many seconds, 30 by default, because splunkd may have lost them.
REPLAY = "2"
# Falcon frees the app ID of a killed reader after about a minute; so long nobody wants to look at a demo.
LOCK = 6.0


class Stage:
    """Where the demo plays."""

    def __init__(self, falcon: Any, splunkd: Splunkd) -> None:
        self.falcon, self.splunkd = falcon, splunkd
        self.tally = Tally(SUPPLIES)
        self.backlog = sum(supply.backlog for supply in SUPPLIES.values())
        self._began = self._supplied = time.monotonic()
        self._fresh_after = 0.0
        self._enabled = True
        self._last = 0

    def set_up(self) -> None:
        """The backlog, an account with its secret, and an input."""
        for partition, supply in SUPPLIES.items():
            self.falcon.generate(supply.backlog, partition, span=supply.span)
        address = self.falcon.address
        self.splunkd.create_conf_stanza(
            "falcon_event_streams_account",
            INPUT,
            cloud="custom",
            base_url=address["api"],
            client_id=address["client_id"],
            ca_bundle=address["ca_file"],
        )
        realm = f"TA_falcon_event_streams#account#{INPUT}"
        self.splunkd.create_password(realm, "client_secret", address["client_secret"])
        self.splunkd.create_input(INPUT, account=INPUT, app_id="demo01", interval="1", replay_seconds=REPLAY)
        self.splunkd.pace_reading(INPUT, PACE)
        self._began = self._supplied = time.monotonic()

    def go_on(self) -> None:
        """Let Falcon make what has come to pass since the last time."""
        now = time.monotonic()
        if now - self._supplied >= 1.0:
            for partition, supply in SUPPLIES.items():
                self.falcon.generate(int(supply.rate * (now - self._supplied)), partition, span=now - self._supplied)
            self._supplied = now

    def look(self) -> Look:
        """What can be seen now."""
        at = time.monotonic() - self._began
        new = self.splunkd.events("seq > ?", (self._last,))
        self._last = new[-1].seq if new else self._last
        self.tally.take(new, at)
        shown = self._shown()
        runs = self.splunkd.input_pid(INPUT) is not None
        state = state_of(shown, runs, self._enabled, self._fresh_after)
        if state != READING:
            self.tally.pause()
        rows = tuple(
            Row(
                name,
                partition_state(shown, name, state),
                len(stream.offsets),
                stream.speed.rate,
                time.time() - stream.newest if stream.newest else None,
            )
            for name, stream in self.tally.streams.items()
        )
        return Look(at, overall(state, rows), rows, self.backlog, self.tally.arrived, self.tally.repeated)

    def play(self, act: Optional[Act]) -> None:
        """Do what the story wants."""
        if act is Act.KILL:
            self.splunkd.signal_input(INPUT, signal.SIGKILL)
        elif act is Act.STOP:
            self.splunkd.disable_input(INPUT)
            self._enabled = False
        elif act is Act.START:
            self.splunkd.enable_input(INPUT)
            self._enabled = True
        if act is not None:
            self._fresh_after = time.time()

    def outcome(self) -> tuple[dict[str, list[list[Any]]], list[Event]]:
        """Falcon's ledger, and the index when all of it has arrived, or a minute later."""
        ledger: dict[str, list[list[Any]]] = self.falcon.ledger()
        sent, deadline = sum(map(len, ledger.values())), time.monotonic() + PATIENCE
        while self.tally.arrived < sent and time.monotonic() < deadline:
            time.sleep(0.2)
            self.look()
        return ledger, self.splunkd.events()

    def log(self) -> str:
        """The end of the input's log."""
        path = self.splunkd.home / "var" / "log" / "splunk" / f"falcon_event_streams_{INPUT}.log"
        return path.read_text(encoding="utf-8")[-2000:] if path.exists() else "the input has logged nothing"

    def _shown(self) -> dict[str, Any]:
        """The input's state file, which the Inputs page reads too."""
        for path in self.splunkd.home.rglob("state.json"):
            shown: dict[str, Any] = json.loads(path.read_bytes())
            return shown
        return {}


@contextmanager
def stage(folder: Path, built: Path, web: bool) -> Iterator[Stage]:
    """The emulator and the stand-in; at the end nothing of them runs any more."""
    pages: dict[str, Any] = {"web": True, "studio": studio.build(), "answers": ROWS} if web else {}
    falcon = EmulatorProcess(partitions=len(SUPPLIES), seed=7, lock=LOCK, **AS_IN_LIFE)
    with falcon, Splunkd(folder / "splunk", built, sys.executable, **pages) as splunkd:
        made = Stage(falcon, splunkd)
        made.set_up()
        yield made
