"""What Splunk's converter of conf files to SPL2 makes of our search-time clauses, and where that is not what they say.

Rules: a clause is left out if nothing of it comes out, and cut if something else comes out than it says. The
converter's own changes of form count as the same: `+` for a join, `if(a == b, null, a)` for `nullif(a, b)`, JSON paths
in the place of fields with braces, doubled backslashes. A clause in a stanza that the converter does not read is left
out. Of a transform, source, expression, and names are compared; MV_ADD and CLEAN_KEYS have no counterpart in SPL2.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lark import Token

from tests.searchtime.alias import compile_aliases
from tests.searchtime.expression.formula import Part, read_formula
from tests.searchtime.refusal import Refused
from tests.searchtime.settings import PROPS_CLASSES
from tests.splunkd.conf import ini
from tools import environments

_CONSTANTS = ("true", "false", "null")
_EVAL = re.compile(r"""\| eval (?:'([^']+)'|"([^"]+)"|(\S+)) = (.*)""", re.DOTALL)
_GROUP_NAME = re.compile(r"\?P?<(\w+)>")
_PAIR = re.compile(r"([A-Za-z_]\w*)::\"?\$\d")


class Fault(NamedTuple):
    """A clause that does not come out as it stands."""

    stanza: str
    clause: str
    how: str


class Output(NamedTuple):
    """The commands that the converter makes of a stanza, by the kind of their clause."""

    regex: list[str]
    rename: list[str]
    eval: list[str]
    lookup: list[str]


def faults(app: Path, output: Path) -> Iterator[Fault]:
    """The clauses of an app's folder that are left out or cut; the converter writes into `output`."""
    converted = _convert(app, output)
    transforms = ini.read(app / "default" / "transforms.conf")
    for stanza, settings in ini.read(app / "default" / "props.conf").items():
        commands = converted.get(stanza, Output([], [], [], []))
        for clause, value in settings.items():
            kind, dash, name = clause.partition("-")
            if kind + dash in PROPS_CLASSES and value:
                how = _JUDGES[kind](name, value, commands, transforms)
                if how:
                    yield Fault(stanza, clause, how)


def _convert(app: Path, output: Path) -> dict[str, Output]:
    script = environments.for_tool("spl2").with_name("conf-spl2-converter")
    assert script.exists(), "the converter needs Python 3.10 or later: install one, and remove .venv/spl2"
    command = [str(script), "generate", "module", str(app), "--output", str(output), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    trees = [json.loads(path.read_text(encoding="utf-8")) for path in output.glob("*.json")]
    code = {tree["sourcetype"]: tree["template_code"][tree["sourcetype"]] for tree in trees}
    return {name: Output(*(each[f"{kind}_spl2_commands"] for kind in Output._fields)) for name, each in code.items()}


def _extract(name: str, value: str, commands: Output, transforms: ini.Stanzas) -> str:
    regex, source = re.fullmatch(r"(.*?)(?:\s+in\s+(\w+))?", value, re.DOTALL).groups()  # type: ignore[union-attr]
    wanted = f"| rex field={source or '_raw'} /{regex}/"
    if _unescaped(wanted) in map(_unescaped, commands.regex):
        return ""
    names = _GROUP_NAME.findall(regex)
    return "cut" if any(f"<{each}>" in command for each in names for command in commands.regex) else "left out"


def _report(name: str, value: str, commands: Output, transforms: ini.Stanzas) -> str:
    listed = [each.strip() for each in value.split(",")]
    return _share([_has_transform(transforms[each], commands.regex) for each in listed])


def _has_transform(transform: Mapping[str, str], commands: list[str]) -> bool:
    source, form = transform.get("SOURCE_KEY", "_raw"), transform.get("FORMAT", "")
    start = f"replace({source}, " if form == "$1::$2" else f"field={source} "
    wanted = f"{start}/{_anonymous(transform['REGEX'])}/"
    names = _PAIR.findall(form)
    return any(wanted in _anonymous(each) and all(f"<{name}>" in each for name in names) for each in commands)


def _alias(name: str, value: str, commands: Output, transforms: ini.Stanzas) -> str:
    assigned = dict(_assignments(commands.rename))
    pairs = compile_aliases(value)
    came = [
        assigned.get(pair.name, "").replace('"', "").replace("'", "")
        == (f"coalesce({pair.name}, {pair.original})" if pair.keep else pair.original)
        for pair in pairs
    ]
    if not any(came) and any(pair.name in assigned for pair in pairs):
        return "cut"
    return _share(came)


def _calculation(name: str, value: str, commands: Output, transforms: ini.Stanzas) -> str:
    made = [text for target, text in _assignments(commands.eval) if target == name]
    wanted = _form(read_formula(value))
    if any(_form_of(text) == wanted for text in made):
        return ""
    return "cut" if made else "left out"


def _lookup(name: str, value: str, commands: Output, transforms: ini.Stanzas) -> str:
    made = [_words(command) for command in commands.lookup]
    wanted = _words(f"| lookup {value}")
    if wanted in made:
        return ""
    return "cut" if any(words[:3] == wanted[:3] for words in made) else "left out"


_JUDGES: dict[str, Callable[[str, str, Output, ini.Stanzas], str]] = {
    "EXTRACT": _extract,
    "REPORT": _report,
    "FIELDALIAS": _alias,
    "EVAL": _calculation,
    "LOOKUP": _lookup,
}


def _share(came: list[bool]) -> str:
    if all(came):
        return ""
    return "cut" if any(came) else "left out"


def _assignments(commands: list[str]) -> Iterator[tuple[str, str]]:
    for command in commands:
        match = _EVAL.fullmatch(command)
        if match:
            yield match[1] or match[2] or match[3], match[4]


def _unescaped(text: str) -> str:
    return text.replace("\\/", "/")


def _anonymous(regex: str) -> str:
    return _unescaped(_GROUP_NAME.sub("", regex))


def _words(command: str) -> list[str]:
    plain = re.sub(r"\b(?:wildcard|cidr)\(([^)]*)\)", r"\1", command)
    return re.sub(r"\b(\S+) AS \1(?=[\s,]|$)", r"\1", plain).replace(",", " ").split()


def _form_of(text: str) -> Any:
    try:
        return _form(read_formula(text))
    except Refused:
        return None


def _form(part: Part) -> Any:
    """An expression without what the converter may write otherwise."""
    if isinstance(part, Token):
        return "+" if part == "." else str(part)
    kind, children = str(part.data), part.children
    if kind == "string":
        return ("text", re.sub(r"\\+", r"\\", str(children[0])[1:-1]))
    if kind == "quoted" and "{}" in children[0]:
        return ("call", "json_extract", ("field", "_raw"), ("text", str(children[0])[1:-1]))
    if kind in ("quoted", "name"):
        word = str(children[0]).strip("'")
        return ("call", word) if kind == "name" and word in _CONSTANTS else ("field", word)
    if kind == "group":
        return _form(children[0])
    forms = [_form(child) for child in children]
    if kind == "call":
        name = forms[0]
        arguments: tuple[Any, ...] = forms[1][1:] if len(forms) > 1 else ()
        if name == "nullif":
            one, other = arguments
            return ("call", "if", ("comparison", one, "==", other), ("call", "null"), one)
        if name == "coalesce" and arguments[0] == ("call", "json_array_to_mv", arguments[-1]):
            return arguments[-1]
        return ("call", name, *arguments)
    if kind == "sum":
        return (kind, *(form[2] if form[:2] == ("call", "tostring") and len(form) == 3 else form for form in forms))
    return (kind, *forms)
