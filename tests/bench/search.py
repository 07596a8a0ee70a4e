"""What an event costs a search: the expressions that go over all of it, and how many calculated fields are asked for.

Theory. Splunk runs each EXTRACT and REPORT over an event whichever fields a search names, so these are what every
search pays for. Nobody knows whether splunkd uses PCRE's JIT compiler, so both are measured; targets are without it. A
time says nothing on another machine, so each is a ratio to one expression in the same run: the walk over the root of
`event` in its first form, which gives every key with its value, and nothing else.

Rules: PCRE itself runs, under Splunk's limits, and goes from match to match as a REPORT does. The events are the
emulator's. A calculated field counts for a dashboard if one of its searches, or an event type that it asks for, names
it.
"""

from __future__ import annotations

import re
import statistics
import time
from typing import Callable, Dict, Iterator, List, Set

from tests.bench.table import AT_MOST, Row, Target
from tests.emulator.events.catalogue import Catalogue
from tests.knowledge.rows import NAMES, searches
from tests.pcre import Pattern, compile_pattern
from tests.searchtime import Event, Knowledge, SearchTime
from tests.searchtime.macro import expand
from tests.splunkd.conf import ini
from tools.package import ROOT

SOURCETYPE, SOURCE = "CrowdStrike:Event:Streams:JSON", "CrowdStrike:Event:Streams"
WALK = (
    r'(?(DEFINE)(?<o>\{(?:[^{}"\[\]]++|"(?:[^"\\]++|\\.)*+"|(?&o)|(?&a))*+\})'
    r'(?<a>\[(?:[^{}"\[\]]++|"(?:[^"\\]++|\\.)*+"|(?&o)|(?&a))*+\]))'
    r'(?:"event"\s*+:\s*+\{|\G,)\s*+"([^"\\]++)"\s*+:\s*+'
    r'(?|"((?:[^"\\]++|\\.)*+)"|(-?[0-9][0-9.eE+-]*+|true|false)|(?:null|(?&o)|(?&a))())\s*+(?=[,}])'
)
# The type of each event, and how many times the walk all of its expressions may cost.
EVENTS = {
    "detection": ("EppDetectionSummaryEvent", 1.5),
    "API activity": ("APIActivityAuditEvent", 2.0),
    "audit": ("UserActivityAuditEvent", 2.0),
}
_WORD = re.compile(r"[A-Za-z_][\w.]*")


def measure_search(rounds: int, least: float) -> Iterator[Row]:
    """`rounds` of at least so many seconds for each expression; the median counts."""
    knowledge = Knowledge.load(ROOT)
    searching, catalogue = SearchTime(knowledge), Catalogue(7, "0a1b2c3d4e5f60718293a4b5c6d7e8f9")
    for name, (event_type, most) in EVENTS.items():
        raw = catalogue.by_type[event_type][0].stamp(catalogue.customer.encode(), 77, 1_769_000_131_000, 1)
        fields = searching.evaluate(Event(raw, sourcetype=SOURCETYPE, source=SOURCE)).fields
        texts = {"_raw": raw, **{key: values[0].encode() for key, values in fields.items() if key != "_raw"}}
        yield Row(f"search, {name}: size", "", len(raw), "bytes", None)
        for jit in (False, True):
            how = "with JIT" if jit else "without JIT"
            walk = _seconds(compile_pattern(WALK), raw, jit, rounds, least)
            yield Row(f"search, {name}, {how}: the walk", "", walk * 1e6, "us", None)
            spent: Dict[str, float] = {}
            for place, (pattern, key) in _expressions().items():
                spent[place] = _seconds(pattern, texts.get(key, b""), jit, rounds, least) if key in texts else 0.0
                yield Row(f"search, {name}, {how}: {place}", "", spent[place] / walk, "x", None)
            target = None if jit else Target(AT_MOST, most)
            yield Row(f"search, {name}, {how}: all expressions", "", sum(spent.values()) / walk, "x", target)
    yield from _asked_for(knowledge)


def _expressions() -> Dict[str, tuple[Pattern, str]]:
    """The expressions over an event, by place, each with the field that it reads."""
    props = ini.read(ROOT / "default" / "props.conf")[SOURCETYPE]
    transforms = ini.read(ROOT / "default" / "transforms.conf")
    found = {}
    for key, value in props.items():
        if key.startswith("EXTRACT-"):
            found[key] = compile_pattern(f"(?ms){value}"), "_raw"
        for stanza in value.split(", ") if key.startswith("REPORT-") else ():
            said = transforms[stanza]
            found[stanza] = compile_pattern(said["REGEX"]), said.get("SOURCE_KEY", "_raw")
    return found


def _seconds(pattern: Pattern, text: bytes, jit: bool, rounds: int, least: float) -> float:
    """The median time of all matches in a text."""
    return statistics.median(_round(lambda: pattern.count(text, jit), least) for _ in range(rounds))


def _round(work: Callable[[], object], least: float) -> float:
    times, began = 0, time.perf_counter()
    while True:
        work()
        times += 1
        passed = time.perf_counter() - began
        if passed >= least:
            return passed / times


def _asked_for(knowledge: Knowledge) -> Iterator[Row]:
    props = ini.read(ROOT / "default" / "props.conf")[SOURCETYPE]
    calculated = {key[len("EVAL-") :] for key in props if key.startswith("EVAL-")}
    yield Row("search: calculated fields that there are", "", len(calculated), "fields", None)
    eventtypes = _words(said["search"] for said in ini.read(ROOT / "default" / "eventtypes.conf").values())
    for name in NAMES:
        words = _words(expand(search, knowledge.macros) for search in searches(name))
        if {"tag", "eventtype"} & words:
            words |= eventtypes
        yield Row(f"search, dashboard {name}: calculated fields", "", len(calculated & words), "fields", None)


def _words(texts: Iterator[str]) -> Set[str]:
    found: List[str] = [word for text in texts for word in _WORD.findall(text)]
    return set(found)
