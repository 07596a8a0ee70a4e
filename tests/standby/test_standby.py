"""A slice of `make standby`: takeovers after a loss and after a wake-up, a split; and the check that a row can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.scene import INPUT, Scene
from tests.standby import takeovers
from tests.standby.takeovers import LOSSES, Loss, play

SLICE = (
    "machine lost; siblings free, second reader rejected",
    pytest.param("stopped in order", marks=pytest.mark.nightly),
    pytest.param("suspended, and awake again", marks=pytest.mark.nightly),
)


@pytest.mark.parametrize("title", SLICE)
def test_the_other_one_takes_over_and_nothing_is_missing(title: str, package: Path, tmp_path: Path) -> None:
    (loss,) = (loss for loss in LOSSES if loss.title == title)
    outcome = play(loss, tmp_path, package)
    print(outcome)
    assert outcome.fault == ""


def test_a_takeover_that_does_not_come_fails_the_row(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeovers, "REAL_SECONDS", 5.0)
    with pytest.raises(AssertionError, match="the other one to read"):
        play(Loss("nothing is lost", takeovers.nothing, takeovers.nothing, 1.0), tmp_path, package)


def test_partitions_split_over_two_inputs_come_once_each(package: Path, tmp_path: Path) -> None:
    with Scene(tmp_path, package, partitions=2, preload=50) as scene:
        for partition in ("0", "1"):
            scene.begin(f"half{partition}", partitions=partition, app_id=f"half{partition}")
        comparison = scene.wait_until_all_arrived()

        assert comparison.holds and comparison.repeated == 0
        assert {row.stanza.rpartition("/")[2] for row in scene.splunkd.events()} == {"half0", "half1"}
        assert INPUT not in {row.stanza for row in scene.splunkd.events()}
