"""One checkpoint record: how far a partition of an input was committed, and whose stream it is.

Rules: the key is (input, partition), never a URL, token, cloud, or app id, so that offsets stay valid across app ids.
Absent, zero, and unreadable are three different answers: there is no record, its offset is 0, `read_record` raises. The
trail holds earlier commits, so that after an unclean end a run can go back `replay_seconds`. Its first entry may have
the offset None: the very start of the stream, as `origin` describes it. The trail never points into a sequence of
offsets that Falcon has given up: a reset leaves one entry, the start of the new sequence. Instants are epoch seconds;
`created` and `not_before` are epoch milliseconds.

`version` names the oldest reader that can use a record; `revision` says what its writer knew. A revision only adds
keys, so that an older package that is put back goes on where a newer one ended (decision record 0013). Revision 2 adds
what an event is recognised by, revision 3 where the partition ends and who wrote the record.

`member_cid` is the tenant to which the tokens of the stream are bound: for a partition of a child tenant the child, and
otherwise what the account says, empty for the API client's own tenant.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from falcon_streams.core.account import bare_cid
from falcon_streams.core.envelope import Event
from falcon_streams.core.finish import Finish
from falcon_streams.core.identity import Identity, identify
from falcon_streams.core.partition_name import split

VERSION = 1
REVISION = 3
_TRAIL_ENTRIES = 30.0  # keeps a trail of an hour as short on disk as one of half a minute


class RecordUnreadable(ValueError):
    """The bytes are not a checkpoint record; the message says what is wrong with them."""


class RecordTooNew(ValueError):
    """A later version of the add-on wrote the record."""


class Step(NamedTuple):
    """One earlier commit."""

    offset: Optional[int]
    identity: Optional[Identity]
    instant: float


class StartPosition(NamedTuple):
    """Where the stream of this record began: `oldest` (both None), an offset, or the first event that was created at
    `not_before` or later."""

    offset: Optional[int] = None
    not_before: Optional[int] = None


class Author(NamedTuple):
    """Who wrote a record: the input itself (`INPUT`), a user with a reason (`ADMIN`), or the take-over from the
    vendor's add-on (`TAKEOVER`), which a user started. When is the record's `updated_at`."""

    by: str
    user: str = ""
    why: str = ""


INPUT, ADMIN, TAKEOVER = "input", "admin", "takeover"
THE_INPUT = Author(INPUT)


@dataclass(frozen=True)
class Owner:
    """Whose stream it is: the API client, and the tenant to which its tokens are bound."""

    api_host: str
    client_id: str
    member_cid: str

    def of(self, partition: str) -> Owner:
        """Whose stream this partition is: that of a child tenant is read with tokens that are bound to the child."""
        tenant, _ = split(partition)
        return replace(self, member_cid=tenant) if tenant else self


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
    identity: Optional[Identity]
    created: Optional[int]
    updated_at: float
    splunkd_started: Optional[float]
    clean: bool
    generation: int
    origin: StartPosition
    trail: Tuple[Step, ...]
    finish: Optional[Finish] = None
    author: Author = THE_INPUT

    @property
    def tenant(self) -> str:
        """The child tenant's CID, empty for a partition of the account's own tenant."""
        return split(self.partition)[0]

    def committed(self, event: Event, customers: Tuple[str, ...], now: float, replay_seconds: float) -> Record:
        """The record after a commit of this event, no longer clean."""
        identity = identify(event)
        return replace(
            self,
            offset=event.offset,
            identity=identity,
            created=event.created,
            customers=customers,
            updated_at=now,
            clean=False,
            author=THE_INPUT,
            trail=_extend(self.trail, Step(event.offset, identity, now), now, replay_seconds),
        )

    def reset(self, not_before: Optional[int]) -> Record:
        """The record after Falcon began a new sequence of offsets. It is read from its start, without what was created
        before `not_before`. No offset of the former sequence is valid any more, nor is the origin's."""
        began = self.trail[-1].instant if self.trail else self.updated_at
        return replace(self, origin=StartPosition(None, not_before), trail=(Step(None, None, began),))

    def resumed_at(self, step: Step) -> Record:
        """The record for a feed that resumes at this step. What was committed later is about to come again; until then
        it is not a place to go back to."""
        return replace(self, trail=(*(each for each in self.trail if each.instant < step.instant), step))

    def shifted(self, seconds: float) -> Record:
        """The record after the machine's clock moved by this much: its steps keep their ages."""
        trail = tuple(step._replace(instant=step.instant + seconds) for step in self.trail)
        return replace(self, trail=trail, updated_at=self.updated_at + seconds)

    def landmark(self) -> Record:
        """What to keep in case the record is lost: the oldest place to go back to."""
        return replace(self, clean=False, trail=self.trail[:1])

    def to_bytes(self) -> bytes:
        """The record as it is stored."""
        return json.dumps(self.to_tree(), sort_keys=True).encode("ascii")

    def to_tree(self) -> Dict[str, Any]:
        """The record as the tree of its JSON, which `read_tree` reads."""
        return {
            **self.head(),
            "trail": [[step.offset, _fingerprint(step.identity), step.instant] for step in self.trail],
            "trail_identities": [_told(step.identity) for step in self.trail],
        }

    def head(self) -> Dict[str, Any]:
        """The tree without the trail, which is most of it."""
        return {
            "version": VERSION,
            "revision": REVISION,
            "input": self.input,
            "partition": self.partition,
            "api_host": self.api_host,
            "client_id": self.client_id,
            "member_cid": self.member_cid,
            "customers": self.customers,
            "offset": self.offset,
            "fingerprint": _fingerprint(self.identity),
            "identity": _told(self.identity),
            "created": self.created,
            "updated_at": self.updated_at,
            "splunkd_started": self.splunkd_started,
            "clean": self.clean,
            "generation": self.generation,
            "origin": self.origin._asdict(),
            "finish": None if self.finish is None else self.finish._asdict(),
            "author": self.author._asdict(),
        }


