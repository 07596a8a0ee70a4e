"""Every token of what ships, by machine: none without the filter of the place where it stands.

Rules (Dashboard Studio, "Token filters"): `|s` makes a quoted text of SPL, `|u` a part of a URL, both in turn a text of
SPL within a URL. `|n` takes a value as it is: only for the whole of a link that the search has passed through
`falcon_event_streams_console_link`. A range of time goes to the search job beside its SPL, so it needs no filter there.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.knowledge.rows import NAMES, VIEWS, definition, query_of
from tests.splunkd.conf import ini
from tools.package import ROOT

GATE = "`falcon_event_streams_console_link`"
_TOKEN = re.compile(r"(\"|%22)?\$([\w.: -]+)((?:\|\w+)*)\$(\"|%22)?")
_TIMES = ("queryParameters.earliest", "queryParameters.latest")
_MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySet|\beval\(|new Function")


def texts(tree: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a definition, and the keys that lead to it."""
    if isinstance(tree, str):
        yield place, tree
    pairs = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        yield from texts(value, f"{place}.{key}")


def unfiltered(tree: dict[str, Any]) -> Iterator[str]:
    """The tokens of a dashboard that go somewhere as they are."""
    for place, text in texts(tree):
        for before, name, filters, after in _TOKEN.findall(text):
            if not _fits(tree, place, text, name, filters) or before or after:
                yield f"{place}: {before}${name}{filters}${after}"


def _fits(tree: dict[str, Any], place: str, text: str, name: str, filters: str) -> bool:
    """Whether a token has the filter of its place."""
    if place.endswith(_TIMES):
        return text == f"${name}$" and filters == ""
    if place.endswith(".options.query"):
        return filters == "|s"
    if not place.endswith(".options.url"):
        return False
    if filters == "|n":
        return text == "$row._url.value|n$" and _passed(tree, place.split(".")[2])
    within_spl = text.split(f"${name}{filters}$")[0].rpartition("&")[2].partition("?")[2].startswith("q=")
    return filters == ("|s|u" if within_spl else "|u")


def _passed(tree: dict[str, Any], panel: str) -> bool:
    """Whether the search behind a panel keeps only links to consoles, and changes nothing of them afterwards."""
    source = tree["visualizations"][panel]["dataSources"]["primary"]
    *_, gate, hide, table = query_of(tree, source).split(" | ")
    return bool(gate == GATE and hide == "rename url AS _url" and re.fullmatch(r"table [\w ]+", table))


def confs() -> Iterator[tuple[str, str]]:
    """Every value of the conf files that ship, but for the groups that an expression captures."""
    for path in sorted((ROOT / "default").glob("*.conf")):
        for stanza, said in ini.read(path).items():
            for key, value in said.items():
                if (path.name, key) != ("transforms.conf", "FORMAT"):
                    yield f"{path.name} [{stanza}] {key}", value


def test_every_view_is_a_dashboard_whose_tokens_are_read_here() -> None:
    assert sorted(path.stem for path in VIEWS.rglob("*") if path.is_file()) == sorted(NAMES)
    for name in NAMES:
        outside = re.sub(
            r"<definition>.*</definition>", "", (VIEWS / f"{name}.xml").read_text("utf-8"), flags=re.DOTALL
        )
        assert "$" not in outside


