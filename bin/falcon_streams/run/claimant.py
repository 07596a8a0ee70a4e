"""Claims an input that several forwarders share, confirms the claim, and ends the input when the claim is lost.

Rules: the claimant has a thread of its own, because the store may answer late. `core.claim` decides; this module asks
the store. The records are read only after the claim is won: until then another writer may go on. Those of a thousand
tenants take a while, so between calls of the store the claim is confirmed when that is due. A lost claim ends the
input, which starts again as a standby. `holds` is asked before every write.
"""

from __future__ import annotations

import logging
from queue import SimpleQueue
from typing import Callable, Dict, Optional, Protocol

from falcon_streams.core.claim import STANDBY, UNREACHABLE, Claims, Confirm, Intent, Look
from falcon_streams.core.roster import ALL, ERROR, STARTING
from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal, RestartNeeded, Retryable, SplunkdGone, StreamsError
from falcon_streams.ports import ClaimStore, Clock, Lock, StateBoard
from falcon_streams.run.happenings import Claimed, Ending, Happening, Stop, stop_for
from falcon_streams.run.health import STATISTICS_EVERY, tell_of_input

LOG = logging.getLogger(__name__)
TICK = 1.0
RELEASE = 1.0
_STATES = {STANDBY: STANDBY, UNREACHABLE: ERROR}


class Right(Protocol):
    """The right to read an input, as its run sees it."""

    def stand_by(self, board: StateBoard, on_tick: Callable[[], None]) -> Optional[Stop]:
        """Wait for it and return None, or return a stop that comes first."""

    def holds(self) -> bool:
        """Whether we may write now; any thread may ask."""

    def doubt(self) -> None:
        """A feed was cut soon after it opened: another reader may be at work."""

    def release(self) -> None:
        """Give it back; call this after the last write and commit."""


class Sole:
    """The right of an input that no other forwarder shares: it always holds."""

    def stand_by(self, board: StateBoard, on_tick: Callable[[], None]) -> Optional[Stop]:
        """Nothing to wait for."""
        return None

    def holds(self) -> bool:
        """Always."""
        return True

    def doubt(self) -> None:
        """Nobody else can be at work."""

    def release(self) -> None:
        """Nobody waits for it."""


def await_lock(lock: Lock, clock: Clock, inbox: SimpleQueue[Happening], on_tick: Callable[[], None]) -> Optional[Stop]:
    """Wait until no other process of this machine reads the input and return None, or return a stop that comes first.

    While we wait, we only log and do not show a state, because the process that reads has the same state file."""
    vigil = Vigil(clock)
    while True:
        holder = lock.take()
        if not holder:
            return None
        vigil.tell(STANDBY, "locked", holder, whom=holder)
        happening = _wait(clock, inbox, on_tick)
        if isinstance(happening, Stop):
            return happening


def _wait(clock: Clock, inbox: SimpleQueue[Happening], on_tick: Callable[[], None]) -> Optional[Happening]:
    """Wait for one tick; return what has come, or the stop that `on_tick` asks for."""
    happening = clock.take(inbox, TICK)
    try:
        on_tick()
    except SplunkdGone as error:
        return stop_for(error)
    return happening


