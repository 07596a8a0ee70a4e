"""A linter of searches has nothing to say of those that ship, but for the exceptions.

splint_exceptions.json has the exceptions, each with its reason. One that no longer occurs fails, so it has to be
deleted.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.knowledge.rows import NAMES, definition, query_of
from tests.splunkd.conf import ini
from tools import environments
from tools.package import ROOT

pytestmark = pytest.mark.package

_EXCEPTIONS = Path(__file__).with_name("splint_exceptions.json")
_KEYS = {"savedsearches": "search", "eventtypes": "search", "macros": "definition", "checklist": "search"}
# The token of a dashboard's input, which a search gets as a quoted text.
_TOKEN = re.compile(r"\$[a-z_]+\|s\$")

# What the Monitoring Console puts in the place of a token: nothing, or a group of search peers.
_SCOPE = "$hist_scope$"


class Finding(NamedTuple):
    """What the linter says of a search, by the code of its rule."""

    place: str
    search: str
    code: str


def searches() -> dict[tuple[str, str], str]:
    """Every search that ships, by its place and its name there."""
    found = {
        (conf, stanza): settings[key].replace(_SCOPE, "search_group=dmc_group_indexer")
        for conf, key in _KEYS.items()
        for stanza, settings in ini.read(ROOT / "default" / f"{conf}.conf").items()
        if key in settings
    }
    for name in NAMES:
        tree = definition(name)
        for source in tree["dataSources"]:
            found[name, source] = _TOKEN.sub('"value"', query_of(tree, source))
    return found


def findings(texts: dict[tuple[str, str], str], folder: Path) -> list[Finding]:
    """What the linter says of searches, which it reads in a folder without a configuration."""
    script = environments.for_tool("splint").with_name("splint")
    assert script.exists(), "the linter needs Python 3.11 or later: install one, and remove .venv/splint"
    named = {f"{number}.spl": key for number, key in enumerate(texts)}
    for file, key in named.items():
        (folder / file).write_text(texts[key], encoding="utf-8")
    done = subprocess.run([str(script), "--format", "json", *named], cwd=folder, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return [Finding(*named[each["path"]], each["code"]) for each in json.loads(done.stdout)["diagnostics"]]


def test_the_linter_finds_nothing_but_the_exceptions(tmp_path: Path) -> None:
    rows = json.loads(_EXCEPTIONS.read_text(encoding="utf-8"))
    excused = [Finding(row["place"], row["search"], row["code"]) for row in rows if row["reason"]]
    assert len(excused) == len(rows), "an exception without a reason"
    found = findings(searches(), tmp_path)

    assert sorted(found) == sorted(excused)


def test_every_search_that_ships_is_read() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "default").rglob("*.xml"))
    settings = [key for conf in _KEYS for each in ini.read(ROOT / "default" / f"{conf}.conf").values() for key in each]

    assert len(searches()) == text.count('"query":') + settings.count("search") + settings.count("definition")
    assert not any("$" in query or "noqa" in query for query in searches().values())


def test_what_a_search_should_not_do_is_found(tmp_path: Path) -> None:
    """The control of the former: every rule, in a search of ours each."""
    text = searches()["savedsearches", "Falcon - silent input"]
    added = {
        "SPL001": "index=* | table x",
        "SPL002": f'search x="*a" | {text}',
        "SPL003": f"{text} | join x [search y]",
        "SPL004": f"{text} | transaction x",
        "SPL005": f"{text} | sort - x",
        "SPL101": f"{text}|head 1",
    }

    found = findings({(code, "search"): text for code, text in added.items()}, tmp_path)
    assert found == [Finding(code, "search", code) for code in added]
