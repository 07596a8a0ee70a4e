"""The right to read an input whose stanza several forwarders have: a claim in a store that all of them see.

Theory. It is not known whether Falcon's exclusive (app id, partition) is a lease (reference 8, rows 4 and 5), and the
store has no conditional update. But the store refuses a second insert of one key. So a claim is a document under
(input, generation): whoever inserts the next generation has that claim for good. The holder confirms it every 10 s,
which the others see as a change. A watcher that sees no change for 45 s of its own clock claims the next generation.

Three numbers ensure that two processes never read at once. A holder sends a confirmation only while the last one is
younger than 30 s. The confirmation counts from the instant it was sent, and only if it was answered within 10 s. So
nothing can change the document after 40 s, and a watcher that saw no change for 45 s knows that the holder has stopped.
A holder that has not confirmed for 30 s has lost the claim for good, and claims anew like any other: a late
confirmation would race with a watcher's insert. If the answer to an insert is lost, the next generation is claimed.

A claim is free at once if it was released, or is of an earlier process on the same forwarder: splunkd starts an input
only after its former process has ended. It is not if its holder yielded, because it found another writer at work
without a claim: then all must be still for 45 s.

Rules: pure; times are monotonic seconds that include the sleep of the machine. One thread calls; any thread may call
`valid` and `doubt`.
"""

from __future__ import annotations

from typing import FrozenSet, NamedTuple, Optional, Union

CONFIRM_EVERY = 10.0
ANSWER_WITHIN = 10.0
VALID_FOR = 30.0
STILL_FOR = 45.0
LOOK_EVERY = 5.0
RETRY_AFTER = 2.0
DOUBT_FOR = 15.0

STANDBY, UNREACHABLE, CLAIMING = "standby", "store_unreachable", "claiming"


class Claim(NamedTuple):
    """A claim as it is in the store.

    `holder` is a name that each process makes anew, `forwarder` the name of its machine. `reads` says what it reads, in
    words that are the same for the same stanza. `beat` counts the confirmations.
    """

    generation: int
    holder: str
    forwarder: str
    reads: str
    beat: int = 0
    released: bool = False
    yielded: bool = False


class Trace(NamedTuple):
    """The sign that a writer has stored a record: its generation, the partition, and a stamp that each save changes."""

    generation: int
    partition: str
    stamp: float


class View(NamedTuple):
    """What a look into the store shows: the newest claim, and the traces of all writers."""

    newest: Optional[Claim]
    traces: FrozenSet[Trace] = frozenset()


class Look(NamedTuple):
    """Read the claims."""


class Take(NamedTuple):
    """Insert this claim."""

    claim: Claim


class Confirm(NamedTuple):
    """Replace our claim by this one."""

    claim: Claim


Intent = Union[Look, Take, Confirm]


