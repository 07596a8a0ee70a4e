"""The bill of materials: what it names is what is in the package, and it is CycloneDX."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tools import audit, environments, licences, locks
from tools import package as builder

_VALIDATE = """
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
validator = JsonStrictValidator(SchemaVersion.V1_6)
print(json.dumps([validator.validate_str(json.dumps(tree)) is None for tree in json.load(sys.stdin)]))
"""


@pytest.fixture(scope="module")
def tree(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = builder.write_bill(package, tmp_path_factory.mktemp("bill"))
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def valid(*trees: dict[str, Any]) -> list[bool]:
    """Whether each is CycloneDX."""
    python = str(environments.for_tool("audit"))
    told = json.dumps(trees)
    done = subprocess.run([python, "-c", _VALIDATE], input=told, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


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


def listed(package: Path) -> set[tuple[str, str]]:
    """The front end's packages, from the licence list that ships with its scripts."""
    with tarfile.open(package) as archive:
        file = archive.extractfile("TA_falcon_event_streams/appserver/static/js/build/licenses.txt")
        assert file is not None
        return set(re.findall(r"^Name: (\S+)\nVersion: (\S+)$", file.read().decode(), re.MULTILINE))


def test_it_names_exactly_the_libraries_that_ship_each_with_address_hash_and_licence(
    package: Path, tree: dict[str, Any]
) -> None:
    libraries = [each for each in tree["components"] if each["purl"].startswith("pkg:pypi/")]
    framework = libraries.pop()

    assert {f"{each['name']}=={each['version']}" for each in libraries} == shipped(package)
    for each in libraries:
        assert each["type"] == "library"
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
        assert re.fullmatch("[0-9a-f]{64}", each["hashes"][0]["content"])
        assert each["licenses"][0]["license"]["id"]
    assert (framework["type"], framework["name"]) == ("framework", "splunk-add-on-ucc-framework")
    lock = (locks.FOLDER / "ucc.txt").read_text(encoding="utf-8")
    assert f"--hash=sha256:{framework['hashes'][0]['content']}" in lock


def test_it_names_all_that_the_front_ends_licence_list_names(package: Path, tree: dict[str, Any]) -> None:
    named = [each for each in tree["components"] if each["purl"].startswith("pkg:npm/")]

    assert {(each["name"], each["version"]) for each in named} == listed(package)
    assert len(named) > 200
    assert [each["name"] for each in named if "licenses" not in each] == ["uuid-v4"]  # the list says "null" there
    (of_ours, of_framework) = tree["dependencies"]
    assert of_framework["dependsOn"] == [each["purl"] for each in named]
    assert of_framework["ref"] == of_ours["dependsOn"][-1]


def test_the_audit_asks_for_all_that_the_bill_names(tree: dict[str, Any]) -> None:
    asked = [(each.name, each.version) for packages in audit.shipped().values() for each in packages]

    assert asked == [(each["name"], each["version"]) for each in tree["components"]]


def test_a_licence_is_an_identifier_an_expression_words_or_nothing() -> None:
    entry = "Name: @a/b\nVersion: {}\nLicense: {}\nPrivate: false\n---\n\n"
    told = ["MIT", "(MIT AND Zlib)", "SEE LICENSE IN LICENSE.md", "null", "MIT OR SEE LICENSE"]
    text = "".join(entry.format(number, licence) for number, licence in enumerate(told))

    found = licences.read(text + entry.format("null", "MIT"))

    assert [each.purl for each in found][:2] == ["pkg:npm/%40a/b", "pkg:npm/%40a/b@0"]
    assert [licences.declared(each.licence) for each in found[1:]] == [
        [{"license": {"id": "MIT"}}],
        [{"expression": "(MIT AND Zlib)"}],
        [{"license": {"name": "SEE LICENSE IN LICENSE.md"}}],
        [],
        [{"license": {"name": "MIT OR SEE LICENSE"}}],
    ]


def test_it_is_valid_cyclonedx_and_a_wrong_licence_is_found(tree: dict[str, Any]) -> None:
    (first, *rest) = tree["components"]
    wrong = {**tree, "components": [{**first, "licenses": [{"license": {"id": "None-1.0"}}]}, *rest]}

    assert valid(tree, wrong) == [True, False]


def test_the_same_package_has_the_same_bill(package: Path, tmp_path: Path, tree: dict[str, Any]) -> None:
    assert json.loads(builder.write_bill(package, tmp_path).read_bytes()) == tree
    assert tree["metadata"]["component"]["version"] == builder.version()
