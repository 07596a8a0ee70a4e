"""A slice of `make upgrade`, and the controls of what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.comparison import Comparison
from tests.integration.scene import Scene
from tests.upgrade import estate, former
from tests.upgrade.upgrades import FORMER, PRESENT, Leg, Way, play


@pytest.fixture(scope="module")
def packages(package: Path) -> dict[str, Path]:
    """Both packages."""
    try:
        return {FORMER: former.build(), PRESENT: package}
    except former.NoHistory as error:
        pytest.skip(str(error))


def test_a_whole_instance_goes_on_under_the_new_package_and_nobody_enters_anything(
    packages: dict[str, Path], tmp_path: Path
) -> None:
    faults = list(estate.prove(tmp_path, packages))
    assert faults == [], "\n".join(faults)


@pytest.mark.nightly
def test_offsets_and_alerts_that_an_upgrade_loses_are_found(packages: dict[str, Path], tmp_path: Path) -> None:
    def lose(scene: Scene) -> None:
        for path in scene.checkpoints("files"):
            path.unlink()
        alerts = scene.splunkd.home / "etc" / "apps" / estate.APP / "local" / "savedsearches.conf"
        alerts.write_text(alerts.read_text(encoding="utf-8").replace("[Falcon - checkpoint", "[Falcon - offset"))

    faults = list(estate.prove(tmp_path, packages, lose))
    assert [fault.split(":")[0] for fault in faults] == ["input files", "alert Falcon - checkpoint altered"]
    assert "repeated" in faults[0]


@pytest.mark.nightly
def test_a_package_that_is_put_over_the_former_one_goes_on_and_so_does_the_former_one_put_back(
    packages: dict[str, Path], tmp_path: Path
) -> None:
    legs = play(Way("file", "stop"), tmp_path, packages, (FORMER, PRESENT, FORMER))

    assert [leg.fault for leg in legs] == ["", "", ""]


@pytest.mark.nightly
def test_records_that_are_not_understood_fail_the_leg_that_meets_them(
    packages: dict[str, Path], tmp_path: Path
) -> None:
    def forget(scene: Scene) -> None:
        """As if the other package had stored what this one cannot read."""
        for path in scene.checkpoints():
            record = json.loads(path.read_bytes())
            path.write_text(json.dumps({**record, "fingerprint": "0" * 64, "trail": [], "identity": None}))

    legs = play(Way("file", "stop"), tmp_path, packages, (FORMER, PRESENT), forget)
    assert "what was stored was not understood" in legs[-1].fault


@pytest.mark.parametrize(
    "comparison, repeats, fault",
    [
        (Comparison(10, 10, 0, 0, 0, 0), 0, ""),
        (Comparison(10, 9, 1, 0, 0, 0), 0, "1 missing"),
        (Comparison(10, 10, 0, 0, 0, 1), 0, "1 out of order"),
        (Comparison(10, 15, 0, 5, 0, 0), 5, "not understood"),
    ],
)
def test_a_leg_fails_for_what_is_missing_disordered_or_read_anew(
    comparison: Comparison, repeats: int, fault: str
) -> None:
    found = Leg(Way("file", "stop"), PRESENT, comparison, repeats, allowed=4).fault

    assert fault in found
    assert bool(found) == bool(fault)
