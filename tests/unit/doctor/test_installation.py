"""The package against the manifest of its build."""

from __future__ import annotations

from pathlib import Path

import pytest

from falcon_streams.doctor.finding import Said
from falcon_streams.doctor.installation import MANIFEST, check_package
from tools import package


@pytest.fixture
def app(tmp_path: Path) -> Path:
    for name in ("bin/one.py", "lib/two/three.py", "default/app.conf", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / MANIFEST).write_text(package.manifest(tmp_path), encoding="utf-8")
    return tmp_path


def test_builder_and_doctor_name_the_same_manifest() -> None:
    assert MANIFEST == package.MANIFEST


def test_what_is_as_it_was_built_is_whole_beside_what_splunk_and_python_add(app: Path) -> None:
    for name in ("local/inputs.conf", "metadata/local.meta", "bin/__pycache__/one.cpython-39.pyc", "lookups/own.csv"):
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text("added", encoding="utf-8")

    assert check_package(app).said is Said.PACKAGE
    assert check_package(app).sentence.startswith("All 4 files")


@pytest.mark.parametrize("name", ["bin/one.py", "lib/two/three.py", "default/app.conf", "README.md"])
def test_a_changed_or_missing_file_is_named(app: Path, name: str) -> None:
    (app / name).write_text("changed", encoding="utf-8")
    changed = check_package(app)
    (app / name).unlink()
    missing = check_package(app)

    for found in (changed, missing):
        assert (found.said, f"({name})" in found.sentence) == (Said.PACKAGE_DIFFERS, True)


@pytest.mark.parametrize("name", ["lib/certifi.py", "bin/two.py", "lib/two/other.so"])
def test_a_module_that_nobody_built_is_named(app: Path, name: str) -> None:
    (app / name).write_text("", encoding="utf-8")

    assert f"({name})" in check_package(app).sentence


@pytest.mark.parametrize("text", ["", "nonsense", "\n"])
def test_a_manifest_that_cannot_be_read_is_a_problem_and_none_is_a_checkout(app: Path, text: str) -> None:
    (app / MANIFEST).write_text(text, encoding="utf-8")
    assert check_package(app).said is Said.PACKAGE_DIFFERS

    (app / MANIFEST).unlink()
    assert check_package(app).said is Said.PACKAGE_UNBUILT
