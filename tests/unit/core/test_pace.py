"""The pace of a partition is that of the last minute, and where nothing falls there is no estimate."""

from __future__ import annotations

from typing import List, Optional, Tuple

import pytest

from falcon_streams.core.pace import WINDOW, Look, Pace


def pace(*looks: Tuple[float, int, Optional[float]]) -> Pace:
    noted = Pace()
    for look in looks:
        noted.note(Look(*look))
    return noted


@pytest.mark.parametrize(
    "looks, rate, left",
    [
        ([(0.0, 0, 100.0)], None, None),
        ([(0.0, 0, 100.0), (10.0, 500, 80.0)], 50.0, 40.0),
        ([(0.0, 0, 100.0), (10.0, 500, 100.0)], 50.0, None),
        ([(0.0, 0, 100.0), (10.0, 500, 120.0)], 50.0, None),
        ([(0.0, 0, None), (10.0, 500, 80.0)], 50.0, None),
        ([(0.0, 0, 100.0), (10.0, 500, 0.0)], 50.0, 0.0),
        ([(0.0, 0, 0.0)], None, 0.0),
    ],
)
def test_what_is_left_divided_by_its_fall(
    looks: List[Tuple[float, int, Optional[float]]], rate: Optional[float], left: Optional[float]
) -> None:
    assert (pace(*looks).rate, pace(*looks).seconds_left) == (rate, left)


def test_only_the_last_minute_counts() -> None:
    slow_then_fast = [(float(second), second, 1000.0 - second) for second in range(100)]
    slow_then_fast += [(100.0 + second, 100 + 10 * second, 900.0 - 10 * second) for second in range(int(WINDOW) + 1)]

    assert pace(*slow_then_fast).rate == 10.0
    assert pace(*slow_then_fast).seconds_left == 30.0
