"""The dashboards and alerts as text: nothing dangles, every field a search names exists, rows are as they would be."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.knowledge.alert import is_alert, is_detection
from tests.knowledge.rows import NAMES, ROWS, answers, definition, events, log_lines, query_of
from tests.searchtime import Knowledge
from tests.splunkd.conf import ini
from tools.package import ROOT

# What each kind of visualization may be told, of what is used here (Dashboard Studio's reference).
AXES = {"xAxisTitleVisibility", "yAxisTitleVisibility", "legendDisplay"}
OPTIONS = {
    "splunk.singlevalue": {"majorColor"},
    "splunk.column": {"stackMode", "seriesColorsByField", *AXES},
    "splunk.pie": set(),
    "splunk.bar": AXES,
    "splunk.line": AXES,
    "splunk.area": AXES,
    "splunk.table": {"count", "columnFormat", "showInternalFields"},
    "splunk.markdown": {"markdown"},
}
INPUTS = {"input.timerange": {"token", "defaultValue"}, "input.text": {"token", "defaultValue"}}
INPUTS["input.dropdown"] = {"token", "defaultValue", "items"}
_TOKEN = re.compile(r"\$([a-z_]+)[.a-z_]*(?:\|[a-z])*\$")


def faults(tree: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a definition, that Splunk's own validation does not find."""
    sources, shown = tree["dataSources"], tree["visualizations"]
    used = set()
    for name, each in {**shown, **tree["inputs"]}.items():
        allowed = OPTIONS.get(each["type"], INPUTS.get(each["type"]))
        if allowed is None:
            yield f"{name} is of an unknown type {each['type']}"
        yield from (f"{name} has an unknown option {option}" for option in set(each["options"]) - (allowed or set()))
        for source in each.get("dataSources", {}).values():
            used.add(source)
            if source not in sources:
                yield f"{name} asks {source}, which is not there"
    for name, source in sources.items():
        extended = source.get("options", {}).get("extend")
        used |= {extended} - {None}
        if (source["type"] == "ds.chain") != (extended in sources):
            yield f"{name} extends {extended}, which is not there"
    yield from (f"nobody asks {source}" for source in set(sources) - used)
    tokens = {each["options"]["token"] for each in tree["inputs"].values()}
    for name, source in sources.items():
        query = source.get("options", {}).get("query", "")
        if not query:
            yield f"{name} has no query"
        yield from (f"{name} names a token {token} of no input" for token in set(_TOKEN.findall(query)) - tokens)
    placed = {block["item"] for block in tree["layout"]["structure"]}
    yield from (f"{name} is not placed" for name in set(shown) - placed)
    yield from (f"{name} is placed and not there" for name in placed - set(shown))
    yield from (f"{name} is no input" for name in set(tree["layout"]["globalInputs"]) ^ set(tree["inputs"]))
    if "tabs" in tree["layout"]:
        yield "tabs, which not every supported Splunk knows"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_a_dashboard_dangles(name: str) -> None:
    assert list(faults(definition(name))) == []


def test_what_dangles_is_found() -> None:
    """The control of the former."""
    whole = definition("detections")

    def broken(change: Any) -> list[str]:
        tree = copy.deepcopy(whole)
        change(tree)
        return list(faults(tree))

    assert broken(lambda tree: tree["dataSources"].pop("ds_total"))
    assert broken(lambda tree: tree["dataSources"].pop("ds_events"))
    assert broken(lambda tree: tree["visualizations"]["viz_total"]["options"].update(colour=1))
    assert broken(lambda tree: tree["dataSources"]["ds_total"]["options"].update(query=""))
    assert broken(lambda tree: tree["inputs"].pop("input_family"))
    assert broken(lambda tree: tree["layout"]["structure"].pop())
    assert broken(lambda tree: tree["visualizations"]["viz_total"].update(type="splunk.nothing"))


def named_fields(search: str) -> set[str]:
    """The fields a search names: those compared, aggregated, listed."""
    text = re.sub(r'"(?:[^"\\]|\\.)*"|`[^`]*`', "", search)
    found = set(re.findall(r"\b([A-Za-z_]+)\s*(?:!=|>|<|=)", text))
    found |= {name for each in re.findall(r"\w+\((\w+)\b(?!\()", text) for name in [each]}
    for rest in re.findall(r"\bby\s+([^|]+)|\b(?:table|fields)\s+([^|]+)", text):
        found |= set(" ".join(rest).split())
    renamed = set(re.findall(r"\bAS\s+(\w+)", text)) | set(re.findall(r"\beval\s+(\w+)\s*=", text))
    return (
        found
        - renamed
        - {"span", "value", "keepempty", "count", "i", "falconhost_admin", "now", "match", "index", "sourcetype"}
        - {"critical", "high", "medium", "low", "informational"}  # the series of a chart by severity
    )


def saved_searches() -> dict[str, dict[str, str]]:
    """Alerts and reports."""
    return {name: each for name, each in ini.read(ROOT / "default" / "savedsearches.conf").items() if name != "default"}


def test_every_field_that_a_search_names_is_made_by_search_time_or_by_the_log() -> None:
    knowledge = Knowledge.load(ROOT)
    made = {name for fields, _, _ in [*events(knowledge), *log_lines()] for name in fields}
    made |= {"tag", "eventtype", "asked", "input", "status", "audit_roles", "audit_policy_enabled"}
    macros = ("delivery", "finding", "threats", "risk", "plain_text")
    for macro in (knowledge.macros[f"falcon_event_streams_{name}"]["definition"] for name in macros):
        made |= set(re.findall(r"(?:\beval |\bAS )([\w.]+)", macro))
    trees = [definition(name) for name in NAMES]
    texts = [query_of(tree, source) for tree in trees for source in tree["dataSources"]]
    texts += [each["search"] for each in saved_searches().values()]
    missing = {(name, text[:80]) for text in texts for name in named_fields(text) if name not in made}
    assert missing == set()


def test_the_stored_rows_are_what_the_searches_make_of_the_present_conf_files() -> None:
    """After a change: python -m tests.knowledge.rows, and read what has changed."""
    assert json.loads(ROWS.read_text(encoding="utf-8")) == json.loads(json.dumps(answers()))


def test_alerts_and_reports_ship_switched_off_scheduled_and_explained() -> None:
    found = saved_searches()

    assert sum(map(is_alert, found.values())) == 30
    assert sum(map(is_detection, found.values())) == 19
    assert [name for name, each in found.items() if not is_alert(each)] == ["Falcon - delivery of yesterday"]
    for name, each in found.items():
        assert (each["disabled"] == "1") if is_alert(each) else (each["enableSched"] == "0"), name
        assert re.fullmatch(r"\S+ \S+ \S+ \S+ \S+", each["cron_schedule"]), name
        assert each["description"].endswith("."), name
        assert each["dispatch.earliest_time"].startswith("-"), name


def test_the_navigation_names_views_that_exist() -> None:
    text = (ROOT / "default" / "data" / "ui" / "nav" / "default.xml").read_text(encoding="utf-8")
    own = {*NAMES, "inputs", "configuration", "search"}
    assert set(re.findall(r'view name="(\w+)"', text)) == own
