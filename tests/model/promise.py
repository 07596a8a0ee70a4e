"""What an input promises, kept as a ledger of what it wrote and stored: which repeats are allowed, and what is owed.

Theory. Serials rise within a partition, over its sequences too, so each rule is about one number. Within a run a line
is written once, in order. After a clean stop nothing comes again that was committed. After an unclean end comes what
was committed within the last `REPLAY` seconds that the process has lived through, from one commit to the last: the next
step of the trail before them is where it goes on. What splunkd can lose is younger than that. Lines without an offset
may come again in the next run, because no record names them.

Owed is what Falcon still holds: for a start at `newest` what came since the start was stored, for each tenant that was
there at the start since its own start was; for a start at an offset what is not below it. A sequence that Falcon resets
before anything of it was committed is indistinguishable from the one that replaces it, so that there, too, nothing
below the offset is owed.
"""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Set, Tuple

from falcon_streams.core.record import Record
from falcon_streams.core.resume import StartFrom
from tests.fakes.memory import MemoryStore
from tests.model.falcon import ModelFalcon
from tests.model.log import Entry

REPLAY = 30.0
# A process that does not look for longer was held up, and nobody knows for how much of it; the same number as the
# product's, from the same sentence.
LONGEST_LOOK = 2.0
# Commits are a second apart, and are stored a moment after they were due.
SLACK = 5.0


class WatchedStore(MemoryStore):
    """A store that tells of each save."""

    def __init__(self, saved: Callable[[Sequence[Record]], None]) -> None:
        super().__init__()
        self._saved = saved

    def save(self, records: Sequence[Record]) -> None:
        """Keep the records."""
        super().save(records)
        self._saved(records)


class Commit(NamedTuple):
    """A serial that was stored, and when, in seconds lived through."""

    serial: int
    at: float


class Promise:
    """The ledger over all runs of one input."""

    def __init__(self, falcon: ModelFalcon, start_from: StartFrom) -> None:
        self.breaches: List[str] = []
        self.written: Dict[str, int] = {}
        self._falcon = falcon
        self._start_from = start_from
        self._lived = 0.0
        self._looked: Optional[float] = None
        self._commits: Dict[str, List[Commit]] = {name: [] for name in falcon.logs}
        self._last_of_run: Dict[str, int] = {}
        self._done: Dict[str, int] = {}
        self._unknown: Set[Tuple[str, int]] = set()
        self._owed_from: Optional[int] = None
        self._begun: Dict[str, int] = {}  # how many lines there were when the first record of a partition was stored
        self.own_start: FrozenSet[str] = frozenset()  # partitions of tenants that begin at the start, each by itself

    def look(self, at: float) -> None:
        """The input looks around at this monotonic time, as it does once a second."""
        if self._looked is not None:
            passed = at - self._looked
            self._lived += passed if passed <= LONGEST_LOOK else 0.0
        self._looked = at

    def begin_run(self, partition: str, clean: bool) -> None:
        """A run begins; `clean` says that nothing can have been lost since the last commit."""
        self._looked = None
        self._last_of_run.pop(partition, None)
        commits = self._commits[partition]
        self._done[partition] = commits[-1].serial if clean and commits else self._replayed_from(commits)
        self.note_sequence(partition)

    def note_sequence(self, partition: str) -> None:
        """Note whether an input that opens this partition now can know that its sequence is not the first one."""
        if not self._commits[partition]:
            self._unknown.add((partition, self._falcon.logs[partition].sequence))

    def wrote(self, partition: str, serial: int) -> None:
        """A line went into the pipe."""
        last = self._last_of_run.get(partition, -1)
        if serial <= last:
            self.breaches.append(f"{serial} of {partition} was written after {last}")
        if self._falcon.lines[serial].offset is not None and serial <= self._done[partition]:
            self.breaches.append(f"{serial} of {partition} came again, {self._done[partition]} was safe")
        if last < 0:
            self._go_on(partition, serial)
        self._last_of_run[partition] = serial
        self.written[partition] = max(self.written.get(partition, -1), serial)

    def _go_on(self, partition: str, serial: int) -> None:
        """The first line of a run: what was committed behind it is about to come again. The time since the last commit
        before it counts as none, because no record says how much of it was lived through."""
        commits = [each for each in self._commits[partition] if each.serial < serial]
        age = self._lived - self._commits[partition][-1].at if commits else 0.0
        self._commits[partition] = [each._replace(at=each.at + age) for each in commits]

    def stored(self, record: Record, receipted: int) -> None:
        """A record was stored, while so much of its partition was receipted."""
        if self._owed_from is None:
            self._owed_from = len(self._falcon.lines)
        self._begun.setdefault(record.partition, len(self._falcon.lines))
        if record.created is None:
            return
        serial = self._falcon.serials[record.created]
        chain = (serial, receipted, self.written.get(record.partition, -1), self._falcon.sent[record.partition])
        if list(chain) != sorted(chain):
            self.breaches.append(f"partition {record.partition}: committed, receipted, written, sent are {chain}")
        commits = self._commits[record.partition]
        if not commits or serial != commits[-1].serial:
            commits.append(Commit(serial, self._lived))

    def owes(self, partition: str, entry: Entry) -> bool:
        """Whether this line that Falcon holds must be in the index."""
        if self._start_from.newest:
            begun = self._begun.get(partition) if partition in self.own_start else self._owed_from
            return begun is not None and entry.serial >= begun
        first = self._start_from.offset
        if first is None or (partition, entry.sequence) not in self._unknown:
            return True
        return entry.offset is not None and entry.offset >= first

    @staticmethod
    def _replayed_from(commits: List[Commit]) -> int:
        """The serial up to which no replay after an unclean end may go back."""
        old = [each.at for each in commits if each.at <= commits[-1].at - REPLAY]
        return max((each.serial for each in commits if old and each.at <= old[-1] - SLACK), default=-1)
