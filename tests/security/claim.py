"""What a claim of the security page is made of."""

from __future__ import annotations

from typing import NamedTuple, Tuple


class Change(NamedTuple):
    """A piece of a file of the product, standing there once, and what stands in its place without the defence."""

    path: str
    before: str
    after: str


class Claim(NamedTuple):
    """A row: who could attack, what they try, what stops them; the tests (`file::test`, below tests/) that show it; and
    the changes that take the defence away, each alone: with any of them a test of the row fails."""

    who: str
    tries: str
    stops: str
    shown_by: Tuple[str, ...]
    without: Tuple[Change, ...]


class Risk(NamedTuple):
    """What is not prevented, and is accepted."""

    who: str
    tries: str
    why: str
