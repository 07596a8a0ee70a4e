"""Splunk's converter of conf files to SPL2 reads every search-time clause as it stands, but for the exceptions.

spl2_exceptions.json has the exceptions, each with its reason. One that no longer occurs fails, so it has to be deleted.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.package import spl2
from tests.package.spl2 import Fault
from tests.searchtime.settings import PROPS_CLASSES
from tests.splunkd.conf import ini
from tools.package import ROOT

pytestmark = pytest.mark.package

_EXCEPTIONS = Path(__file__).with_name("spl2_exceptions.json")
# What the converter reads, and what it does not: a comma in an EXTRACT, two pairs of an alias, a nested nullif, three
# backslashes, a # in a lookup, a stanza of a source.
_PROPS = r"""
[a]
EXTRACT-one = ^(?<one>\d+)/x
EXTRACT-of_one = ^(?<of_one>\d+) in one
EXTRACT-comma = ^(?<two>\d+),
REPORT-three = three
FIELDALIAS-four = one ASNEW four
FIELDALIAS-pairs = one ASNEW five two ASNEW six
EVAL-seven = nullif(trim(one), "")
EVAL-eight = if(match(one, "^\d+$"), "a".one."b", null())
EVAL-nine = mvindex('event.A{}.B', 0)
EVAL-nested = nullif(replace(one, "a", ""), "")
EVAL-ten = replace(one, "[\\\\/]", "")
LOOKUP-one = table key AS one OUTPUTNEW value AS eleven
LOOKUP-comment = table key AS one OUTPUTNEW value AS twelve#13

[source::b]
EVAL-twelve = 1
"""
_TRANSFORMS = r"""
[three]
REGEX = "key":"([^"]*+)"
FORMAT = three::$1

[table]
filename = table.csv
"""
_FAULTY = {
    Fault("a", "EXTRACT-comma", "cut"),
    Fault("a", "FIELDALIAS-pairs", "cut"),
    Fault("a", "EVAL-nested", "cut"),
    Fault("a", "EVAL-ten", "left out"),
    Fault("a", "LOOKUP-comment", "cut"),
    Fault("source::b", "EVAL-twelve", "left out"),
}


def exceptions() -> set[Fault]:
    """What the data file excuses."""
    rows = json.loads(_EXCEPTIONS.read_text(encoding="utf-8"))
    listed = [Fault(row["stanza"], clause, row["how"]) for row in rows if row["reason"] for clause in row["clauses"]]
    assert len(listed) == len(set(listed)) == sum(len(row["clauses"]) for row in rows), "twice, or without a reason"
    return set(listed)


def test_every_clause_comes_out_whole_but_for_the_exceptions(tmp_path: Path) -> None:
    found, excused = set(spl2.faults(ROOT, tmp_path)), exceptions()

    assert found - excused == set(), "left out or cut, and no exception"
    assert excused - found == set(), "exceptions that no longer occur: delete them"


def test_what_is_left_out_or_cut_is_found(tmp_path: Path) -> None:
    """The control of the former."""
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "props.conf").write_text(_PROPS)
    (tmp_path / "default" / "transforms.conf").write_text(_TRANSFORMS)

    assert set(spl2.faults(tmp_path, tmp_path / "output")) == _FAULTY


def test_a_clause_that_is_changed_or_missing_in_the_output_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The control for clauses of every kind: what came out loses a command, or a command its last character."""
    whole = spl2._convert(ROOT, tmp_path)
    excused = {fault.clause for fault in exceptions()}
    props = ini.read(ROOT / "default" / "props.conf")
    clauses = {(stanza, key) for stanza in props for key in props[stanza] if key.startswith(PROPS_CLASSES)}

    def found() -> set[tuple[str, str]]:
        return {(fault.stanza, fault.clause) for fault in spl2.faults(ROOT, tmp_path)}

    monkeypatch.setattr(spl2, "_convert", lambda app, output: {})
    assert found() == clauses
    shorter = {
        name: spl2.Output(*([command[:-2] for command in commands] for commands in each))
        for name, each in whole.items()
    }
    monkeypatch.setattr(spl2, "_convert", lambda app, output: shorter)
    assert {clause for _, clause in clauses - found()} == set()
    monkeypatch.setattr(spl2, "_convert", lambda app, output: whole)
    assert {clause for _, clause in found()} == excused
