"""What the pages name exists: links and their headings, paths, tests, make targets, settings, log keys and commands.

Rules: what counts as named stands between backticks or in a block of code. A word with an underscore there is one that
the sources know, or it is in ELSEWHERE with its owner. Each check has a control.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.unit.test_log_page import used
from tools import conf_keys, package

ROOT = package.ROOT
# The records tell of their day, and name what has gone since.
RECORDS = ROOT / "docs" / "decisions"
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(page for page in (ROOT / "docs").rglob("*.md") if page.parent != RECORDS),
        *(ROOT / "tests").glob("*/README.md"),
        package.PACKAGE_README,
    ]
)
OURS = ROOT / "bin" / "falcon_streams"
SCREEN = 60  # lines; the README is three of them at most
# What a target makes, what an admin writes, and the name of an image.
MADE = ("build/", "dist/", "lib/", ".venv/", ".cache/", "metadata/local.meta", "splunk/splunk")
# Pages for those who read the code: they may name what only tools and tests know.
FOR_DEVELOPERS = {"CONTRIBUTING.md", "CHANGELOG.md", "architecture.md", "performance.md", "security.md"}
# Words of others, by whom they belong to.
ELSEWHERE = {
    "Splunk": "filterType whitelist excludeFromUpdate restartSplunkd list_storage_passwords INDEXED_EXTRACTIONS",
    "a modular input's scheme": "streaming_mode switches",
    "other add-ons": "crowdstrike_stream cs_crowdstrike_eventstream",
}
PRODUCT = ("bin", "default", "metadata", "README", "lookups", "globalConfig.json")
WORKSHOP = ("tools", "tests", "pyproject.toml", "Makefile")
SOURCES = (".py", ".conf", ".spec", ".csv", ".json", ".xml", ".meta", ".toml", "")
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")


def spans(text: str) -> list[str]:
    """What stands between backticks within a line."""
    return _SPAN.findall(_FENCE.sub("", text))


def blocks(text: str, language: str = "") -> list[str]:
    """The blocks of code in this language."""
    return [body for name, body in _FENCE.findall(text) if name == language]


def code(text: str) -> list[str]:
    """All code of a page; of diagrams nothing."""
    return [*spans(text), *(body for name, body in _FENCE.findall(text) if name != "mermaid")]


def anchors(text: str) -> set[str]:
    """The headings of a page, as links name them."""
    titles = re.findall(r"^#+ (.*)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def dead_links(page: Path, text: str) -> Iterator[str]:
    """The relative links of a page that lead to no file or no heading."""
    folder = ROOT if page == package.PACKAGE_README else page.parent
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        target, _, heading = link.partition("#")
        path = folder / target if target else page
        if not path.exists() or (heading and heading not in anchors(path.read_text(encoding="utf-8"))):
            yield link


def dead_paths(page: Path, text: str) -> Iterator[str]:
    """The paths of the checkout, and of a room of ours, that a page names and that are not there."""
    roots = {path.name for path in ROOT.iterdir() if path.is_dir()}
    rooms = {path.name for path in OURS.iterdir() if path.is_dir()}
    for piece in code(text):
        for name in re.findall(r"(?<![\w./$<>:{-])([\w.][\w.-]*/[\w./*-]*)", piece):
            first = name.partition("/")[0]
            root = ROOT if first in roots else OURS if first in rooms else None
            if root is not None and not name.startswith(MADE) and not any(root.glob(name.rstrip("/."))):
                yield name


def dead_tests(page: Path, text: str) -> Iterator[str]:
    """The tests that a page names and that no file has."""
    for file, name in re.findall(r"`([\w/.-]+\.py)::(\w+)", text):
        path = page.parent / file if (page.parent / file).exists() else ROOT / file
        if not path.exists() or f"def {name}(" not in path.read_text(encoding="utf-8"):
            yield f"{file}::{name}"


def dead_targets(page: Path, text: str) -> Iterator[str]:
    """The make targets, and their variables, that the Makefile does not have."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for piece in code(text):
        for target, rest in re.findall(r"(?:^|\s)make ([a-z-]+)((?: [A-Z_]+=)?)", piece, re.MULTILINE):
            recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)*)", makefile, re.MULTILINE)
            if recipe is None or (rest and f"$({rest[1:-1]})" not in recipe.group(1).replace(",", ")")):
                yield f"make {target}{rest}"


