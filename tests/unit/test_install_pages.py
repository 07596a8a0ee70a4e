"""The pages under docs/install: one per topology, and complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import package

FOLDER = package.ROOT / "docs" / "install"
INDEX = FOLDER / "README.md"
TOPOLOGIES = sorted(set(FOLDER.glob("*.md")) - {INDEX, FOLDER / "uninstall.md"})


@pytest.mark.parametrize("page", TOPOLOGIES, ids=lambda page: str(page.stem))
def test_a_topology_says_how_to_install_upgrade_and_uninstall_and_the_index_names_it(page: Path) -> None:
    headings = re.findall(r"^## (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)

    assert headings == ["Install", "Upgrade", "Uninstall"]
    assert f"({page.name})" in INDEX.read_text(encoding="utf-8")


def test_the_install_pages_ship() -> None:
    shipped = set(package.tracked())

    assert {str(page.relative_to(package.ROOT)) for page in FOLDER.glob("*.md")} <= shipped


def test_the_archive_that_the_pages_name_is_the_one_that_is_built() -> None:
    named = {name for page in FOLDER.glob("*.md") for name in re.findall(r"\S+\.tgz", page.read_text(encoding="utf-8"))}

    assert named == {f"{package.APP}-{package.version()}.tgz"}
