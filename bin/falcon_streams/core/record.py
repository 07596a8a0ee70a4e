"""One checkpoint record: how far a partition of an input was committed, and whose stream it is.

Rules: keyed by (input, partition), never by a URL, token, cloud or app id, so that offsets stay valid across app ids.
Absent, zero and unreadable are three different answers: there is no record, its offset is 0, `read_record` raises. The
trail holds earlier commits, so that an unclean end can go back `replay_seconds`; its first entry may have the offset
None: the very start of the stream as `origin` describes it. Instants are epoch seconds, `created` and `not_before`
epoch milliseconds.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from falcon_streams.core.envelope import Event
from falcon_streams.core.positions import fingerprint

VERSION = 1
_TRAIL_ENTRIES = 30.0  # a trail of an hour need not be longer on disk than one of half a minute


class RecordUnreadable(ValueError):
    """The bytes are no checkpoint record; the message says what is wrong with them."""


class RecordTooNew(ValueError):
    """The record was written by a later version of the add-on."""


class Step(NamedTuple):
    """One earlier commit."""

    offset: Optional[int]
    fingerprint: Optional[str]
    instant: float


class Origin(NamedTuple):
    """Where the stream of this record began: `oldest` (both None), an offset, or `newest` at `not_before`."""

    offset: Optional[int] = None
    not_before: Optional[int] = None


@dataclass(frozen=True)
class Owner:
    """Whose stream it is, as far as our side knows."""

    api_host: str
    client_id: str
    member_cid: str


@dataclass(frozen=True)
class Record:
    """The state of one partition of one input."""

    input: str
    partition: str
    api_host: str
    client_id: str
    member_cid: str
    customers: Tuple[str, ...]
    offset: Optional[int]
    fingerprint: Optional[str]
    created: Optional[int]
    updated_at: float
    splunkd_started: Optional[float]
    clean: bool
    generation: int
    origin: Origin
    trail: Tuple[Step, ...]
    version: int = VERSION

    def committed(self, event: Event, customers: Tuple[str, ...], now: float, replay_seconds: float) -> Record:
        """The record after a commit of this event, no longer clean."""
        mark = fingerprint(event.raw)
        trail = _extend(self._trail_before(event), Step(event.offset, mark, now), now, replay_seconds)
        return replace(
            self,
            offset=event.offset,
            fingerprint=mark,
            created=event.created,
            customers=customers,
            updated_at=now,
            clean=False,
            trail=trail,
        )

    def resumed_at(self, step: Step) -> Record:
        """The record as a feed goes on from it at this step: what was committed later is about to come again, and must
        not be taken for a place to go back to until it has."""
        return replace(self, trail=(*(each for each in self.trail if each.instant < step.instant), step))

    def shifted(self, seconds: float) -> Record:
        """The record after the machine's clock was set by that much: the ages of its steps stay what they were."""
        trail = tuple(step._replace(instant=step.instant + seconds) for step in self.trail)
        return replace(self, trail=trail, updated_at=self.updated_at + seconds)

    def _trail_before(self, event: Event) -> Tuple[Step, ...]:
        last = self.trail[-1] if self.trail else None
        if last is None or last.offset is None or event.offset is None or event.offset >= last.offset:
            return self.trail
        # a reset: offsets of the former sequence lead nowhere any more
        return (Step(None, None, last.instant),)

    def to_bytes(self) -> bytes:
        """The record as it is stored."""
        fields = asdict(self)
        fields["origin"] = self.origin._asdict()
        fields["trail"] = [list(step) for step in self.trail]
        return json.dumps(fields, sort_keys=True).encode("ascii")


def first_record(
    name: str, partition: str, owner: Owner, origin: Origin, now: float, splunkd_started: Optional[float]
) -> Record:
    """The record of a partition that was never committed: its trail begins at the origin."""
    return Record(
        input=name,
        partition=partition,
        api_host=owner.api_host,
        client_id=owner.client_id,
        member_cid=owner.member_cid,
        customers=(),
        offset=None,
        fingerprint=None,
        created=None,
        updated_at=now,
        splunkd_started=splunkd_started,
        clean=True,
        generation=0,
        origin=origin,
        trail=(Step(None, None, now),),
    )


def read_record(data: bytes) -> Record:
    """Read a stored record. Raises RecordTooNew or RecordUnreadable; the latter for anything that is not one whole."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RecordUnreadable("it is not JSON") from error
    if not isinstance(tree, dict) or not isinstance(tree.get("version"), int):
        raise RecordUnreadable("it has no version")
    if tree["version"] > VERSION:
        raise RecordTooNew(f"it has version {tree['version']}, this add-on knows {VERSION}")
    try:
        return _from_tree(tree)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RecordUnreadable("a field is missing or of the wrong kind") from error


def _from_tree(tree: Dict[str, Any]) -> Record:
    origin = tree["origin"]
    return Record(
        version=VERSION,
        input=_text(tree["input"]),
        partition=_text(tree["partition"]),
        api_host=_text(tree["api_host"]),
        client_id=_text(tree["client_id"]),
        member_cid=_text(tree["member_cid"]),
        customers=tuple(_text(customer) for customer in tree["customers"]),
        offset=_whole(tree["offset"]),
        fingerprint=_mark(tree["offset"], tree["fingerprint"]),
        created=_whole(tree["created"]),
        updated_at=float(tree["updated_at"]),
        splunkd_started=None if tree["splunkd_started"] is None else float(tree["splunkd_started"]),
        clean=_flag(tree["clean"]),
        generation=int(tree["generation"]),
        origin=Origin(_whole(origin["offset"]), _whole(origin["not_before"])),
        trail=tuple(_step(entry) for entry in tree["trail"]),
    )


def _mark(offset: Optional[int], mark: Any) -> Optional[str]:
    """The fingerprint that goes with an offset: without one a resume there could not be verified."""
    if (offset is None) != (mark is None):
        raise ValueError("an offset and a fingerprint go together")
    return None if mark is None else _text(mark)


def _extend(trail: Tuple[Step, ...], step: Step, now: float, replay_seconds: float) -> Tuple[Step, ...]:
    spacing = max(1.0, replay_seconds / _TRAIL_ENTRIES)
    steps: List[Step] = list(trail)
    if not steps or now - steps[-1].instant >= spacing:
        steps.append(step)
    old = [index for index, earlier in enumerate(steps) if earlier.instant <= now - replay_seconds]
    return tuple(steps[old[-1] :] if old else steps)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not a boolean")
    return value


def _whole(value: Any) -> Optional[int]:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("not a whole number")
    return value


def _step(entry: Any) -> Step:
    offset, mark, instant = entry
    return Step(_whole(offset), _mark(offset, mark), float(instant))
