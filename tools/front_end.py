"""Builds the front end of the pages with UCC, from globalConfig.json in a staged copy, and keeps what the pages need.

Rules: `ucc-gen` sees a copy of three files and writes outside the checkout. Only the front end and the two views ship,
never its Python. The dashboard's parts and what nothing refers to are left out, because of their size and their
licence; the licence file of the bundle ships with it. If a page asks for a part that was left out, the browser tests
fail. Two builds have the same bytes: UCC writes the time into base.html, so that browsers load new scripts after an
upgrade; this module replaces it by a number that changes with the scripts.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, Dict

from tools import environments, program

ROOT = environments.ROOT
APP = "TA_falcon_event_streams"
_SOURCES = ("app.manifest", "default/app.conf")
_PAGE = "appserver/templates/base.html"
_DESCRIPTION = "appserver/static/openapi.json"
_SCRIPTS = "appserver/static/js/build"
_TAKEN = (
    _PAGE,
    _DESCRIPTION,
    f"{_SCRIPTS}/*",
    "default/data/ui/views/configuration.xml",
    "default/data/ui/views/inputs.xml",
)
_LEFT = ("*/Dashboard.*", "*/html2canvas*", "*/index.es*", "*/purify*", "*/EnterpriseViewOnlyPreset*")
# ucc-gen would install, without hashes, what a list in lib/ names, and a pip for that. It gets no list; and its pip
# finds no index and takes nothing without a hash.
NOTHING = {"PIP_NO_INDEX": "1", "PIP_REQUIRE_HASHES": "1"}


def unpack(app: Path) -> None:
    """Put the front end into a staged app."""
    with tempfile.TemporaryDirectory() as folder:
        built = _build(Path(folder))
        for path in sorted(built.rglob("*")):
            name = str(path.relative_to(built))
            if path.is_file() and _taken(name):
                (app / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, app / name)
    described = json.loads((app / _DESCRIPTION).read_text(encoding="utf-8"))
    correct(described)
    (app / _DESCRIPTION).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    page = (app / _PAGE).read_text(encoding="utf-8")
    digest = hashlib.sha256()
    for path in sorted((app / _SCRIPTS).rglob("*")):  # our own scripts too
        digest.update(path.read_bytes() if path.is_file() else b"")
    (app / _PAGE).write_text(_finished(page, int(digest.hexdigest()[:8], 16)), encoding="utf-8")


def _finished(page: str, number: int) -> str:
    """UCC's page with the scripts' number for its time, and with a language, which a screen reader needs to speak."""
    page, languages = re.subn(r'(<html[^>]*) lang=""', r'\1 lang="en"', page)
    if languages != 1:
        raise SystemExit("the page of this UCC names its language otherwise")
    return re.sub(r"static/@[0-9]+/", f"static/@{number}/", page)


def correct(description: Dict[str, Any]) -> None:
    """Adapt UCC's API description to our endpoints: they answer 201 for a new object, and `disabled` as a boolean."""
    paths = description["paths"]
    for name, calls in paths.items():
        if f"{name}/{{name}}" in paths:
            responses = calls["post"]["responses"]
            responses["201"] = responses.pop("200")
    for schema in description["components"]["schemas"].values():
        if "disabled" in schema["properties"]:
            schema["properties"]["disabled"] = {"type": "boolean"}


def _taken(name: str) -> bool:
    return any(fnmatch.fnmatch(name, each) for each in _TAKEN) and not any(
        fnmatch.fnmatch(name, each) for each in _LEFT
    )


def _build(folder: Path) -> Path:
    package = folder / "stage" / "package"
    for name in _SOURCES:
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, package / name)
    shutil.copyfile(ROOT / "globalConfig.json", folder / "stage" / "globalConfig.json")
    version = json.loads((ROOT / "app.manifest").read_text(encoding="utf-8"))["info"]["id"]["version"]
    python = environments.for_tool("ucc")
    command = [str(python.with_name("ucc-gen")), "build", "--source", str(package), "--ta-version", version]
    command += ["--config", str(folder / "stage" / "globalConfig.json"), "--output", str(folder / "out")]
    command += ["--python-binary-name", str(python)]
    program.run(command, "build the pages", folder, {**os.environ, **NOTHING})
    return folder / "out" / APP
