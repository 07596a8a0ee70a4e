"""What the evaluator says where the documentation does not tell it what Splunk would do.

Rules: a refusal names file, stanza and key as far as they are known; whoever knows the place adds it on the way up,
and a place once given stays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class Refused(ValueError):
    """Something outside the documented operations that are carried out here."""

    def __init__(self, why: str, file: str = "", stanza: str = "", key: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.file = file
        self.stanza = stanza
        self.key = key

    def __str__(self) -> str:
        place = " ".join(part for part in (self.file, f"[{self.stanza}]" if self.stanza else "", self.key) if part)
        return f"{place}: {self.why}" if place else self.why


@contextlib.contextmanager
def placed(file: str, stanza: str = "", key: str = "") -> Iterator[None]:
    """Give a refusal from within the place it lacks."""
    try:
        yield
    except Refused as refusal:
        refusal.file = refusal.file or file
        refusal.stanza = refusal.stanza or stanza
        refusal.key = refusal.key or key
        raise
