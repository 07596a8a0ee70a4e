"""Writes tests/package/conf_keys.json: the keys that Splunk knows of the stanzas which this add-on ships.

    python3 -m tools.conf_keys FOLDER

FOLDER holds one folder of spec files per version of Splunk (`9.2/props.conf.spec`, `10.4/props.conf.spec`), as
splunk/vscode-extension-splunk publishes them under spec_files/. Only facts are kept, by conf, stanza, and key as the
spec writes them: `kind`, what the newest text says of the value; `seen`, the versions whose text has the key; `since`,
the first of these. The texts stay outside the repository. A file may be an extract: keys that are not in it count as
not seen. Data about versions that FOLDER lacks is kept.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from tests.splunkd.conf import ini, spec

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "tests" / "package" / "conf_keys.json"

Data = Dict[str, Dict[str, Dict[str, Dict[str, Any]]]]


def shipped(root: Path = ROOT) -> Dict[str, ini.Stanzas]:
    """What ships, by conf; `default.meta` is one of them."""
    paths = [*sorted((root / "default").glob("*.conf")), root / "metadata" / "default.meta"]
    return {path.name if path.suffix == ".meta" else path.stem: ini.read(path) for path in paths}


def gather(folder: Path, confs: Dict[str, ini.Stanzas], data: Data) -> Data:
    """The data, updated from the versions in a folder. Raises FileNotFoundError if the folder holds no version."""
    versions = sorted((path.name for path in folder.iterdir() if path.is_dir()), key=_order)
    if not versions:
        raise FileNotFoundError(f"{folder} holds no folder named after a version of Splunk")
    gathered: Data = {conf: {} for conf in confs}
    for conf, pattern, key, entry in _entries(data):
        seen = [version for version in entry["seen"] if version not in versions]
        if seen and conf in gathered:
            gathered[conf].setdefault(pattern, {})[key] = {"kind": entry["kind"], "seen": seen}
    for version in versions:
        for conf, stanzas in confs.items():
            for pattern, keys in _needed(folder / version, conf, stanzas):
                for key, kind in keys.items():
                    entry = gathered[conf].setdefault(pattern, {}).setdefault(key, {"seen": []})
                    entry["seen"] = sorted([*entry["seen"], version], key=_order)
                    entry["kind"] = kind if entry["seen"][-1] == version else entry["kind"]
    for *_, entry in _entries(gathered):
        entry["since"] = entry["seen"][0]
    return {conf: patterns for conf, patterns in gathered.items() if patterns}


def text(data: Data) -> str:
    """The data as it is stored: one line per key, everything in order."""
    confs = []
    for conf, patterns in sorted(data.items()):
        stanzas = []
        for pattern, keys in sorted(patterns.items()):
            lines = [f"   {json.dumps(key)}: {json.dumps(keys[key], sort_keys=True)}" for key in sorted(keys)]
            stanzas.append(f"  {json.dumps(pattern)}: {{\n" + ",\n".join(lines) + "\n  }")
        confs.append(f" {json.dumps(conf)}: {{\n" + ",\n".join(stanzas) + "\n }")
    return "{\n" + ",\n".join(confs) + "\n}\n"


def _needed(folder: Path, conf: str, stanzas: ini.Stanzas) -> Iterator[Tuple[str, Dict[str, str]]]:
    """The stanzas of a spec file that describe a stanza of ours."""
    path = folder / f"{conf if conf.endswith('.meta') else conf + '.conf'}.spec"
    if path.exists():
        for pattern, keys in spec.parse(path.read_text(encoding="utf-8")).items():
            if pattern == ini.DEFAULT or any(spec.matches(pattern, stanza) for stanza in stanzas):
                yield pattern, keys


def _entries(data: Data) -> Iterator[Tuple[str, str, str, Dict[str, Any]]]:
    for conf, patterns in data.items():
        for pattern, keys in patterns.items():
            for key, entry in keys.items():
                yield conf, pattern, key, entry


def _order(version: str) -> List[int]:
    return [int(part) for part in version.split(".")]


def main() -> None:
    """Bring the data up to date with the spec files of a folder."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("say which folder holds the spec files: python3 -m tools.conf_keys FOLDER")
    known: Data = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else {}
    DATA.write_text(text(gather(Path(sys.argv[1]), shipped(), known)), encoding="utf-8")


if __name__ == "__main__":
    main()
