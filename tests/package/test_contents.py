"""The archive is reproducible, holds what it should and nothing else, and every module in it can be imported."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.splunkd.conf import ini
from tools import audit, environments, settings_pages
from tools import package as builder

ROOT = Path(__file__).resolve().parents[2]
_COMPILED = (".so", ".pyd", ".pyc", ".dll", ".dylib", ".exe")


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return builder.unpack(package, tmp_path_factory.mktemp("unpacked"))


def test_it_is_small_and_holds_of_the_front_end_what_the_pages_need(package: Path, unpacked: Path) -> None:
    built = {path.name for path in (unpacked / "appserver" / "static" / "js" / "build").rglob("*")}

    assert package.stat().st_size < 6_000_000
    assert {"entry_page.js", "globalConfig.json", "licenses.txt", "new_input.js", "replay_link.js"} <= built
    assert [name for name in built if name.startswith(("Dashboard.", "html2canvas", "purify", "index.es"))] == []
    assert not (unpacked / "bin" / "import_declare_test.py").exists()
    assert (unpacked / "default" / "data" / "ui" / "views" / "inputs.xml").exists()


def test_it_bears_the_time_of_its_commit_and_its_pages_a_language(unpacked: Path) -> None:
    conf = ini.read(unpacked / "default" / "app.conf")
    page = (unpacked / "appserver" / "templates" / "base.html").read_text(encoding="utf-8")

    assert conf["install"]["build"] == str(builder.build_time())
    assert '<html class="no-js" lang="en">' in page


def test_without_git_the_build_time_is_that_of_app_conf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    assert builder.build_time() == 1767225600
    assert "bin/falcon_event_streams.py" in builder.tracked()


def test_its_manifest_has_every_file_and_sha256sum_agrees(unpacked: Path) -> None:
    files = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    named = [line.split("  ", 1)[1] for line in (unpacked / builder.MANIFEST).read_text().splitlines()]
    done = subprocess.run(["sha256sum", "--check", "--quiet", builder.MANIFEST], cwd=unpacked, capture_output=True)

    assert named == sorted(files - {builder.MANIFEST})
    assert (done.returncode, done.stdout) == (0, b"")


def test_its_readme_is_the_one_that_is_made_for_it(unpacked: Path) -> None:
    assert (unpacked / "README.md").read_bytes() == builder.PACKAGE_README.read_bytes()
    assert not (unpacked / "docs" / "architecture.md").exists()


def test_nothing_in_it_is_compiled_hidden_executable_or_owned_by_anybody(package: Path) -> None:
    with tarfile.open(package) as archive:
        members = archive.getmembers()

    assert {member.name.split("/")[0] for member in members} == {"TA_falcon_event_streams"}
    assert [member.name for member in members if member.name.endswith(_COMPILED)] == []
    assert [member.name for member in members if "/." in member.name or "__pycache__" in member.name] == []
    assert {(member.isdir(), member.mode) for member in members} == {(True, 0o755), (False, 0o644)}
    assert {(member.uid, member.gid) for member in members} == {(0, 0)}
    assert not [member.name for member in members if "/tests/" in member.name or "/tools/" in member.name]


def test_the_version_is_one() -> None:
    conf = (ROOT / "default" / "app.conf").read_text(encoding="utf-8")
    code = (ROOT / "bin" / "falcon_streams" / "__init__.py").read_text(encoding="utf-8")
    found = re.findall(r"^version = (\S+)$", conf, re.MULTILINE) + re.findall(r'__version__ = "(\S+)"', code)

    assert found == [builder.version()] * 3


_IMPORT_ALL = """
import importlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
sys.path[:0] = [str(root / "bin"), str(root / "lib")]
count = 0
for folder in ("lib", "bin"):
    for path in sorted((root / folder).rglob("*.py")):
        parts = path.relative_to(root / folder).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name in ("falcon_event_streams", "falcon_event_streams_rest"):
            continue  # splunkd's entries: the tests that start them are elsewhere
        module = importlib.import_module(name)
        assert str(root) in (module.__file__ or ""), module
        count += 1
print(count)
"""


@pytest.mark.parametrize("version", environments.SUPPORTED)
def test_every_module_that_ships_can_be_imported_without_a_warning(unpacked: Path, version: str) -> None:
    python = environments.interpreters().get(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    # -S: nothing but the standard library stands beside the package
    command = [python, "-S", "-W", "error", "-c", _IMPORT_ALL, str(unpacked)]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 150


@pytest.mark.parametrize("version", environments.SUPPORTED)
def test_the_scheme_is_light(unpacked: Path, version: str) -> None:
    python = environments.interpreters().get(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    script = str(unpacked / "bin" / "falcon_event_streams.py")
    probe = (
        "import runpy, sys, os; sys.argv = [sys.argv[1], '--scheme']\n"
        "sys.path.insert(0, os.path.dirname(sys.argv[0]))\n"
        "os._exit = lambda code: None\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "heavy = sorted({'requests', 'jsonschema', 'urllib3'} & set(sys.modules))\n"
        "print(heavy, file=sys.stderr)\n"
    )
    done = subprocess.run([python, "-c", probe, script], capture_output=True, text=True)

    assert done.stderr.strip().splitlines()[-1] == "[]"  # what it costs is measured by `make bench`
    assert done.stdout.startswith("<scheme>")


def test_the_settings_pages_are_those_of_the_schemas() -> None:
    assert settings_pages.differing() == []


def test_scheme_and_spec_name_the_same_settings(unpacked: Path) -> None:
    spec = (unpacked / "README" / "inputs.conf.spec").read_text(encoding="utf-8")
    schema = json.loads((unpacked / "bin/falcon_streams/splunk/schemas/input.schema.json").read_text(encoding="utf-8"))

    scheme, _, instance = spec.partition("[falcon_event_streams://<name>]")
    named = re.findall(r"^([a-zA-Z_.]+) = <", instance, re.MULTILINE)

    assert named == list(schema["properties"])
    assert "[falcon_event_streams]\n" in scheme
    shipped = ini.read(unpacked / "default" / "inputs.conf")["falcon_event_streams"]
    assert [key for key in shipped if f"\n{key} = <" not in scheme] == []


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    explained = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)

    assert sorted(phony.split()) == sorted(explained)


def test_each_accepted_advisory_has_its_reason_in_the_security_page() -> None:
    rows = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()

    assert [each for each in audit.ACCEPTED if not any(each in row and row.startswith("| ") for row in rows)] == []


def test_only_admins_may_write_the_secrets_of_the_app_by_its_conf(unpacked: Path) -> None:
    access = ini.read(unpacked / "metadata" / "default.meta")["passwords"]["access"]

    assert access == "read : [ * ], write : [ admin, sc_admin ]"


def test_only_admins_may_see_who_the_tenants_of_a_provider_are(unpacked: Path) -> None:
    access = ini.read(unpacked / "metadata" / "default.meta")["falcon_event_streams_tenants"]["access"]

    assert access == "read : [ admin, sc_admin ], write : [ admin, sc_admin ]"


def test_the_role_that_ships_is_registered_by_a_setting_and_grants_nothing(unpacked: Path) -> None:
    roles = ini.read(unpacked / "default" / "authorize.conf")

    assert roles == {"role_falcon_event_streams_checkpoint": {"srchJobsQuota": "1"}}  # no capability, no imported role