@pytest.mark.parametrize("name", NAMES)
def test_every_token_has_the_filter_of_its_place(name: str) -> None:
    assert list(unfiltered(definition(name))) == []


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("dataSources.ds_total.options.query", 'index=* cid="$customer$"'),
        ("dataSources.ds_total.options.query", "index=* cid=$customer$"),
        ("dataSources.ds_total.options.query", 'index=* cid="$customer|s$"'),
        ("dataSources.ds_total.options.query", "index=* cid=$customer|u$"),
        ("dataSources.ds_events.options.queryParameters.earliest", "$global_time.earliest$ | delete"),
        ("visualizations.viz_dest.eventHandlers.0.options.url", "/app/x/search?q=dest%3D$row.dest.value$"),
        ("visualizations.viz_dest.eventHandlers.0.options.url", "/app/x/search?q=dest%3D$row.dest.value|u$"),
        ("visualizations.viz_dest.eventHandlers.0.options.url", "/app/x/search?q=dest%3D%22$row.dest.value|s|u$%22"),
        ("visualizations.viz_dest.eventHandlers.0.options.url", "/app/x/search?q=x&earliest=$global_time.earliest$"),
        ("visualizations.viz_dest.eventHandlers.0.options.url", "$row._url.value|n$"),
        ("visualizations.viz_latest.eventHandlers.0.options.url", "$row.dest.value|n$"),
        ("visualizations.viz_latest.eventHandlers.0.options.url", "https://evil.example/$row._url.value|n$"),
        (
            "dataSources.ds_latest.options.query",
            f"index=* | {GATE} | eval url=signature | rename url AS _url | table _url",
        ),
        ("dataSources.ds_latest.options.query", f"index=* | {GATE} | rename signature AS _url | table _url"),
        ("dataSources.ds_latest.options.query", "index=* | sort 1 | rename url AS _url | table _url"),
        ("visualizations.viz_empty.options.markdown", "Hello $row.user.value$"),
        ("visualizations.viz_total.title", "$customer$"),
    ],
)
def test_a_token_without_its_filter_is_found(place: str, text: str) -> None:
    """The control of the former."""
    tree = copy.deepcopy(definition("detections"))
    at: Any = tree
    *way, last = place.split(".")
    for key in way:
        at = at[int(key) if isinstance(at, list) else key]
    at[last] = text
    assert list(unfiltered(tree))


# The values of an event that go into texts of an alert or a finding, and into the search of a drilldown. The searches
# pass the former through `falcon_event_streams_plain_text`, and the latter are ids without a quote.
_ALLOWED = {
    "action.email.subject": {"result.headline"},
    "action.email.message.alert": {"result.headline", "result.details"},
    "action.notable.param.rule_title": {"headline"},
    "action.notable.param.rule_description": {"details"},
    "action.risk.param._risk_message": {"headline"},
    "action.notable.param.drilldown_searches": {"id", "detection_group_id", "info_min_time", "info_max_time"},
}


def forbidden(values: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The tokens of conf files that put a value of an event where it must not be."""
    for place, value in values:
        key = place.rpartition(" ")[2]
        allowed = {"hist_scope"} if place.startswith("checklist.conf") else _ALLOWED.get(key, set())
        for _, name, filters, _ in _TOKEN.findall(value):
            if name not in allowed or filters:
                yield f"{place}: ${name}{filters}$"


def test_a_conf_file_puts_a_value_of_an_event_into_texts_and_ids_into_a_search_and_nothing_else_anywhere() -> None:
    """No macro takes an argument; workflow actions do not ship."""
    assert list(forbidden(confs())) == []
    assert not (ROOT / "default" / "workflow_actions.conf").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("search", 'dest="$result.dest$"'),
        ("action.email.subject", "$result.dest$"),
        ("action.email.to", "$result.headline$"),
        ("action.notable.param.rule_title", "$signature$"),
        ("action.notable.param.drilldown_searches", 'dest=\\"$dest$\\"'),
    ],
)
def test_a_value_that_a_conf_file_puts_elsewhere_is_found(key: str, value: str) -> None:
    """The control of the former."""
    assert list(forbidden([(f"savedsearches.conf [x] {key}", value)]))


def test_our_own_scripts_and_pages_make_no_markup_of_a_text() -> None:
    scripts = [path for path in (ROOT / "appserver").rglob("*") if path.is_file()]
    assert {path.suffix for path in scripts} == {".js"}
    for path in [*scripts, ROOT / "globalConfig.json"]:
        assert _MARKUP.findall(Path(path).read_text(encoding="utf-8")) == [], path


def test_markup_and_tokens_are_found_by_these_expressions() -> None:
    """The control of the former two."""
    assert _MARKUP.search("cell.innerHTML = row.trouble")
    assert _TOKEN.search("See $result.url$")