def dead_settings(page: Path, text: str) -> Iterator[str]:
    """What a page sets that is neither a setting of ours nor a key of Splunk's."""
    for piece in [*spans(text), *(body for body in blocks(text) if re.search(r"^\s*\[", body, re.MULTILINE))]:
        for name in re.findall(r"^\s*([A-Za-z_.-]+)(?:\.[0-9])? = ?", piece, re.MULTILINE):
            if name not in keys() | _elsewhere():
                yield name


def dead_log_keys(page: Path, text: str) -> Iterator[str]:
    """The actions that no line of the log bears, and the keys and words that the product does not know."""
    known = words(PRODUCT) | _elsewhere()
    for piece in spans(text):
        if piece.startswith(("make ", "$CURL")):
            continue
        for key, word in re.findall(r"(?<![\w.$%?&/-])([a-z_]+)=(?!=)(?:([a-z_]+)(?![\w*.]))?", piece):
            if (key == "action" and word and word not in used()) or not {key, word or key} <= known:
                yield f"{key}={word}"


def dead_commands(page: Path, text: str) -> Iterator[str]:
    """The modules of Python, and their options, that are not there."""
    for piece in code(text):
        for module, rest in re.findall(r"python(?:3)? -m ((?:tools|tests)[\w.]*)(.*)$", piece, re.MULTILINE):
            path = ROOT / module.replace(".", "/")
            sources = list(path.rglob("*.py")) or [each for each in (path.with_suffix(".py"),) if each.exists()]
            if not sources:
                yield module
                continue
            known = {"help"}.union(*(_words_of(each) for each in sources))
            options = re.findall(r"(?<!\S)(--[a-z-]+)", rest.partition("#")[0])
            yield from (each for each in options if not set(each[2:].split("-")) <= known)


def unknown_words(page: Path, text: str) -> Iterator[str]:
    """The words with an underscore that no source knows."""
    ours = page.name in FOR_DEVELOPERS or page.parent.parent == ROOT / "tests"
    known = words(PRODUCT + WORKSHOP if ours else PRODUCT) | _elsewhere()
    for piece in spans(text):
        for word in re.findall(r"(?<![\w%])[A-Za-z]\w*_\w+", piece):
            if word.rstrip("_") not in known and not any(each.startswith(word) for each in known if word[-1] == "_"):
                yield word


def not_rendered(page: Path, text: str) -> Iterator[str]:
    """What GitHub shows and the site does not: a table right below a paragraph, a block of code in a list less than
    four deep, an item of a list right below a block of the one before."""
    first = before = ""
    for line in text.splitlines():
        in_list = first.startswith("    ")
        if (
            (line.startswith("|") and before and not before.startswith(("|", "<!--", "#")))
            or re.match(r" {1,3}```", line)
            or (in_list and re.match(r"(?:\d+\.|-) ", line))
        ):
            yield line
        first = line if not (line and first) or re.match(r" +```", line) else first
        before = line


@cache
def words(folders: tuple[str, ...]) -> set[str]:
    """The words of the sources in these folders and files, file names included."""
    paths = {each for name in folders for each in (ROOT / name, *(ROOT / name).rglob("*"))}
    return {word for path in paths if path.suffix in SOURCES and path.is_file() for word in _words_of(path)}


def _words_of(path: Path) -> set[str]:
    return {*re.findall(r"[A-Za-z_]\w*", path.read_text(encoding="utf-8")), *path.stem.split(".")}


def _elsewhere() -> set[str]:
    return set(" ".join(ELSEWHERE.values()).split())


