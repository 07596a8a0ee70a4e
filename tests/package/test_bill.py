"""The bill of materials: what it names is what is in the package, and it is CycloneDX."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tools import environments
from tools import package as builder

_VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
print(error.data.message if error else "valid")
"""


@pytest.fixture(scope="module")
def tree(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = builder.write_bill(package, tmp_path_factory.mktemp("bill"))
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def verdict(tree: dict[str, Any]) -> str:
    python = str(environments.for_tool("audit"))
    done = subprocess.run([python, "-c", _VALIDATE], input=json.dumps(tree), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def shipped(package: Path) -> set[str]:
    """Each library in the package as name==version; the one from an sdist by the version in its own code."""
    with tarfile.open(package) as archive:
        names = archive.getnames()
        code = archive.extractfile("TA_falcon_event_streams/lib/splunklib/__init__.py")
        assert code is not None
        numbers = re.search(rb"__version_info__ = \(([0-9, ]+)\)", code.read())
    assert numbers is not None
    found = {match.group(1) for match in (re.search(r"/lib/([^/]+)\.dist-info$", name) for name in names) if match}
    wheels = {"==".join(name.replace("_", "-").rsplit("-", 1)) for name in found}
    return wheels | {"splunk-sdk==" + numbers.group(1).decode().replace(", ", ".")}


def test_it_names_exactly_the_libraries_that_ship_each_with_address_hash_and_licence(
    package: Path, tree: dict[str, Any]
) -> None:
    libraries = [each for each in tree["components"] if each["type"] == "library"]

    assert {f"{each['name']}=={each['version']}" for each in libraries} == shipped(package)
    for each in libraries:
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
        assert re.fullmatch("[0-9a-f]{64}", each["hashes"][0]["content"])
        assert each["licenses"][0]["license"]["id"]
    assert [each["name"] for each in tree["components"] if each not in libraries] == ["splunk-add-on-ucc-framework"]


def test_it_is_valid_cyclonedx_and_a_wrong_licence_is_found(tree: dict[str, Any]) -> None:
    assert verdict(tree) == "valid"
    (first, *rest) = tree["components"]
    assert verdict({**tree, "components": [{**first, "licenses": [{"license": {"id": "None-1.0"}}]}, *rest]}) != "valid"


def test_the_same_package_has_the_same_bill(package: Path, tmp_path: Path, tree: dict[str, Any]) -> None:
    first = builder.write_bill(package, tmp_path).read_bytes()

    assert builder.write_bill(package, tmp_path).read_bytes() == first
    assert tree["metadata"]["component"]["version"] == builder.version()
