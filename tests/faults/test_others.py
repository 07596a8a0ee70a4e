"""The judgement that a child's siblings were left alone, and what makes it fail."""

from __future__ import annotations

import pytest

from tests.faults.others import FLUSH, Passage, judge


def passages(late: float = 0.1, *, slow: float = 0.1, between: tuple[float, float] = (0, 0)) -> list[Passage]:
    """Twenty seconds of events, two a second; those published between these instants are so slow."""
    instants = [number / 2 for number in range(40)]
    return [Passage(at, at + FLUSH + (slow if between[0] <= at < between[1] else late)) for at in instants]


def test_siblings_that_are_in_time_hold() -> None:
    assert judge({"a": passages(), "b": passages(0.3)}, passages()) == (
        "2 siblings: 0 missing, 0 repeated, one feed each, 0.3 s late at most"
    )


def test_a_sibling_that_is_late_fails() -> None:
    with pytest.raises(AssertionError, match=r"a sibling's event was 1\.5 s late, the bystander 0\.1 s"):
        judge({"a": passages(), "b": passages(slow=1.5, between=(5, 7))}, passages())


def test_what_is_late_at_the_bystanders_too_is_nobodys_fault() -> None:
    busy = passages(slow=3.0, between=(5, 7))
    assert judge({"a": passages(), "b": busy}, busy).endswith("3.0 s late at most")


def test_the_bystander_excuses_only_what_was_under_way_with_it() -> None:
    with pytest.raises(AssertionError, match=r"3\.0 s late, the bystander 0\.1 s"):
        judge({"a": passages(slow=3.0, between=(5, 7))}, passages(slow=3.0, between=(12, 14)))


def test_a_sibling_that_begins_late_fails() -> None:
    with pytest.raises(AssertionError, match=r"a sibling began 6\.0 s after the first"):
        judge({"a": passages(), "b": [each for each in passages() if each.published >= 6]}, passages())


def test_siblings_that_nobody_watched_fail() -> None:
    with pytest.raises(AssertionError, match="no event of the siblings came after they had begun"):
        judge({"a": passages()[:3], "b": passages()[:3]}, passages()[5:])
