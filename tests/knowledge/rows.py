"""The rows of every search of the dashboards, made from the emulator's events and from an input's log.

`python -m tests.knowledge.rows` writes them to `tests/golden/dashboard_rows.json`, to be read before it is committed;
the browser shows these, and a test holds them to what the evaluator makes of the present conf files.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.emulator.events.catalogue import Catalogue
from tests.knowledge.case import CID
from tests.knowledge.pipeline import Fields, run
from tests.searchtime import Event, Knowledge, SearchTime
from tools.package import ROOT

GOLDEN = ROOT / "tests" / "golden"
ROWS, LOGS = GOLDEN / "dashboard_rows.json", (GOLDEN / "stream_health.log", GOLDEN / "delivery.log")
VIEWS = ROOT / "default" / "data" / "ui" / "views"
NAMES = ("detections", "audit", "stream_health", "delivery")
NOW = 1_795_434_000  # 2026-11-23 11:40 UTC, so that the rows of a run are those of every other
WATCHED = 1_795_424_717  # half a minute after the input's last line: whoever looks at it sees it run
_SPACING = 1_700
_PAIR = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))')
Seen = tuple[Fields, Sequence[str], Sequence[str]]


def definition(name: str) -> dict[str, Any]:
    """The definition of a dashboard, as it ships."""
    text = ElementTree.parse(VIEWS / f"{name}.xml").findtext("definition") or ""
    tree: dict[str, Any] = json.loads(text)
    return tree


def query_of(tree: dict[str, Any], source: str) -> str:
    """The whole search of a data source: a chained one goes on where the one that it extends ends."""
    options = tree["dataSources"][source]["options"]
    return f"{query_of(tree, options['extend'])} {options['query']}" if "extend" in options else options["query"]


def searches(name: str) -> list[str]:
    """The searches of a dashboard with its inputs at their defaults."""
    tree = definition(name)
    found = [query_of(tree, source) for source in tree["dataSources"]]
    for each in tree["inputs"].values():
        options = each["options"]
        found = [query.replace(f"${options['token']}|s$", json.dumps(options["defaultValue"])) for query in found]
    return found


def events(knowledge: Knowledge) -> Iterator[Seen]:
    """One event of every template of the emulator over the last days, newest first, as a search sees them."""
    searching = SearchTime(knowledge)
    catalogue = Catalogue(7, CID)
    templates = [each for variants in catalogue.by_type.values() for each in variants] + list(catalogue.hard)
    for number, template in enumerate(templates):
        at = NOW - number * _SPACING
        event = Event(
            template.stamp(CID.encode(), 10_000 - number, at * 1000, number),
            sourcetype="CrowdStrike:Event:Streams:JSON",
            source="CrowdStrike:Event:Streams",
            host="forwarder01",
            time=float(at),
            fields={"falcon_partition": str(number % 2), "falcon_tenant": "ACME & Sons, Berlin"},
        )
        result = searching.evaluate(event)
        indexed = {"_indextime": [str(at + 3 + number % 5)]}
        yield {**result.fields, **indexed}, result.eventtypes, result.tags


def log_lines() -> Iterator[Seen]:
    """An input's log, newest first."""
    lines = [line for path in LOGS for line in path.read_text(encoding="utf-8").splitlines()]
    yield from map(log_line, sorted(lines, reverse=True))


def log_line(line: str) -> Seen:
    """A line of an input's log file, as a search sees it."""
    fields = {name: [quoted or plain] for name, quoted, plain in _PAIR.findall(line)}
    time = datetime.fromisoformat(line.split(" ", 1)[0]).timestamp()
    known = {"_time": f"{time:.3f}", "index": "_internal", "sourcetype": "falcon:event_streams:log", "_raw": line}
    return {**fields, **{name: [value] for name, value in known.items()}, "host": ["forwarder01"]}, (), ()


def answers() -> dict[str, list[dict[str, object]]]:
    """The rows of each search."""
    knowledge = Knowledge.load(ROOT)
    seen = [*events(knowledge), *log_lines()]
    return {
        search: run(search, seen, knowledge.macros, WATCHED if name == "stream_health" else NOW)
        for name in NAMES
        for search in searches(name)
    }


def main() -> int:
    """Write them."""
    Path(ROWS).write_text(json.dumps(answers(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
