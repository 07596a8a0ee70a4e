"""The commands of a search that the delivery audit is made of, each by its page of Splunk's "Search Reference"."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.knowledge.pipeline import Row, run
from tests.searchtime import Refused

NOW = 1_000_000.0


def search(commands: str, *rows: dict[str, str], earliest: float | None = None) -> list[Row]:
    """The rows that the commands make of these."""
    events: list[tuple[dict[str, list[str]], Sequence[str], Sequence[str]]] = [
        ({"_time": ["5"], "_raw": [""], **{name: [value] for name, value in row.items()}}, (), ()) for row in rows
    ]
    return run(f"* | {commands}", events, {}, NOW, earliest)


def column(name: str, found: list[Row]) -> list[object]:
    return [row.get(name) for row in found]


HOSTS = [{"host": host, "bytes": value} for host, value in (("x", "100"), ("y", "200"), ("x", "50"), ("y", "100"))]


def test_streamstats_counts_up_to_the_row_itself_and_by_group() -> None:
    assert column("n", search("streamstats count AS n", *HOSTS)) == ["1", "2", "3", "4"]
    assert column("s", search("streamstats sum(bytes) AS s by host", *HOSTS)) == ["100", "200", "150", "300"]


def test_streamstats_with_current_f_leaves_out_the_row_itself_and_the_first_of_a_group_has_nothing() -> None:
    found = search("streamstats current=f last(bytes) AS before by host", *HOSTS)

    assert column("before", found) == [[], [], "100", "200"]


def test_last_is_the_last_row_that_has_a_value() -> None:
    rows = [{"a": "1"}, {"b": "9"}, {"a": "2"}, {"b": "9"}]

    assert column("l", search("streamstats last(a) AS l", *rows)) == ["1", "1", "2", "2"]


def test_accum_puts_the_running_total_in_the_place_of_the_number() -> None:
    assert column("bytes", search("accum bytes", *HOSTS)) == ["100", "300", "350", "450"]


def test_mvexpand_makes_a_row_of_each_value_and_keeps_the_other_fields() -> None:
    found = search(
        'eval host=split(host, ",") | mvexpand host', {"host": "x,y", "bytes": "1"}, {"host": "z", "bytes": "2"}
    )

    assert [(row["host"], row["bytes"]) for row in found] == [("x", "1"), ("y", "1"), ("z", "2")]


def test_mvexpand_of_a_row_without_the_field_is_refused() -> None:
    with pytest.raises(Refused, match="of a row that has none"):
        search("mvexpand host", {"bytes": "1"})


def test_eval_makes_a_field_with_dots_in_its_name() -> None:
    (row,) = search("eval a.b_c=host | table a.b_c", HOSTS[0])

    assert row == {"a.b_c": "x"}


def test_reverse_turns_the_rows_round_and_rename_moves_a_field() -> None:
    found = search("reverse | rename host AS machine", *HOSTS)

    assert column("machine", found) == ["y", "x", "y", "x"]
    assert column("host", found) == [None] * 4


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("0 host num(bytes)", ["x50", "x100", "y100", "y200"]),
        ("0 host -num(bytes)", ["x100", "x50", "y200", "y100"]),
        ("0 -host, bytes", ["y100", "y200", "x50", "x100"]),
        ("- bytes", ["y200", "x100", "y100", "x50"]),
        ("3 -bytes", ["y200", "x100", "y100"]),
    ],
)
def test_sort_takes_the_first_field_first_and_each_in_its_own_direction(by: str, expected: list[str]) -> None:
    found = search(f"sort {by}", *HOSTS)

    assert [f"{row['host']}{row['bytes']}" for row in found] == expected


def test_a_percentile_is_the_nearest_rank_and_the_range_is_from_the_least_to_the_greatest() -> None:
    rows = [{"n": str(number)} for number in range(1, 101)]
    (found,) = search("stats perc50(n) AS p50 perc95(n) AS p95 perc99(n) AS p99 range(n) AS r", *rows)

    assert (found["p50"], found["p95"], found["p99"], found["r"]) == ("50", "95", "99", "99")


def test_addinfo_tells_the_time_range_and_the_search_has_only_what_lies_in_it() -> None:
    (found,) = search("addinfo", {"a": "1"}, earliest=4.0)

    assert (found["info_min_time"], found["info_max_time"]) == ("4.000", "1000000.000")
    assert search("addinfo", {"a": "1"}, earliest=6.0) == []


@pytest.mark.parametrize(
    "commands",
    [
        "streamstats window=2 sum(bytes)",
        "accum bytes AS total",
        "rename host AS bytes",
        "sort num(host)",
        "sort 5 - host",
        "addinfo | stats perc50(many)",
        "fields - host",
    ],
)
def test_what_is_not_carried_out_is_refused(commands: str) -> None:
    many = [{"many": str(number)} for number in range(1000)] if "many" in commands else []
    with pytest.raises(Refused):
        search(commands, *HOSTS, *many)


def test_sort_without_a_number_is_refused_where_it_would_drop_rows() -> None:
    rows = [{"n": str(number)} for number in range(10_001)]
    with pytest.raises(Refused, match="10,000"):
        search("sort n", *rows)
    assert len(search("sort 0 n", *rows)) == 10_001
