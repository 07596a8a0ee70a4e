"""Configuration files: their text and their layers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.splunkd.conf import ini
from tests.splunkd.conf.layers import Confs

_NAME = st.text(st.characters(whitelist_categories=("L", "N"), whitelist_characters="_-:./"), min_size=1).filter(
    lambda name: name.strip() == name and name != "default"
)
_VALUE = st.text(st.characters(blacklist_categories=("Cs", "Cc"), whitelist_characters="\n")).map(
    lambda text: "\n".join(line.strip().rstrip("\\") for line in text.strip().split("\n")).strip()
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a]\nx = 1\n", {"a": {"x": "1"}}),
        ("[a]\nx=1\ny =2\n", {"a": {"x": "1", "y": "2"}}),
        ("x = 1\n[a]\n", {"default": {"x": "1"}, "a": {}}),
        ("# a comment\n[a]\n  # another\nx = 1 # not one\n", {"a": {"x": "1 # not one"}}),
        ("[a]\nx = 1\n[a]\nx = 2\ny = 3\n", {"a": {"x": "2", "y": "3"}}),
        ("[a]\nX = 1\nx = 2\n[A]\n", {"a": {"X": "1", "x": "2"}, "A": {}}),
        ("[a]\nx = one\\\n  two\ny = 3\n", {"a": {"x": "one\n  two", "y": "3"}}),
        ("[a]\nx = a = b\n", {"a": {"x": "a = b"}}),
        ("[a]\nx =\n", {"a": {"x": ""}}),
        ("[source::...[ab]...]\nx = 1\n", {"source::...[ab]...": {"x": "1"}}),
        ("\ufeff[a]\r\nx = 1\r\n", {"a": {"x": "1"}}),
        ("[a]\nx = line\u2028still\n", {"a": {"x": "line\u2028still"}}),
    ],
)
def test_a_conf_says_what_splunk_reads_in_it(text: str, expected: ini.Stanzas) -> None:
    assert expected == ini.parse(text)


def test_a_line_that_is_nothing_is_refused_with_its_number() -> None:
    with pytest.raises(ini.ConfSyntax, match=r"inputs\.conf:3: .*nonsense"):
        ini.parse("[a]\nx = 1\nnonsense\n", "inputs.conf")


@given(st.dictionaries(_NAME, st.dictionaries(_NAME.filter(lambda name: "=" not in name), _VALUE)))
def test_what_is_written_reads_back_the_same(stanzas: ini.Stanzas) -> None:
    assert stanzas == ini.parse(ini.render(stanzas))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for app in ("alpha", "beta"):
        (tmp_path / "etc" / "apps" / app).mkdir(parents=True)
    return tmp_path


def _write(home: Path, place: str, text: str) -> None:
    path = home / "etc" / f"{place}/x.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_local_beats_default_setting_by_setting(home: Path) -> None:
    _write(home, "apps/alpha/default", "[s]\na = default\nb = default\n")
    _write(home, "apps/alpha/local", "[s]\na = local\n")

    assert Confs(home).merged("x") == {"s": {"a": "local", "b": "default"}}


def test_in_the_global_context_the_first_app_and_then_the_system_win(home: Path) -> None:
    _write(home, "system/default", "[s]\na = system default\n")
    _write(home, "apps/beta/default", "[s]\na = beta default\n")
    _write(home, "apps/alpha/default", "[s]\na = alpha default\n")
    confs = Confs(home)
    seen = [confs.merged("x")["s"]["a"]]
    _write(home, "apps/beta/local", "[s]\na = beta local\n")
    seen.append(confs.merged("x")["s"]["a"])
    _write(home, "apps/alpha/local", "[s]\na = alpha local\n")
    seen.append(confs.merged("x")["s"]["a"])
    _write(home, "system/local", "[s]\na = system local\n")
    seen.append(confs.merged("x")["s"]["a"])

    assert seen == ["alpha default", "beta local", "alpha local", "system local"]


def test_an_app_sees_its_own_settings_above_the_system_and_not_its_neighbour(home: Path) -> None:
    _write(home, "system/local", "[s]\na = system\n[system]\n")
    _write(home, "apps/alpha/default", "[s]\na = alpha\n")
    _write(home, "apps/beta/local", "[neighbour]\n")

    assert Confs(home).merged("x", "alpha") == {"s": {"a": "alpha"}, "system": {}}


def test_default_lies_under_every_stanza_and_a_parent_between_the_two(home: Path) -> None:
    _write(home, "apps/alpha/default", "[default]\na = 1\nb = 1\nc = 1\n[kind]\nb = 2\nc = 2\n[kind://x]\nc = 3\n")
    confs = Confs(home)

    assert confs.stanza("x", "kind://x") == {"a": "1", "b": "1", "c": "3"}
    assert confs.inherited("x", "kind") == {"a": "1", "b": "2", "c": "2"}
    assert confs.own("x", "kind://x") == {"c": "3"}


def test_writing_goes_to_local_and_only_that_can_be_removed(home: Path) -> None:
    _write(home, "apps/alpha/default", "[shipped]\na = 1\n")
    confs = Confs(home)
    confs.set("x", "alpha", "shipped", {"a": "2"})
    confs.set("x", "alpha", "mine", {"a": "3"})

    assert (home / "etc/apps/alpha/default/x.conf").read_text() == "[shipped]\na = 1\n"
    assert (confs.removable("x", "shipped", "alpha"), confs.removable("x", "mine", "alpha")) == (False, True)

    confs.remove("x", "alpha", "mine")

    assert confs.merged("x") == {"shipped": {"a": "2"}}


def test_a_file_changed_by_hand_is_read_anew(home: Path) -> None:
    _write(home, "apps/alpha/local", "[s]\na = 1\n")
    confs = Confs(home)
    before = confs.merged("x")
    _write(home, "apps/alpha/local", "[s]\na = 22\n")

    assert (before, confs.merged("x")) == ({"s": {"a": "1"}}, {"s": {"a": "22"}})


def test_a_disabled_app_counts_for_nothing_and_comes_back(tmp_path: Path) -> None:
    confs = Confs(tmp_path)
    for app in ("a", "b"):
        confs.set("inputs", app, f"x://{app}", {"index": app})

    confs.set("app", "a", "install", {"state": "disabled"})
    assert (confs.apps(), confs.installed()) == (["b"], ["a", "b"])
    assert set(confs.stanzas("inputs")) == {"x://b"}

    confs.set("app", "a", "install", {"state": "enabled"})
    assert set(confs.stanzas("inputs")) == {"x://a", "x://b"}
