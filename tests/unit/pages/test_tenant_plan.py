"""What becomes of tenants: from a table or from Flight Control, and never by the will of whoever names a child."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from falcon_streams.core.tenants import Child
from falcon_streams.errors import Fatal, Refused
from falcon_streams.pages.tenant_document import Row, fit_name, read_table, rows_of_children, slug
from falcon_streams.pages.tenant_plan import CHANGE, CREATE, DISABLE, LEAVE, REFUSE, Conf, Plan, make_plan

A, B, C = "a" * 32, "b" * 32, "c" * 32
HEAD = "cid,name,index\n"
Stanzas = Mapping[str, Mapping[str, str]]


def planned(
    rows: list[Row], stanzas: Stanzas | None = None, default: Mapping[str, str] | None = None, others: bool = False
) -> Plan:
    default = default or {}
    merged = [(name, {**default, **raw}) for name, raw in (stanzas or {}).items()]
    return make_plan(rows, Conf(merged, default), frozenset({"falcon_a", "falcon_b", "falcon_c", "others"}), others)


def actions(plan: Plan) -> list[str]:
    return [step.action for step in plan.steps]


def children(*named: tuple[str, str]) -> list[Row]:
    return rows_of_children([Child(cid, name, "Active") for cid, name in named], {"index": "falcon_{name}"})


# -- a table -------------------------------------------------------------------------------------------------------


def test_a_table_creates_changes_disables_and_leaves() -> None:
    table = f"cid,name,index,disabled\n{A},New,falcon_a,\n{B},Bee,falcon_b,0\n{C.upper()}-1F,Cee,falcon_c,1\n"
    table += f"{'d' * 32},D,,\n"
    stanzas = {
        B: {"name": "Bee", "index": "falcon_a", "disabled": "0"},
        C: {"name": "Cee", "index": "falcon_c", "disabled": "0"},
        "d" * 32: {"name": "D", "disabled": "0"},
        "e" * 32: {"name": "E"},
    }
    plan = planned(read_table(table), stanzas)

    assert actions(plan) == [CREATE, CHANGE, DISABLE, LEAVE, LEAVE]
    assert [dict(step.settings) for step in plan.steps] == [
        {"name": "New", "index": "falcon_a", "disabled": "0"},
        {"index": "falcon_b"},
        {"disabled": "1"},
        {},
        {},
    ]
    assert plan.steps[1].told == "index: falcon_a -> falcon_b"
    assert plan.steps[4].told == "is not named"


def test_a_column_that_is_missing_leaves_the_setting_and_an_empty_cell_empties_it() -> None:
    stanzas = {A: {"name": "Aye", "index": "falcon_a", "note": "old", "exclude_event_types": "X"}}

    assert actions(planned(read_table(f"cid,name\n{A},Aye\n"), stanzas)) == [LEAVE]
    (step,) = planned(read_table(f"cid,note\n{A},\n"), stanzas).steps
    assert (step.action, dict(step.settings), step.after.name) == (CHANGE, {"note": ""}, "Aye")


def test_a_new_stanza_does_not_inherit_that_it_is_disabled() -> None:
    (step,) = planned(read_table(f"cid,index\n{A},falcon_a\n"), default={"disabled": "1", "index": "others"}).steps

    assert dict(step.settings) == {"index": "falcon_a", "disabled": "0"}


def test_others_are_disabled_only_if_that_is_asked_for_and_never_removed() -> None:
    stanzas = {B: {"name": "Bee"}, C: {"name": "Cee", "disabled": "1"}}

    assert actions(planned(read_table(HEAD + f"{A},Aye,falcon_a\n"), stanzas, others=True)) == [CREATE, DISABLE, LEAVE]
    assert actions(planned(read_table(HEAD + f"{A},Aye,falcon_a\n"), stanzas)) == [CREATE, LEAVE, LEAVE]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        *(
            (f"{A},{bad}cmd|' /C calc'!A0,falcon_a", "name begins with a character that makes a spreadsheet")
            for bad in "=+-@"
        ),
        (f'{A},"\tx",falcon_a', "name begins with a character that makes a spreadsheet"),
        (f'{A},"\rx",falcon_a', "name begins with a character that makes a spreadsheet"),
        (f"{A},Aye,=1+1", "index begins with a character that makes a spreadsheet"),
        (f"{A},{'x' * 10_000},falcon_a", "is longer than 64 characters"),
        (f"{A},a\x1bb,falcon_a", "name holds a character that cannot be seen"),
        (f"{A},a\u202eb,falcon_a", "name holds a character that cannot be seen"),
        (f'{A},"a""b",falcon_a', "a quote, a backslash, a colon"),
        (f"{A},Aye,../falcon_a", "is not the name of an index"),
        (f"{A},Aye,_internal", "is not the name of an index"),
        (f"../{A},Aye,falcon_a", "cid is not 32 hexadecimal digits"),
        (",Aye,falcon_a", "cid is not 32 hexadecimal digits"),
        (f"{A},ACME, Berlin,falcon_a", "has 4 cells and not 3. Put what holds a comma in quotes"),
    ],
)
def test_a_row_with_a_fault_is_refused_and_the_others_are_not(line: str, fault: str) -> None:
    plan = planned(read_table(HEAD + line + f"\n{B},Bee,falcon_b\n"))

    assert actions(plan) == [REFUSE, CREATE]
    assert fault in plan.steps[0].told and plan.steps[0].told.isprintable() and len(plan.steps[0].called) < 100


def test_two_rows_for_one_cid_are_both_refused() -> None:
    plan = planned(read_table(HEAD + f"{A},Aye,falcon_a\n{A.upper()}-1F,Other,falcon_b\n"))

    assert actions(plan) == [REFUSE, REFUSE]
    assert all("twice" in step.told for step in plan.steps)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the table is empty"),
        ("name,index\nA,b\n", "first line has to name cid"),
        ("cid,indexes\n", "'indexes' is none of them"),
        ("cid,name,name\n", "each column once"),
        (f'cid,name\n{A},"open\n', "the table is no CSV"),
        (f"cid,name\n{A},a\x00b\n", ""),
        ("cid\n" + f"{A}\n" * 5001, "more than 5000 rows"),
    ],
)
def test_what_is_no_table_is_refused_whole(text: str, sentence: str) -> None:
    try:
        rows = read_table(text)
    except Refused as refused:
        assert sentence in str(refused) and refused.status in (400, 413)
    else:
        assert actions(planned(rows)) == [REFUSE], "Python 3.13 reads a NUL"


def test_a_table_may_have_a_mark_in_front_semicolons_and_columns_in_any_order_and_case() -> None:
    (step,) = planned(read_table(f"\ufeffIndex;CID;Name\r\nfalcon_a;{A};ACME, Berlin\r\n\r\n")).steps

    assert (step.action, step.after.name, step.after.index) == (CREATE, "ACME, Berlin", "falcon_a")


# -- Flight Control ------------------------------------------------------------------------------------------------


def test_children_get_name_and_index_by_the_pattern() -> None:
    plan = planned(children((A, "ACME & S\u00f6hne, Berlin"), (B, "Bee")))

    assert [(step.action, step.after.name, step.after.index) for step in plan.steps] == [
        (CREATE, "ACME & S\u00f6hne, Berlin", "falcon_acme_sohne_berlin"),
        (CREATE, "Bee", "falcon_bee"),
    ]
    assert plan.missing == ("falcon_acme_sohne_berlin", "falcon_bee")


def test_what_a_stanza_says_of_its_own_is_kept_whatever_the_child_is_called_now() -> None:
    stanzas = {A: {"name": "Aye", "index": "falcon_a"}, B: {"name": "Bee"}}
    plan = planned(children((A, "Renamed"), (B, "Renamed too")), stanzas, default={"index": "others"})

    assert actions(plan) == [LEAVE, CHANGE]
    assert dict(plan.steps[1].settings) == {"index": "falcon_renamed_too"}


@pytest.mark.parametrize("name", ["Aye", "AYE", "aye!", "../Aye", "..//aye", "=Aye"])
def test_a_child_that_is_called_like_a_tenant_does_not_get_into_its_index(name: str) -> None:
    plan = planned(children((B, name)), {A: {"name": "Victim", "index": "falcon_aye"}})

    assert actions(plan) == [REFUSE, LEAVE]
    assert "another tenant has the index falcon_aye, too" in plan.steps[0].told


def test_two_children_of_one_name_and_one_that_is_called_like_the_default_are_refused() -> None:
    plan = planned(children((A, "Same"), (B, "same"), (C, "Other")), default={"index": "falcon_other"})

    assert actions(plan) == [REFUSE, REFUSE, REFUSE]
    by_cid = rows_of_children([Child(A, "Same", ""), Child(B, "Same", "")], {"index": "falcon_{cid}"})
    assert "another tenant has the name Same, too" in planned(by_cid).steps[0].told


@pytest.mark.parametrize(
    ("name", "fitted", "part"),
    [
        ("a\nb\x00c", "a b c", "a_b_c"),
        ("x" * 10_000, "x" * 64, "x" * 64),
        ("=HYPERLINK(1)", "HYPERLINK(1)", "hyperlink_1"),
        ("+-@ =x", "x", "x"),
        ("../../etc/passwd", "../../etc/passwd", "etc_passwd"),
        ('a"b\\c:d', "a b c d", "a_b_c_d"),
        ("a\u202eb", "a b", "a_b"),
        ("\u6771\u4eac", "\u6771\u4eac", ""),
        ("\x00", "", ""),
    ],
)
def test_a_name_from_falcon_is_made_fit(name: str, fitted: str, part: str) -> None:
    assert fit_name(name) == fitted
    assert slug(fitted) == part


def test_a_child_without_a_usable_name_is_refused_with_what_to_do() -> None:
    plan = planned(children((A, ""), (B, "\u6771\u4eac"), (C, "my kvstore"), ("d" * 32, "y" * 90)))

    assert actions(plan) == [REFUSE, REFUSE, REFUSE, CREATE]
    assert plan.steps[0].told == "Flight Control gives it no name. Name it in a table"
    assert "Use {cid}, or a table" in plan.steps[1].told
    assert "without the word kvstore" in plan.steps[2].told


@pytest.mark.parametrize("pattern", ["falcon_{index}", "{cid.__class__}", "{name}", "{name}_falcon"])
def test_a_pattern_knows_name_and_cid_and_does_not_begin_with_what_others_choose(pattern: str) -> None:
    with pytest.raises(Refused, match=r"^index "):
        rows_of_children([], {"index": pattern})


# -- the hash ------------------------------------------------------------------------------------------------------


def test_the_hash_holds_through_a_change_that_was_cut_short_anywhere() -> None:
    default = {"index": "others", "disabled": "1"}
    rows = children((A, "Aye"), (B, "Bee"), (C, "Cee"))
    before: dict[str, Mapping[str, str]] = {C: {"note": "here before"}}
    whole = planned(rows, before, default)
    now = dict(before)
    for step in whole.steps:
        for part in (("index", "disabled"), ("name",)):  # the two calls of a new stanza
            settings = {name: value for name, value in step.settings.items() if name in part}
            now[step.stanza] = {**now.get(step.stanza, {}), **settings}
            assert planned(rows, now, default).hash == whole.hash
    assert set(actions(planned(rows, now, default))) == {LEAVE}


def test_the_hash_changes_with_the_table_and_with_what_somebody_else_wrote() -> None:
    rows = read_table(HEAD + f"{A},Aye,falcon_a\n")
    whole = planned(rows)

    assert planned(read_table(HEAD + f"{A},Aye,falcon_b\n")).hash != whole.hash
    assert planned(rows, {A: {"exclude_event_types": "X"}}).hash != whole.hash
    assert planned(rows, {B: {"name": "Bee"}}).hash == whole.hash, "a tenant that is left"
    assert planned(rows, {B: {"name": "Bee"}}, others=True).hash != whole.hash


def test_a_conf_that_inputs_would_refuse_is_told_before_anything_is_planned() -> None:
    with pytest.raises(Fatal, match="are the same tenant"):
        planned([], {A: {}, A.upper(): {}})


def test_an_index_is_missing_unless_its_tenant_is_disabled() -> None:
    rows = read_table(f"cid,index,disabled\n{A},gone,0\n{B},gone_too,1\n{C},falcon_c,0\n")

    assert planned(rows).missing == ("gone",)
