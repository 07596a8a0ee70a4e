"""Spec files: what they declare, and what the stand-in's log says of an app that strays from them."""

from __future__ import annotations

import pytest

from tests.splunkd.conf import spec
from tests.splunkd.conftest import Start

_TEXT = """# a comment = no key
everywhere = <boolean>
* explained = no key either

[fixed]
a = <string>
    shown = in an example
b={one|two}

[kind:<name>]
c.<n> = <integer>
d-<this|that> = <string>
[<field>|scope::<field>]
e = <string>
"""


@pytest.fixture
def kinds() -> spec.Kinds:
    return spec.parse(_TEXT)


def test_a_spec_declares_what_stands_at_the_left_edge(kinds: spec.Kinds) -> None:
    assert kinds == {
        "default": {"everywhere": "<boolean>"},
        "fixed": {"a": "<string>", "b": "{one|two}"},
        "kind:<name>": {"c.<n>": "<integer>", "d-<this|that>": "<string>"},
        "<field>|scope::<field>": {"e": "<string>"},
    }


@pytest.mark.parametrize(
    ("stanza", "key", "known"),
    [
        ("fixed", "a", True),
        ("fixed", "A", False),
        ("fixed", "ab", False),
        ("fixed", "everywhere", True),
        ("kind:x", "everywhere", True),
        ("kind:x", "c.5", True),
        ("kind:x", "c", False),
        ("kind:x", "d-that", True),
        ("kind:x", "d-other", False),
        ("kind:", "c.5", False),
        ("fixed", "c.5", False),
        ("a field", "e", True),
        ("default", "everywhere", True),
    ],
)
def test_a_key_is_known_where_the_whole_of_both_names_fits(
    kinds: spec.Kinds, stanza: str, key: str, known: bool
) -> None:
    assert known is any(spec.declarations(kinds, stanza, key))


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("<boolean>", ["true", "0", "F"], ["2", "", "enabled"]),
        ("true|false", ["1", "false"], ["maybe"]),
        ("<boolean> | auto", ["auto", "1"], ["automatic"]),
        ("<integer>", ["-1", "12"], ["1.5", "1h"]),
        ("<positive integer>|unlimited", ["5", "unlimited"], ["0", "-1"]),
        ("[0 | 1]", ["0", "1"], ["true"]),
        ("{default|python3}", ["python3"], ["python4"]),
        ("<enabled|disabled>", ["enabled"], ["on"]),
        ("greater than | less than", ["less than"], ["less"]),
        ("[<filename> | NONE]", ["NONE", "x.xml"], []),
        ("<string>", ["", "anything"], []),
    ],
)
def test_a_value_fits_its_kind_or_not(kind: str, right: list[str], wrong: list[str]) -> None:
    assert [value for value in right if not spec.fits(kind, value)] == []
    assert [value for value in wrong if spec.fits(kind, value)] == []


def test_a_start_warns_of_each_key_and_stanza_that_no_spec_knows(start: Start) -> None:
    splunkd = start(
        spec="[toy]\ninterval = <integer>\nstart_by_shell = <boolean>\n[toy://<name>]\ncount = <integer>\n",
        confs={"savedsearches": "[a]\nsearch = x\nalert_type = always\n", "toys": "[b]\n", "web": "[exposed:c]\n"},
    )
    default = splunkd.home / "etc" / "apps" / "TA_toy" / "default"

    assert [line.message for line in splunkd.logs("btool", "WARN")] == [
        f"Invalid key in stanza [toy] in {default}/inputs.conf: python.version (value: python3).",
        f"Invalid key in stanza [a] in {default}/savedsearches.conf: alert_type (value: always).",
        f"No spec file for: {default}/toys.conf",
        f"Invalid stanza [exposed:c] in {default}/web.conf",
    ]


def test_the_next_start_warns_of_what_was_written_in_local(start: Start) -> None:
    splunkd = start()
    local = splunkd.home / "etc" / "apps" / "TA_toy" / "local"
    before = len(splunkd.logs("btool"))
    splunkd.stop()
    local.mkdir(exist_ok=True)
    (local / "savedsearches.conf").write_text("[a]\nserach = x\n", encoding="utf-8")
    splunkd.start()

    told = [line.message for line in splunkd.logs("btool")][2 * before :]

    assert told == [f"Invalid key in stanza [a] in {local}/savedsearches.conf: serach (value: x)."]
