"""The locks are those of their lists, whole, with hashes, and name no index."""

from __future__ import annotations

import re

import pytest

from tools import environments, locks


def test_every_environment_has_a_list_and_a_lock_of_it() -> None:
    assert set(locks.OLDEST) == {"tests", "lock", *environments.TOOLS}
    assert locks.stale() == []


@pytest.mark.parametrize("name", sorted(locks.OLDEST))
def test_each_package_of_a_lock_is_pinned_with_hashes_and_no_index_is_named(name: str) -> None:
    text = locks.lock_of(name).read_text(encoding="utf-8")
    entries = re.findall(r"^[A-Za-z0-9].*\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", text, re.MULTILINE)

    assert "".join(entries) == text.partition("\n")[2]
    assert all("==" in each for each in entries)
    assert not re.search(r"https?://|--index|--find-links|file:", text)


def test_a_list_that_was_changed_since_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "wanted", lambda name: f"# of {name}.in sha256:other")
    assert locks.stale() == list(locks.OLDEST)


def test_a_package_is_taken_out_of_a_lock_with_its_hashes() -> None:
    first, last = "a==1 \\\n    --hash=sha256:1\n", "b-c==3 \\\n    --hash=sha256:4\n"
    lock = first + "b==2 ; x \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n" + last

    assert locks.without(lock, ("b",)) == first + last
