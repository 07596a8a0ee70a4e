"""The app's own conf files, read once, and one way to put an event before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.knowledge.case import PARTITION, Case
from tests.pcre import overruns
from tests.searchtime import Event, Knowledge, Result, SearchTime
from tools.package import ROOT

SOURCETYPE, SOURCE = "CrowdStrike:Event:Streams:JSON", "CrowdStrike:Event:Streams"
Search = Callable[[bytes], Result]


@pytest.fixture(autouse=True)
def no_expression_meets_a_limit() -> Iterator[None]:
    """A limit of PCRE that is met means fields that are missing: no test of ours may meet one unawares."""
    with overruns() as met:
        yield
    assert met == []


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """What the app ships, as it stands in the repository."""
    return Knowledge.load(ROOT)


@pytest.fixture(scope="session", params=[False, True], ids=["empty texts dropped", "empty texts kept"])
def search(knowledge: Knowledge, request: pytest.FixtureRequest) -> Search:
    """Search time for one raw event of partition 3, as this add-on indexes it. Whether Splunk's JSON extraction makes a
    field of an empty text is not documented: everything must hold both ways."""
    searching = SearchTime(knowledge, keep_empty_json=request.param)

    def evaluate(raw: bytes) -> Result:
        event = Event(
            raw,
            sourcetype=SOURCETYPE,
            source=SOURCE,
            host="standin01",
            index="main",
            time=1769000131.0,
            fields={"falcon_partition": PARTITION},
        )
        return searching.evaluate(event)

    return evaluate


def differences(case: Case, result: Result) -> dict[str, tuple[object, object]]:
    """Where a result is not what the case expects: field, found, expected."""
    wrong: dict[str, tuple[object, object]] = {}
    for name, expected in case.fields.items():
        found = list(result.values(name))
        wanted = [] if expected is None else [expected] if isinstance(expected, str) else list(expected)
        if found != wanted:
            wrong[name] = (found, wanted)
    own = sorted(name for name in result.eventtypes if name.startswith("crowdstrike_es_"))
    if own != [case.eventtype]:
        wrong["eventtype"] = (own, [case.eventtype])
    if " ".join(sorted(result.tags)) != " ".join(sorted(case.tags.split())):
        wrong["tags"] = (sorted(result.tags), case.tags)
    return wrong
