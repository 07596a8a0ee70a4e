"""How Flight Control knows a child tenant: the link between a parent and a child, as gofalcon's `domain.ChildLink`.

Rules: a CID is 32 hexadecimal digits in lower case. The checksum that the console shows beside it is ours: how Falcon
computes it is not published. A changed link was modified now, and the query sorts by that.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Mapping

_CID = re.compile("[0-9a-f]{32}")


def is_cid(text: object) -> bool:
    """Whether this is a CID as Falcon's events bear it: bare, and in lower case."""
    return isinstance(text, str) and _CID.fullmatch(text) is not None


def cid_of(parent: str, number: int) -> str:
    """The CID of a parent's child by its number, the same in every run."""
    return f"{number:08x}{_digest('child', parent)[:24]}"


def mark_of(cid: str) -> str:
    """What tells a tenant's stream URLs from another tenant's, without showing its CID."""
    return _digest("mark", cid)[:16]


class Link:
    """One child of a parent."""

    def __init__(self, parent: str, cid: str, name: str, modified_at: float) -> None:
        self.cid = cid
        self.listed = True
        self.modified_at = modified_at
        self._fields = {
            "child_cid": cid,
            "child_gcid": _digest("gcid", cid)[:32],
            "child_of": parent,
            "name": name,
            "status": "active",
            "checksum": _digest("checksum", cid)[:2].upper(),
            "domains": [f"{cid[:8]}.example.com"],
        }

    def change(self, fields: Mapping[str, Any], at: float) -> None:
        """Say this of the child from now on, true or not; None leaves a field out."""
        self._fields.update(fields)
        self.modified_at = at

    def row(self) -> dict[str, Any]:
        """The link as the API answers it."""
        return {name: value for name, value in self._fields.items() if value is not None}


def _digest(purpose: str, text: str) -> str:
    return hashlib.sha256(f"{purpose}/{text}".encode()).hexdigest()
