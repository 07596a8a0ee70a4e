"""Each environment's lock belongs to its list, has hashes for everything and names no index."""

from __future__ import annotations

import re

import pytest

from tools import environments, locks, vendor


def test_every_environment_has_a_list_and_a_lock() -> None:
    assert set(locks.LOWEST) == {"tests", "uv", *environments.TOOLS}
    names = {path.stem for path in locks.FOLDER.iterdir()}
    assert names == set(locks.LOWEST)


@pytest.mark.parametrize("name", sorted(locks.LOWEST))
def test_a_lock_was_made_from_its_list(name: str) -> None:
    assert locks.is_current(name), f"requirements/{name}.in has changed: run make lock"


def test_a_list_that_has_changed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(locks.LEFT_OUT, "slim", ("wheel",))
    assert not locks.is_current("slim")


@pytest.mark.parametrize("name", sorted(locks.LOWEST))
def test_a_lock_pins_by_hash_and_names_no_host(name: str) -> None:
    text = locks.lock_path(name).read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    for block in re.split(r"\n(?=[a-z])", text.split("\n", 1)[1]):
        assert re.match(r"[a-z0-9-]+==\S+( ;[^\\]*)? \\\n    --hash=sha256:[0-9a-f]{64}", block), block
    asked = locks.pins((locks.FOLDER / f"{name}.in").read_text(encoding="utf-8"))
    assert asked.keys() <= locks.pins(text).keys()


def test_appinspect_brings_its_own_libmagic() -> None:
    pinned = locks.pins(locks.lock_path("appinspect").read_text(encoding="utf-8"))
    assert "python-magic-standalone" in pinned and "python-magic" not in pinned


def test_every_library_that_ships_is_named_with_its_hash() -> None:
    text = vendor.REQUIREMENTS.read_text(encoding="utf-8")
    named = [line.split(" ")[0] for line in text.splitlines() if not line.startswith(("#", " "))]
    assert named == [f"{name}=={version}" for name, (version, _) in vendor.pins().items()]
