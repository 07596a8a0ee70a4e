"""The index and its memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.splunkd.intake import index
from tests.splunkd.intake.index import Index
from tests.splunkd.intake.pipeline import Taken

_FOREVER = 3600.0


def _taken(raw: str, stanza: str = "toy://a", into: str = "default", at: float | None = None) -> Taken:
    taken_at = time.monotonic() if at is None else at
    return Taken(taken_at, 1.5, into, "h", "s", "st", raw.encode(), '{"f": "1"}', stanza)


class _Kept:
    def __init__(self, path: Path) -> None:
        self.complaints: list[str] = []
        self.flush, self.hold = 0.01, 0.0
        self.path = path
        self.index = Index(
            path, lambda: {"main", "other"}, self.complaints.append, lambda: self.flush, lambda: self.hold
        )

    def raws(self) -> list[bytes]:
        return [event.raw for event in index.select(self.path)]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[_Kept]:
    kept = _Kept(tmp_path / "index.sqlite")
    yield kept
    kept.index.close()


def _await(kept: _Kept, raws: list[bytes]) -> None:
    deadline = time.monotonic() + 30
    while kept.raws() != raws and time.monotonic() < deadline:
        time.sleep(0.01)
    assert raws == kept.raws()


def test_rows_keep_the_order_in_which_events_were_taken(kept: _Kept) -> None:
    kept.index.add([_taken(str(number)) for number in range(500)])

    _await(kept, [str(number).encode() for number in range(500)])


def test_a_row_tells_everything(kept: _Kept) -> None:
    kept.index.add([_taken("x", into="other")])
    _await(kept, [b"x"])
    (event,) = index.select(kept.path, "host = ?", ("h",))

    assert (
        event.seq, event.time, event.index, event.host, event.source, event.sourcetype, event.raw, event.fields,
        event.stanza,
    ) == (1, 1.5, "other", "h", "s", "st", b"x", '{"f": "1"}', "toy://a")  # fmt: skip
    assert abs(event.indextime - time.time()) < 60
    assert (index.count(kept.path), index.count(kept.path, "host = 'nobody'")) == (1, 0)


def test_the_index_named_default_is_main(kept: _Kept) -> None:
    kept.index.add([_taken("x")])
    _await(kept, [b"x"])

    assert [event.index for event in index.select(kept.path)] == ["main"]


def test_events_for_an_index_that_is_not_configured_are_dropped_and_named_once(kept: _Kept) -> None:
    kept.index.add([_taken("lost", into="nowhere"), _taken("lost", into="nowhere"), _taken("x")])
    _await(kept, [b"x"])

    assert kept.index.missing() == {"nowhere": 2}
    assert len(kept.complaints) == 1
    assert "index=nowhere" in kept.complaints[0]


def test_what_is_held_is_not_written_and_can_be_forgotten(kept: _Kept) -> None:
    kept.hold = _FOREVER
    now = time.monotonic()
    kept.index.add([_taken("old", at=now - 2 * _FOREVER), _taken("before", at=now - 10), _taken("after", at=now)])
    kept.index.add([_taken("neighbour", stanza="toy://b", at=now)])
    _await(kept, [b"old"])

    assert kept.index.forget("toy://a", now - 5) == 1

    kept.hold = 0.0
    _await(kept, [b"old", b"before", b"neighbour"])


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    kept = _Kept(tmp_path / "index.sqlite")
    kept.flush = kept.hold = _FOREVER
    kept.index.add([_taken("x")])
    kept.index.close()

    assert kept.raws() == [b"x"]


def test_there_is_nothing_in_an_index_that_is_not_there(tmp_path: Path) -> None:
    assert (index.count(tmp_path / "none"), list(index.select(tmp_path / "none"))) == (0, [])
