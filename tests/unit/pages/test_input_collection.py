"""What the Inputs page shows of an input, from the state file that its process leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Tuple, cast

import pytest

from falcon_streams.pages.input_collection import LIST, Inputs
from falcon_streams.splunk.state import STALE_AFTER
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.files import folder_of
from tests.fakes.clock import FakeClock


class OneInput:
    """The part of `WritableSplunkd` that listing takes: one input, `main`."""

    capabilities = frozenset({LIST})

    def inputs(self) -> Iterator[Tuple[str, Dict[str, str]]]:
        return iter([("main", {"app_id": "main"})])


def shown(folder: Path, state: Dict[str, Any]) -> Dict[str, object]:
    """What the page gets where the input has left this state."""
    clock = FakeClock()
    path = folder_of(str(folder), "main")
    path.mkdir(parents=True)
    (path / "state.json").write_text(json.dumps({"updated_at": clock.now(), **state}), encoding="utf-8")
    return dict(Inputs(cast(WritableSplunkd, OneInput()), clock, folder).entry("main").content)


def test_the_troubles_of_the_input_and_of_each_partition_are_shown_together(tmp_path: Path) -> None:
    entry = shown(
        tmp_path,
        {
            "state": "running",
            "trouble": "no connection in time",
            "partitions": {"0": {"trouble": "none"}, "1": {"trouble": "the feed was cut"}},
        },
    )

    assert (entry["state"], entry["trouble"]) == ("running", "no connection in time; partition 1: the feed was cut")


@pytest.mark.parametrize("partitions", [{}, {"0": {"trouble": "none"}}, {"0": {"offset": 7}}, {"0": None}])
def test_where_nothing_is_wrong_none_is_shown(tmp_path: Path, partitions: Dict[str, object]) -> None:
    """A state of a former version knows no trouble of a partition."""
    entry = shown(tmp_path, {"state": "running", "trouble": "", "partitions": partitions})

    assert entry["trouble"] == "none"


def test_a_partition_that_was_never_opened_has_no_offset_yet(tmp_path: Path) -> None:
    entry = shown(tmp_path, {"state": "waiting_app_id", "partitions": {"7": {"trouble": "Falcon offers no 7"}}})

    assert (entry["offsets"], entry["events"], entry["lag"]) == ("7: none yet", "0", "-")
    assert entry["trouble"] == "partition 7: Falcon offers no 7"


@pytest.mark.parametrize(
    ("state", "page"),
    [
        ("running", "not_running"),
        ("standby", "not_running"),
        ("starting", "not_running"),  # its process has ended before it came to read
        ("stopped", "starting"),  # between two starts
        ("error", "error"),  # the end of an input that cannot run: its sentence stays until the next start
    ],
)
def test_an_input_that_has_told_nothing_for_a_quarter_of_a_minute_does_not_run(
    tmp_path: Path, state: str, page: str
) -> None:
    silent = {"state": state, "updated_at": FakeClock().now() - STALE_AFTER - 1.0}

    assert shown(tmp_path, silent)["state"] == page
    assert shown(tmp_path / "control", {"state": state})["state"] == ("starting" if state == "stopped" else state)


def test_an_input_that_has_told_nothing_yet_starts(tmp_path: Path) -> None:
    page = Inputs(cast(WritableSplunkd, OneInput()), FakeClock(), tmp_path)

    assert page.entry("main").content["state"] == "starting"


def test_an_input_that_has_finished_stays_so_however_old_its_state_is(tmp_path: Path) -> None:
    entry = shown(tmp_path, {"state": "finished", "updated_at": 1.0, "partitions": {"0": {"events": 7, "trouble": ""}}})

    assert (entry["state"], entry["events"]) == ("finished", "7")
    assert entry["trouble"] == "it has finished. Disable it, or change Stop at to read on"


@pytest.mark.parametrize(
    "partitions, expected",
    [
        ({}, "-"),
        ({"0": {"state": "starting"}}, "-"),
        ({"0": {"lag_s": 0.2, "rate": 3.0, "catch_up_s": 0}}, "up to date"),
        (
            {
                "0": {"lag_s": 7300.0, "rate": 2000.4, "catch_up_s": 900},
                "1": {"lag_s": 90.0, "rate": 11.0, "catch_up_s": 0},
            },
            "2 h 1 min behind, 2,011 events/s, caught up in about 15 min",
        ),
        ({"0": {"lag_s": 200_000.0, "rate": None, "catch_up_s": None}}, "2 d 7 h behind, 0 events/s, no estimate yet"),
        (
            {"0": {"lag_s": 100.0, "rate": 5.0, "catch_up_s": 30}},
            "1 min 40 s behind, 5 events/s, caught up in about 30 s",
        ),
    ],
)
def test_the_progress_says_how_far_behind_how_fast_and_when_it_is_done(
    tmp_path: Path, partitions: Dict[str, object], expected: str
) -> None:
    assert shown(tmp_path, {"state": "running", "partitions": partitions})["progress"] == expected


@pytest.mark.parametrize(
    ("lag", "left", "state"),
    [(7300.0, 900, "catching_up"), (7300.0, None, "running"), (299.0, 900, "running"), (0.1, 0, "running")],
)
def test_an_input_that_is_far_behind_and_gains_is_catching_up(
    tmp_path: Path, lag: float, left: Optional[int], state: str
) -> None:
    partitions = {"0": {"lag_s": lag, "rate": 2000.0, "catch_up_s": left}}
    assert shown(tmp_path, {"state": "running", "partitions": partitions})["state"] == state


def test_one_partition_that_does_not_gain_keeps_the_input_from_catching_up(tmp_path: Path) -> None:
    gains, lags = (
        {"lag_s": 7300.0, "rate": 2000.0, "catch_up_s": 900},
        {"lag_s": 9000.0, "rate": 0.0, "catch_up_s": None},
    )
    assert shown(tmp_path, {"state": "running", "partitions": {"0": gains, "1": lags}})["state"] == "running"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (112_997.0, "1 d 7 h"),
        (86_400.0, "1 d"),
        (3661.0, "1 h 1 min"),
        (59.6, "1 min"),
        (0.2, "0 s"),
        (299.0, "4 min 59 s"),
    ],
)
def test_a_lag_is_told_in_units_that_a_person_would_use(tmp_path: Path, seconds: float, told: str) -> None:
    assert shown(tmp_path, {"state": "running", "partitions": {"0": {"lag_s": seconds}}})["lag"] == told