class Vigil:
    """Logs for an input that waits for its right: every change, and a statistics line once a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counted_at = clock.monotonic()
        self._told: object = None

    def tell(self, state: str, reason: str, trouble: str, whom: str) -> None:
        """Called about once a second. Another `reason`, or another reader to wait for (`whom`), is a change."""
        if (reason, whom) != self._told:
            self._told = (reason, whom)
            LOG.warning("state_changed", {"partition": ALL, "state": state, "reason": reason, "trouble": trouble})
        at = self._clock.monotonic()
        if at - self._counted_at >= STATISTICS_EVERY:
            self._counted_at = at
            tell_of_input(state, trouble)


class Claimant:
    """Claims and confirms one process's right to read in the store."""

    def __init__(
        self,
        claims: Claims,
        store: ClaimStore,
        clock: Clock,
        inbox: SimpleQueue[Happening],
        read_records: Callable[[int, Callable[[], None]], None],
    ) -> None:
        """`read_records` gets the generation that was won, and what to call between two calls of the store; it raises
        what a store raises."""
        self._claims = claims
        self._store = store
        self._clock = clock
        self._inbox = inbox
        self._read_records = read_records
        self._bell: SimpleQueue[bool] = SimpleQueue()
        self._released: SimpleQueue[bool] = SimpleQueue()
        self._announced = self._given_back = False
        self._vigil = Vigil(clock)
        self._trouble = ""

    # -- the main thread's side ------------------------------------------------------------------------------------

    def stand_by(self, board: StateBoard, on_tick: Callable[[], None]) -> Optional[Stop]:
        """Wait until the claim is ours and return None, or return a stop that comes first. `on_tick` may raise
        SplunkdGone."""
        while True:
            happening = _wait(self._clock, self._inbox, on_tick)
            if isinstance(happening, Claimed):
                return None
            if isinstance(happening, Stop):
                return happening
            self._show(board)

    def holds(self) -> bool:
        """Whether we may write now; any thread may ask."""
        return not self._given_back and self._claims.valid(self._clock.monotonic())

    def doubt(self) -> None:
        """A feed was cut soon after it opened: another reader may be at work."""
        self._claims.doubt(self._clock.monotonic())
        self._bell.put(False)

    def release(self) -> None:
        """Give the claim back within a second, after the last write and commit, so that a standby need not wait."""
        self._bell.put(True)
        self._clock.take(self._released, RELEASE)

    def _show(self, board: StateBoard) -> None:
        reason = self._claims.reason
        state, newest = _STATES.get(reason, STARTING), self._claims.newest
        reader = newest.forwarder if newest is not None else ""
        trouble = self._trouble or (f"{reader} reads this input" if reason == STANDBY else "")
        self._vigil.tell(state, reason, trouble, whom=reader)
        shown: Dict[str, object] = {"state": state, "trouble": trouble, "updated_at": self._clock.now()}
        board.show({**shown, "partitions": {}})

    # -- the claimant's thread -------------------------------------------------------------------------------------

    def run(self) -> None:
        """Claim, then confirm, until the claim is lost or given back. Reports to the inbox, raises nothing."""
        try:
            while not (self._given_back or self._lost()):
                self._step()
        except StreamsError as error:
            self._inbox.put(stop_for(error))
        except Exception as error:  # a bug of ours: end, so that splunkd starts us anew
            LOG.exception("unexpected_error", {"thread": "claimant"})
            self._inbox.put(Stop(Ending.UNCLEAN, error))
        finally:
            self._released.put(True)

    def _step(self) -> None:
        at = self._clock.monotonic()
        intent = self._claims.intent(at)
        if intent is None and self._clock.take(self._bell, self._claims.wait(at)):
            self._give_back()
            return
        try:
            if intent is not None:
                self._carry_out(intent)
                self._trouble = ""
            if self._claims.claim is not None and not self._announced:
                self._announce(self._claims.claim.generation)
        except Retryable as error:
            self._claims.failed(self._clock.monotonic())
            if not self._trouble:  # logged once per outage, even if the error changes
                LOG.warning("claim_failed", {"error": str(error), "status": error.status})
            self._trouble = str(error)

    def _carry_out(self, intent: Intent) -> None:
        sent_at = self._clock.monotonic()
        if isinstance(intent, Look):
            self._claims.saw(self._store.look(), sent_at, self._clock.monotonic())
            self._refuse_other_reader()
        elif isinstance(intent, Confirm):
            self._store.replace(intent.claim)
            self._claims.confirmed(intent.claim, sent_at, self._clock.monotonic())
        else:
            inserted = self._store.insert(intent.claim)
            self._claims.took(intent.claim, inserted, sent_at)

    def _announce(self, generation: int) -> None:
        self._read_records(generation, self._keep)
        self._announced = True
        LOG.info("claimed", {"generation": generation})
        self._inbox.put(Claimed(generation))

    def _keep(self) -> None:
        """Confirm the claim if that is due. Raises Retryable once it is lost."""
        intent = self._claims.intent(self._clock.monotonic())
        if self._claims.lost:
            raise Retryable(self._claims.lost)
        if isinstance(intent, Confirm):
            self._carry_out(intent)

    def _refuse_other_reader(self) -> None:
        other = self._claims.other_reader()
        if other is not None:
            raise Fatal(
                f"{other.forwarder} reads an input of this name with another account or other partitions "
                f"({tidy(other.reads)}): give this input a name of its own, or make both stanzas the same"
            )

    def _lost(self) -> bool:
        lost, claim = self._claims.lost, self._claims.claim
        if not lost:
            return False
        if claim is not None and claim.yielded:
            try:
                self._store.replace(claim)
            except Retryable:
                pass  # the others see later that nobody confirms it any more
        self._inbox.put(Stop(Ending.RESTART, RestartNeeded(f"{lost}: this input ends, and starts again as a standby")))
        return True

    def _give_back(self) -> None:
        claim = self._claims.claim
        if claim is not None and self.holds():
            self._store.replace(claim._replace(released=True))
        self._given_back = True
