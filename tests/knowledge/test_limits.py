"""No expression that the app ships meets Splunk's MATCH_LIMIT or DEPTH_LIMIT, and none works out of step."""

from __future__ import annotations

import functools
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.knowledge.expressions import CALLS, Expression, called, shipped
from tests.pcre import compile_pattern, overruns
from tests.profile import trying
from tests.splunkd.conf import ini
from tools.package import ROOT

EXPRESSIONS = shipped(ROOT / "default")
EVENT_WIDE = [each for each in EXPRESSIONS if each.place.startswith("[") and "EVAL-" not in each.place]
MOST = 5_000_000
# the old expressions of the keys, the pairs and the metadata: the controls
OLD_VALUE = (
    r'"(?:CommandLine)"\s*:\s*"?((?<=")[^"\\]*(?:\\.[^"\\]*)*(?=")|(?<!")-?[0-9][0-9.eE+-]*|(?<!")(?:true|false))'
)
OLD_PAIRS = r'"AuditKeyValues"\s*:\s*\[(?<p>(?:\s*\{[^{}"]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^{}"]*)*\}\s*,?)*)\s*\]'
OLD_METADATA = r'"metadata"\s*:\s*\{(?=[^{}]*"eventType"\s*:\s*"(?<t>[^"]+)")'

OPENINGS = [
    *("", '"metadata":{', '"CommandLine":"', '"AuditKeyValues":[', '"AuditKeyValues":[{"Key":"k","ValueString":"'),
    *('"StartTime":"', '"Timestamp":"2026-01-01T', '"TechniqueId":"T1234', '"eventCreationTime":', "C:\\"),
    "source::CrowdStrike:Event:Streams:1:",
]
UNITS = [
    *('\\"', "\\\\", '\\\\\\"', 'a\\"', '"x', "a", "0", "é", " ", "\r\n", "{", "[", "}", "]", "/", "a/", ":", ", "),
    *('"Name":"', '"Name":"v",', '"AuditKeyValues":[', '"metadata":{"', '{"Key":"k","ValueString":"v"},'),
    *('{ "Key": "target_name", "ValueString": "\\"v\\" of it" }, ', '{"Key":"target_name","ValueString":"\\"v\\""},'),
    # arrays within each other's strings, none of which ends
    '\\"]"AuditKeyValues":[',
]
ENDS = ["", '"}]}}']
# Of a single character more than MATCH_LIMIT, of the others so much: 45,000 escapes, 2,000 pairs.
SINGLE, SIZE = 110_000, 90_000
# Seconds of this thread for a line of that size. What works in step with the text takes a tenth of it or less, what
# works with its square many times as much.
BUDGET = 0.5


def limits_met(pattern: str, text: str) -> list[str]:
    """The limits that the first matches in a text meet, by name."""
    with overruns() as met:
        for _ in itertools.islice(compile_pattern(pattern).finditer(text), 20):
            pass
    return [each.limit for each in met]


def faults(pattern: str, text: str) -> list[str]:
    """The limits met, and whether the work was too much."""
    started = time.thread_time()
    met = limits_met(pattern, text)
    spent = time.thread_time() - started
    return [*met, *([f"{spent:.1f} s"] if spent > BUDGET else [])]


@functools.lru_cache(maxsize=1)
def grown() -> list[str]:
    """Every opening with every unit, repeated, and every end."""
    return [
        opening + unit * (SINGLE if len(unit) == 1 else SIZE // len(unit)) + end
        for opening, unit, end in itertools.product(OPENINGS, UNITS, ENDS)
    ]


@pytest.mark.parametrize("each", EXPRESSIONS, ids=lambda each: f"{each.place} {each.pattern[:24]}")
def test_an_expression_meets_no_limit_on_a_long_line_and_works_in_step_with_it(each: Expression) -> None:
    assert [(text[:60], found) for text in grown() for found in faults(each.pattern, text)] == []


@given(
    st.sampled_from(OPENINGS),
    st.lists(st.sampled_from([*OPENINGS, *UNITS, *ENDS]), min_size=1, max_size=12).map("".join).filter(bool),
)
@trying(40)
def test_no_expression_meets_a_limit_on_a_line_of_any_pieces(opening: str, piece: str) -> None:
    line = opening + piece * (SIZE // len(piece))
    assert [(each.place, found) for each in EXPRESSIONS for found in faults(each.pattern, line)] == []


@pytest.mark.parametrize("each", EVENT_WIDE, ids=lambda each: each.place)
def test_no_expression_over_an_event_meets_a_limit_on_one_of_five_megabytes(each: Expression) -> None:
    value = '{"event":{"CommandLine":"' + '\\"' * 90_000 + '","FileName":"'
    pairs = '"AuditKeyValues":[' + '{"Key":"target_name","ValueString":"\\"v\\""},' * 10_000 + "{}]"
    for line in (value + "x" * MOST, value + '"},' + pairs + '"UserName":"v",' * (MOST // 15)):
        assert limits_met(each.pattern, line) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (OLD_VALUE, '"CommandLine":"' + '\\"' * 600 + '"'),
        (OLD_PAIRS, '"AuditKeyValues":[' + ",".join(['{"Key":"k","ValueString":"v"}'] * 100) + "]"),
        (OLD_METADATA, '"metadata":{' + '"a":"b",' * 20_000),
        (r"^.*[\\/]", "x" * 120_000),
    ],
    ids=["600 escapes", "100 pairs", "metadata without an end", "a name of 120,000 characters"],
)
def test_the_old_expressions_meet_one(pattern: str, text: str) -> None:
    """The control of the former."""
    assert limits_met(pattern, text) != []


def test_work_that_grows_with_the_square_is_found() -> None:
    """The control of the budget: each start looks through the rest of the text."""
    assert faults(r"a[^b]*+[bc]", "a" * SIZE) != []


def test_every_place_where_an_expression_stands_is_looked_at() -> None:
    places = " ".join(each.place for each in EXPRESSIONS)
    for place in ("EXTRACT-falcon", "[crowdstrike_es_root]", "LINE_BREAKER", "TIME_PREFIX", "savedsearches.conf"):
        assert place in places
    assert list(called('if(match(a, "x,\\"y"), replace(f(b, "no"), "\\\\\\\\.", "no"), "no")')) == ['x,"y', "\\\\."]
    # every call in props.conf has its expression as a text
    props = ini.read(ROOT / "default" / "props.conf")
    texts = [value for said in props.values() for key, value in said.items() if key.startswith("EVAL-")]
    calls = sum(text.count(f"{name}(") for text in texts for name in CALLS)
    assert sum(len(list(called(text))) for text in texts) == calls