class Claims:
    """One process's side of the claims on an input."""

    def __init__(self, holder: str, forwarder: str, reads: str, at: float) -> None:
        self.newest: Optional[Claim] = None
        self.reason = CLAIMING
        self.lost = ""
        self._own = Claim(0, holder, forwarder, reads)
        self._held = False
        self._valid_until = at
        self._taken_at: Optional[float] = None
        self._seen: Optional[View] = None
        self._still_since = at
        self._look_at = self._confirm_at = at
        self._take_next = False
        self._newest_lives = False
        self._doubt_until = at

    # -- asked by the claimant and others --------------------------------------------------------------------------

    @property
    def claim(self) -> Optional[Claim]:
        """The claim that we hold, or None."""
        return self._own if self._held else None

    def valid(self, at: float) -> bool:
        """Whether we may read and write at this time."""
        return self._held and not self.lost and at < self._valid_until

    def other_reader(self) -> Optional[Claim]:
        """The claim of a reader that reads something else under our name, which is a mistake in a stanza. Its reader
        must have been seen to confirm it: a document alone proves no reader, and is waited out like any other."""
        newest = self.newest
        alive = newest is not None and self._newest_lives and not self._held and not self._take_next
        return newest if alive and newest is not None and newest.reads != self._own.reads else None

    def intent(self, at: float) -> Optional[Intent]:
        """What to do now, None for nothing; ask again after each answer."""
        if self._held:
            self._lapse(at)
            if self.lost:
                return None
            if at >= self._confirm_at:
                return Confirm(self._own._replace(beat=self._own.beat + 1))
        if self._take_next:
            generation = 1 if self.newest is None else self.newest.generation + 1
            return Take(self._own._replace(generation=generation, beat=0))
        return Look() if at >= self._look_at else None

    def wait(self, at: float) -> float:
        """Seconds until `intent` must be asked again."""
        if self.lost:
            return LOOK_EVERY
        due = min(self._look_at, self._confirm_at, self._valid_until) if self._held else self._look_at
        return max(0.0, due - at)

    def doubt(self, at: float) -> None:
        """A feed was cut soon after it opened: for a while, look more often whether somebody else is at work."""
        self._doubt_until = at + DOUBT_FOR
        self._look_at = at

    # -- answers ---------------------------------------------------------------------------------------------------

    def saw(self, view: View, asked_at: float, at: float) -> None:
        """The claims were read: asked for at `asked_at`, answered at `at`."""
        before, self._seen, self.newest = self._seen, view, view.newest
        if view != before:
            self._still_since = at
        settled = self._held and asked_at >= self._doubt_until
        self._look_at = asked_at + (CONFIRM_EVERY if settled else LOOK_EVERY)
        if self._held:
            self._compare(view, before, asked_at)
        elif self._taken_at is not None:
            self._settle(view)
        else:
            self._watch(view, before, asked_at)

    def took(self, claim: Claim, inserted: bool, sent_at: float) -> None:
        """The insert was answered. The claim counts only after a look has shown that nobody is ahead."""
        self._take_next = False
        self._look_at = sent_at
        if inserted:
            self._own, self._taken_at = claim, sent_at

    def confirmed(self, claim: Claim, sent_at: float, at: float) -> None:
        """The confirmation sent at `sent_at` was answered at `at`."""
        self._own = claim
        if at - sent_at <= ANSWER_WITHIN:
            self._valid_until = sent_at + VALID_FOR
            self._confirm_at = sent_at + CONFIRM_EVERY
            self._look_at = min(self._look_at, at)
        else:
            self._confirm_at = at

    def failed(self, at: float) -> None:
        """The store did not answer, or answered with an error."""
        if self._held:
            self._confirm_at = max(self._confirm_at, at + RETRY_AFTER)
            self._look_at = max(self._look_at, at + RETRY_AFTER)
            return
        self.reason = UNREACHABLE
        self._take_next, self._taken_at = False, None
        self._look_at = at + LOOK_EVERY

    # -- inside ----------------------------------------------------------------------------------------------------

    def _lapse(self, at: float) -> None:
        if at >= self._valid_until and not self.lost:
            self.lost = f"the claim on this input could not be confirmed for {VALID_FOR:.0f} s"

    def _compare(self, view: View, before: Optional[View], asked_at: float) -> None:
        newest = view.newest
        if newest is None or (newest.generation, newest.holder) != (self._own.generation, self._own.holder):
            self.lost = f"{newest.forwarder if newest else 'nobody'} has claimed this input"
        elif before is not None and asked_at < self._doubt_until and self._others(view.traces - before.traces):
            self._own = self._own._replace(yielded=True)
            self.lost = "another forwarder stores checkpoints of this input although the claim is ours"

    def _others(self, traces: FrozenSet[Trace]) -> bool:
        return any(trace.generation != self._own.generation for trace in traces)

    def _settle(self, view: View) -> None:
        """The look after our insert."""
        taken_at, self._taken_at = self._taken_at, None
        newest = view.newest
        if newest is None or taken_at is None or newest.holder != self._own.holder:
            return
        self._held = newest.generation == self._own.generation
        self._valid_until, self._confirm_at = taken_at + VALID_FOR, taken_at + CONFIRM_EVERY

    def _watch(self, view: View, before: Optional[View], asked_at: float) -> None:
        newest = view.newest
        self.reason = CLAIMING if newest is None else STANDBY
        still = asked_at - self._still_since >= STILL_FOR
        self._take_next = newest is None or still or self._free_at_once(newest, before)
        self._newest_lives = newest is not None and before is not None and _is_confirmed(newest, before.newest)

    def _free_at_once(self, newest: Claim, before: Optional[View]) -> bool:
        if newest.yielded:
            return False
        ours = newest.holder == self._own.holder or (before is None and newest.forwarder == self._own.forwarder)
        return newest.released or ours


def what_is_read(
    api_host: str, client_id: str, member_cid: str, partitions: Optional[FrozenSet[str]], tenants: str = ""
) -> str:
    """What an input reads, in words that are the same on every forwarder with its stanza and account. `tenants` is
    empty for an input that reads the account's own tenant alone."""
    wanted = "all" if partitions is None else ",".join(sorted(partitions))
    others = f" tenants {tenants}" if tenants else ""
    return f"{api_host} client {client_id} member {member_cid or 'none'} partitions {wanted}{others}"


def _is_confirmed(claim: Claim, before: Optional[Claim]) -> bool:
    """Whether a holder has confirmed its claim between two looks."""
    same = before is not None and (claim.generation, claim.holder) == (before.generation, before.holder)
    return same and before is not None and claim.beat > before.beat