@cache
def keys() -> set[str]:
    """The settings of ours, and the keys of Splunk's confs."""
    trees = [json.loads(path.read_text(encoding="utf-8")) for path in (OURS / "splunk" / "schemas").glob("*.json")]
    schemas = [schema for tree in trees for schema in (tree, *tree.get("$defs", {}).values())]
    splunks = json.loads((ROOT / "tests" / "package" / "conf_keys.json").read_text(encoding="utf-8"))
    return {
        *(name for schema in schemas for name in schema.get("properties", {})),
        *(key for stanzas in splunks.values() for keys in stanzas.values() for key in keys),
        *(key for stanzas in conf_keys.shipped().values() for keys in stanzas.values() for key in keys),
    }


CHECKS: tuple[tuple[Callable[[Path, str], Iterator[str]], str, str], ...] = (
    (dead_links, "[here](docs/log.md#what-the-log-says), [gone](nowhere.md), [web](https://a.test)", "nowhere.md"),
    (dead_links, "[here](#the-promise), [gone](docs/log.md#nothing)", "docs/log.md#nothing"),
    (dead_paths, "`docs/log.md`, `core/roster.py`, `tests/*/README.md`, `$HOME/bin/a`, `docs/gone.md`", "docs/gone.md"),
    (
        dead_tests,
        "`tests/unit/test_pages.py::words`, `tests/unit/test_pages.py::gone`",
        "tests/unit/test_pages.py::gone",
    ),
    (dead_targets, "`make demo DROP=1`, `make demo GONE=1`", "make demo GONE="),
    (dead_targets, "to make sure:\n```sh\nmake quick\nmake gone\n```", "make gone"),
    (dead_settings, "`replay_seconds = 30`\n```\n[x]\nindex = a\nreplay = 1\n```", "replay"),
    (dead_log_keys, "`action=fatal for_s=`, `action=gone`", "action=gone"),
    (dead_log_keys, "`state=running`, `gone_s=`", "gone_s="),
    (dead_commands, "`python3 -m tools.package --in-place`, `python3 -m tools.gone`", "tools.gone"),
    (dead_commands, "```sh\npython3 -m tools.package --gone  # --not-one\n```", "--gone"),
    (not_rendered, "text\n\n| a |\n|---|\n\ntext\n| b |", "| b |"),
    (not_rendered, "1. one\n   ```sh", "   ```sh"),
    (not_rendered, "1. one\n    goes on\n2. two\n    ```\n    a\n    ```\n3. three", "3. three"),
    (unknown_words, "`replay_seconds`, `replay_minutes`", "replay_minutes"),
)


@pytest.mark.parametrize("check", dict.fromkeys(check for check, _, _ in CHECKS), ids=lambda check: check.__name__)
def test_what_the_pages_name_exists(check: Callable[[Path, str], Iterator[str]]) -> None:
    found = {
        str(page.relative_to(ROOT)): dead for page in PAGES if (dead := list(check(page, page.read_text("utf-8"))))
    }

    assert found == {}


@pytest.mark.parametrize(("check", "text", "dead"), CHECKS)
def test_what_does_not_exist_is_found(check: Callable[[Path, str], Iterator[str]], text: str, dead: str) -> None:
    assert list(check(ROOT / "README.md", text)) == [dead]


def test_the_readme_is_short_and_leads_to_every_page_for_users() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}

    assert len(text.splitlines()) <= 3 * SCREEN
    assert pages <= set(re.findall(r"\]\(([^)#]+)", text))


def test_the_package_leads_to_every_page_that_ships_and_to_no_other() -> None:
    shipped = {ROOT / name for name in package.tracked()}
    pages = {page for page in shipped if page.suffix == ".md"}
    links = {
        (ROOT if page == package.PACKAGE_README else page.parent) / link
        for page in (*pages, package.PACKAGE_README)
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if "://" not in link
    }

    assert {path.resolve() for path in links} <= shipped
    assert pages <= {path.resolve() for path in links}
