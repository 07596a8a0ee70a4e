"""The text of one `.conf` file, read and written by Splunk's rules.

Rules ("About configuration files" and the head of every `.conf.spec`): stanza and setting names are case-sensitive;
settings above the first stanza belong to `[default]`; a stanza that comes twice is one stanza, the last of a setting
wins; a comment is a line that begins with `#`, never the tail of a setting; a value goes on in the next line after a
backslash and keeps the line break. A line that is none of these is refused with its number: splunkd would go on and
complain in btool, a stand-in that swallowed it would hide a mistake.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

Stanzas = dict[str, dict[str, str]]

DEFAULT = "default"


class ConfSyntax(ValueError):
    """A line that is no comment, stanza or setting."""


def parse(text: str, origin: str = "conf") -> Stanzas:
    """What a file says, in its order. `origin` names it in an error."""
    stanzas: Stanzas = {}
    current = DEFAULT
    for number, line in _logical_lines(text.lstrip("\ufeff")):
        stripped = line.strip()
        if not stripped or line.startswith("#") or stripped.startswith("#"):
            continue
        if stripped.startswith("[") and stripped.endswith("]"):
            current = stripped[1:-1].strip() or DEFAULT
            stanzas.setdefault(current, {})
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise ConfSyntax(f"{origin}:{number}: neither stanza, setting nor comment: {stripped[:80]!r}")
        stanzas.setdefault(current, {})[name.strip()] = value.strip()
    return stanzas


def render(stanzas: Mapping[str, Mapping[str, str]]) -> str:
    """The text that reads back as the same stanzas."""
    blocks = []
    for name, settings in stanzas.items():
        lines = [f"[{name}]"]
        lines += [f"{key} = {value}".replace("\n", "\\\n") for key, value in settings.items()]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def read(path: Path) -> Stanzas:
    """The stanzas of a file; none where there is no file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return parse(text, str(path))


def write(path: Path, stanzas: Mapping[str, Mapping[str, str]]) -> None:
    """Replace a file at once, so that a stand-in killed here leaves the old or the new text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(render(stanzas), encoding="utf-8")
    os.replace(draft, path)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations joined, each with the number of its first line."""
    gathered = ""
    first = 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        first = first or number
        comment = not gathered and line.lstrip().startswith("#")
        if line.endswith("\\") and not comment:
            gathered += line[:-1] + "\n"
            continue
        yield first, gathered + line
        gathered, first = "", 0
    if gathered:
        yield first, gathered
