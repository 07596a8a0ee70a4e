"""Looks packages up in files of advisories (`python -m tools.advisories FILE...`, packages as JSON on stdin).

Rules: it runs in the environment `audit`, which has a library that compares versions. A file holds OSV records: one, a
list, an answer with `vulns`, or a zip of them, like an ecosystem's export. A withdrawn record does not count. A version
that cannot be compared is an error, never a pass. No network is used.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Sequence

import semantic_version
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

Record = Mapping[str, Any]


class Kind(NamedTuple):
    """How an ecosystem names and orders its packages."""

    name: Callable[[str], str]
    version: Callable[[str], Any]
    lowest: str


KINDS = {
    "PyPI": Kind(lambda name: str(canonicalize_name(name)), Version, "0.dev0"),
    "npm": Kind(lambda name: name, semantic_version.Version, "0.0.0-0"),
}


def read(path: Path) -> Iterator[Record]:
    """The records of a file. Raises ValueError if it holds something else."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            texts = [archive.read(name) for name in archive.namelist() if name.endswith(".json")]
    else:
        texts = [path.read_bytes()]
    for text in texts:
        tree = json.loads(text)
        records = tree.get("vulns", [tree]) if isinstance(tree, dict) else tree
        for record in records:
            if not isinstance(record, dict) or "id" not in record:
                raise ValueError("it holds something that is no OSV record")
            if not record.get("withdrawn"):
                yield record


def about(package: Mapping[str, str], records: Sequence[Record]) -> List[List[str]]:
    """The ids of each record that affects a package, the record's own id first."""
    return [
        [str(record["id"]), *record.get("aliases", [])]
        for record in records
        if any(_affects(package, each, str(record["id"])) for each in record.get("affected", []))
    ]


def _affects(package: Mapping[str, str], affected: Mapping[str, Any], record: str) -> bool:
    named = affected.get("package", {})
    kind = KINDS[package["ecosystem"]]
    if named.get("ecosystem") != package["ecosystem"] or kind.name(named["name"]) != kind.name(package["name"]):
        return False
    if package["version"] in affected.get("versions", []):
        return True
    try:
        version = kind.version(package["version"])
        ranges = [each["events"] for each in affected.get("ranges", []) if each["type"] in ("SEMVER", "ECOSYSTEM")]
        return any(_within(version, events, kind) for events in ranges)
    except (InvalidVersion, ValueError) as error:
        raise ValueError(f"{record} cannot be compared with {package['name']} {package['version']}: {error}") from None


def _within(version: Any, events: Sequence[Mapping[str, str]], kind: Kind) -> bool:
    """Whether a version is in a range, by the range's events in order (OSV schema, section on ranges)."""
    told = [step for each in events for step in each.items()]
    steps = [(what, kind.version(kind.lowest if text == "0" else text)) for what, text in told]
    inside = False
    for what, bound in sorted(steps, key=lambda step: step[1]):
        if what == "introduced" and version >= bound:
            inside = True
        elif (what == "fixed" and version >= bound) or (what == "last_affected" and version > bound):
            inside = False
    return inside


def main() -> None:
    """Print, as JSON, the ids of the advisories of each package, in the order of the packages."""
    packages: List[Dict[str, str]] = json.load(sys.stdin)
    records: List[Record] = []
    for path in map(Path, sys.argv[1:]):
        try:
            records += read(path)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise SystemExit(f"{path}: {error}") from None
    try:
        print(json.dumps([about(package, records) for package in packages]))
    except ValueError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
