"""Where a stored secret may go: the mark that binds a secret to the address it was entered for.

Theory. A conf says where a secret is sent, and more people may write a conf than may read a secret. So each secret has
a mark beside it, where only those who may read the secret can write. The mark holds two digests under a key made of the
secret: one of the secret itself, one of its destination. The first digest distinguishes a secret that was stored anew
by hand from one whose destination has changed.

| the mark | the destination | verdict |
|---|---|---|
| of this secret | the same | HERE |
| of this secret | another | ELSEWHERE |
| none, or of another secret: it was stored by hand, or before there were marks | any | UNKNOWN |
| cannot be read | any | ELSEWHERE |

Rules: pure. A mark reveals nothing of a secret to those who do not know it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from enum import Enum
from typing import Mapping, Optional

_VERSION = "1"


class Verdict(Enum):
    """Whether a secret was entered for a destination."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


def mark_of(secret: str, destination: Mapping[str, object]) -> str:
    """The mark to store beside a secret. `destination` must fit into JSON."""
    text = json.dumps(destination, sort_keys=True)
    return " ".join((_VERSION, _digest(secret, "secret", ""), _digest(secret, "destination", text)))


def judge(mark: Optional[str], secret: str, destination: Mapping[str, object]) -> Verdict:
    """What the mark of a secret says about this destination; `mark` is None if there is none."""
    if mark is None:
        return Verdict.UNKNOWN
    found, wanted = mark.split(" "), mark_of(secret, destination).split(" ")
    if len(found) != len(wanted) or found[0] != _VERSION or not mark.isascii():
        return Verdict.ELSEWHERE
    if not hmac.compare_digest(found[1], wanted[1]):
        return Verdict.UNKNOWN
    return Verdict.HERE if hmac.compare_digest(found[2], wanted[2]) else Verdict.ELSEWHERE


def _digest(secret: str, kind: str, text: str) -> str:
    key = hashlib.sha256(f"falcon_event_streams {kind}\0{secret}".encode()).digest()
    return hmac.new(key, text.encode(), "sha256").hexdigest()
