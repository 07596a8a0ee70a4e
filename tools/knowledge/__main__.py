"""Writes what `knowledge/` comes to; `--check` names files that differ, `--pages FOLDER` writes the types' pages."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Dict

from tools.knowledge.compiled import files
from tools.knowledge.pages import pages
from tools.package import ROOT

_SEED, _CUSTOMER, _OFFSET, _CREATED = 7, "0a1b2c3d4e5f60718293a4b5c6d7e8f9", 77, 1_769_000_131_000


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(description="Write what knowledge/ comes to.")
    parser.add_argument("--check", action="store_true", help="write nothing, name the files that differ")
    parser.add_argument("--pages", type=Path, metavar="FOLDER", help="write the pages of the event types there")
    arguments = parser.parse_args()
    if arguments.pages is not None:
        _write(arguments.pages, pages(_examples()))
        return
    differing = {path: text for path, text in files().items() if _now(path) != text}
    if not arguments.check:
        _write(ROOT, differing)
    elif differing:
        raise SystemExit(f"run make knowledge: {', '.join(differing)} differ")


def _write(folder: Path, texts: Dict[str, str]) -> None:
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode("utf-8"))


def _now(path: str) -> str:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _examples() -> Dict[str, object]:
    from tests.emulator.events.catalogue import Catalogue  # what only the pages need

    catalogue = Catalogue(_SEED, _CUSTOMER)
    return {
        name: json.loads(templates[0].stamp(_CUSTOMER.encode(), _OFFSET, _CREATED, 1))
        for name, templates in catalogue.by_type.items()
    }


if __name__ == "__main__":
    main()
