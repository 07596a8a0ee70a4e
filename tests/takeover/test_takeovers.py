"""A take-over loses no event and repeats at most one of each partition, wherever it is cut short."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.comparison import Comparison
from tests.takeover.takeovers import Outcome, take_over


@pytest.mark.slow
@pytest.mark.parametrize(
    "kills", [(), pytest.param((0.4, 2.0), marks=pytest.mark.nightly)], ids=["to the end", "killed twice"]
)
def test_twelve_partitions_go_on_where_the_vendors_reader_ended(
    tmp_path: Path, package: Path, kills: tuple[float, ...]
) -> None:
    outcome = take_over(tmp_path, package, 600, kills)

    assert outcome.comparison.sent == 600
    assert outcome.holds, str(outcome)


def test_an_outcome_with_a_missing_event_or_two_repeats_of_a_partition_fails() -> None:
    good = Outcome(Comparison(10, 13, 0, 3, 0, 0), 1, 0)

    assert good.holds
    assert not good._replace(comparison=good.comparison._replace(missing=1)).holds
    assert not good._replace(most_repeated=2).holds