def first_record(
    name: str, partition: str, owner: Owner, origin: StartPosition, now: float, splunkd_started: Optional[float]
) -> Record:
    """The record of a partition without a commit: its trail begins at the origin."""
    return Record(
        input=name,
        partition=partition,
        api_host=owner.api_host,
        client_id=owner.client_id,
        member_cid=owner.member_cid,
        customers=(),
        offset=None,
        identity=None,
        created=None,
        updated_at=now,
        splunkd_started=splunkd_started,
        clean=True,
        generation=0,
        origin=origin,
        trail=(Step(None, None, now),),
    )


def read_record(data: bytes) -> Record:
    """Read a stored record. Raises RecordTooNew, or RecordUnreadable for anything that is not one whole record."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RecordUnreadable("it is not JSON") from error
    return read_tree(tree)


def read_tree(tree: Any) -> Record:
    """Read the tree of a stored record. Raises what `read_record` raises."""
    if not isinstance(tree, dict) or not isinstance(tree.get("version"), int):
        raise RecordUnreadable("it has no version")
    if tree["version"] > VERSION:
        raise RecordTooNew(f"it has version {tree['version']}, this add-on knows {VERSION}")
    try:
        return _from_tree(tree)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RecordUnreadable("a field is missing or of the wrong kind") from error


def _from_tree(tree: Dict[str, Any]) -> Record:
    origin, trail = tree["origin"], tree["trail"]
    told = tree.get("trail_identities", [None] * len(trail))
    if len(told) != len(trail):
        raise ValueError("the trail and its identities differ in length")
    return Record(
        input=_text(tree["input"]),
        partition=_text(tree["partition"]),
        api_host=_text(tree["api_host"]),
        client_id=_text(tree["client_id"]),
        member_cid=bare_cid(_text(tree["member_cid"])),  # an earlier version stored it as the admin entered it
        customers=tuple(_text(customer) for customer in tree["customers"]),
        offset=_whole(tree["offset"]),
        identity=_identity(tree["offset"], tree["fingerprint"], tree.get("identity")),
        created=_whole(tree["created"]),
        updated_at=_instant(tree["updated_at"]),
        splunkd_started=None if tree["splunkd_started"] is None else _instant(tree["splunkd_started"]),
        clean=_flag(tree["clean"]),
        generation=int(tree["generation"]),
        origin=StartPosition(_whole(origin["offset"]), _whole(origin["not_before"])),
        trail=tuple(map(_step, trail, told)),
        finish=_finish(tree.get("finish")),
        author=_author(tree.get("author")),
    )


def _author(told: Any) -> Author:
    """Who wrote the record; before revision 3, only the input did."""
    return THE_INPUT if told is None else Author(*(_text(told[field]) for field in Author._fields))


def _fingerprint(identity: Optional[Identity]) -> Optional[str]:
    return None if identity is None else identity.fingerprint


def _told(identity: Optional[Identity]) -> Optional[List[Any]]:
    """What an event says of itself; None if only its fingerprint is known."""
    return None if identity is None or identity == Identity(identity.fingerprint) else list(identity[1:])


def _identity(offset: Optional[int], mark: Any, told: Any) -> Optional[Identity]:
    """The identity that belongs to an offset: without it, a resume there could not be verified."""
    if (offset is None) != (mark is None):
        raise ValueError("an offset and a fingerprint go together")
    if mark is None:
        return None
    if told is None:
        return Identity(_text(mark))
    customer, event_type, created, event_id = told
    return Identity(_text(mark), _text(customer), _text(event_type), _whole(created), _text(event_id))


def _extend(trail: Tuple[Step, ...], step: Step, now: float, replay_seconds: float) -> Tuple[Step, ...]:
    spacing = max(1.0, replay_seconds / _TRAIL_ENTRIES)
    steps: List[Step] = list(trail)
    if not steps or now - steps[-1].instant >= spacing:
        steps.append(step)
    old = [index for index, earlier in enumerate(steps) if earlier.instant <= now - replay_seconds]
    return tuple(steps[old[-1] :] if old else steps)


def _finish(told: Any) -> Optional[Finish]:
    if told is None:
        return None
    offset, before, behind = (_whole(told[name]) for name in ("offset", "before", "behind"))
    return Finish(_text(told["setting"]), offset, before, _flag(told["passed"]), behind)


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
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**20:  # as in `core/envelope.py`
        raise TypeError("not a whole number")
    return value


def _instant(value: Any) -> float:
    if not math.isfinite(float(value)):
        raise ValueError("not an instant")
    return float(value)


def _step(entry: Any, told: Any) -> Step:
    offset, mark, instant = entry
    return Step(_whole(offset), _identity(offset, mark, told), _instant(instant))
