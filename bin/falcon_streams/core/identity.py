r"""What an event is recognised by when Falcon sends it again.

Theory. Falcon renders an event anew each time it sends it, and a release can add a key or change the order of keys. So
two lines at one offset are the same event if customer, type, and creation time agree, and no id of the event says
otherwise. The fingerprint of the bytes is the last resort: for lines that lack one of these, and for records of version
1, which know nothing else.

| customer, type, creation time | id of the event | bytes | the same event |
|---|---|---|---|
| any | any | equal | yes |
| equal | equal, or not in both | differ | yes |
| equal | of one key, and differ | differ | no |
| one differs | any | differ | no |
| one is missing | any | differ | no |

Rules: pure. The offset is not part of an identity, because the caller knows it. Ids are read from the bytes without a
tree, once per commit and once per feed, never per event.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple, Optional

from falcon_streams.core.envelope import Event

# The ids of what an event is about (events reference, section 4), the most specific first. This order counts, not that
# of the line, because the order of keys can change.
_ID_KEYS = (
    b"CompositeId",
    b"DetectId",
    b"IncidentID",
    b"IncidentId",
    b"IdentityProtectionIncidentId",
    b"NotificationId",
    b"ExecutionID",
    b"SessionId",
)
_ID = re.compile(rb'"(' + b"|".join(_ID_KEYS) + rb')"\s*:\s*"([^"\\]{1,200})"')


class Identity(NamedTuple):
    """`created` is in epoch milliseconds; `id` is `key:value`, or empty if the event has none; `fingerprint` is the
    SHA-256 of the line, in hex. If unknown, `customer` and `type` are empty, and `created` is None."""

    fingerprint: str
    customer: str = ""
    type: str = ""
    created: Optional[int] = None
    id: str = ""

    def is_of(self, event: Event) -> bool:
        """Whether this event, which Falcon sent again at the same offset, is the one that we know."""
        if self.fingerprint == fingerprint(event.raw):
            return True
        told = (self.customer, self.type, self.created)
        if not (self.customer and self.type) or self.created is None:
            return False
        return told == (event.customer, event.type, event.created) and not _contradict(self.id, _id_of(event.raw))


def identify(event: Event) -> Identity:
    """What this event is recognised by."""
    return Identity(fingerprint(event.raw), event.customer, event.type, event.created, _id_of(event.raw))


def fingerprint(line: bytes) -> str:
    """The SHA-256 of a line's bytes, in hex."""
    return hashlib.sha256(line).hexdigest()


def _id_of(line: bytes) -> str:
    found = {match[1]: match[2] for match in reversed(list(_ID.finditer(line)))}  # the first of each key
    key = next((each for each in _ID_KEYS if each in found), None)
    return "" if key is None else (key + b":" + found[key]).decode("utf-8", "backslashreplace")


def _contradict(one: str, other: str) -> bool:
    return one.partition(":")[0] == other.partition(":")[0] and one != other
