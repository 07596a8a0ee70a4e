"""A time of a setting is one instant, whatever the zone; a relative one counts from the first start."""

from __future__ import annotations

import pytest

from falcon_streams.core.moment import Moment, iso_time, read_moment

SIX = 1_793_512_800_000  # 2026-11-01T06:00:00Z


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2026-11-01T06:00:00Z", Moment(SIX)),
        ("2026-11-01T07:30:00+01:30", Moment(SIX)),
        ("2026-11-01T01:00:00-05:00", Moment(SIX)),
        ("2026-11-01T06:00:00.250Z", Moment(SIX + 250)),
        ("-3d", Moment(ago=259_200_000)),
        ("-6h", Moment(ago=21_600_000)),
        ("-30m", Moment(ago=1_800_000)),
        ("-0m", Moment()),
        ("2026-02-30T06:00:00Z", None),
        ("1999-12-31T23:59:59Z", None),
        ("-3w", None),
        ("3d", None),
        ("newest", None),
    ],
)
def test_a_text_says_one_moment_or_none(text: str, moment: Moment) -> None:
    assert read_moment(text) == moment


def test_a_relative_moment_counts_from_the_first_start_and_an_absolute_one_does_not() -> None:
    assert Moment(ago=5).resolve(SIX) == SIX - 5
    assert Moment(SIX).resolve(7) == SIX


def test_a_moment_is_shown_as_it_is_entered() -> None:
    assert iso_time(SIX + 250) == "2026-11-01T06:00:00.250Z"
    assert read_moment(iso_time(SIX)) == Moment(SIX)
