"""What a `.conf.spec` says: which keys a stanza may have, and what their values may be.

Rules (conf_checker.rules, which Splunk publishes beside its spec files): stanzas and settings stand at the left edge;
settings above the first stanza and under `[default]` are valid in every stanza; `<name>` stands for anything. Splunk
compares a name only up to its first placeholder and does not look at values. Here the whole name must fit and
`<a|b>` is one of the two, so that a misspelt end is found as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from tests.splunkd.conf import ini

# The kinds of a spec's keys, by the pattern of its stanza and the key as the spec writes it.
Kinds = Mapping[str, Mapping[str, str]]

_STANZA = re.compile(r"\[(.*)\]\s*$")
_SETTING = re.compile(r"((?:[\w.:$-]|<[^<>]+>)+)\s*=\s*(.*?)\s*$")
_PLACEHOLDER = re.compile(r"(<[^<>]*>)")
_BETWEEN_ALTERNATIVES = re.compile(r"\|(?![^<>]*>)")

# Values that Splunk documents for a boolean, and the numbers by what a spec calls them.
_BOOLEAN = r"(?i:true|false|t|f|yes|no|y|n|1|0)"
_VALUES = {
    "<boolean>": _BOOLEAN,
    "<bool>": _BOOLEAN,
    "true": _BOOLEAN,
    "false": _BOOLEAN,
    "<integer>": r"-?\d+",
    "<unsigned integer>": r"\d+",
    "<non-negative integer>": r"\d+",
    "<positive integer>": r"0*[1-9]\d*",
}


def parse(text: str) -> dict[str, dict[str, str]]:
    """The kinds that a spec's text declares."""
    kinds: dict[str, dict[str, str]] = {}
    current = ini.DEFAULT
    for line in text.splitlines():
        stanza = _STANZA.match(line)
        setting = _SETTING.match(line)
        if stanza:
            current = stanza.group(1).strip() or ini.DEFAULT
            kinds.setdefault(current, {})
        elif setting:
            kinds.setdefault(current, {}).setdefault(setting.group(1), setting.group(2))
    return kinds


def matches(pattern: str, name: str) -> bool:
    """Whether a stanza or key is one that a spec writes as `pattern`."""
    return any(expression.fullmatch(name) for expression in _expressions(pattern))


def declared(kinds: Mapping[str, object], stanza: str) -> bool:
    """Whether a spec has a stanza, beside the settings that are valid in every stanza."""
    return stanza == ini.DEFAULT or any(pattern != ini.DEFAULT and matches(pattern, stanza) for pattern in kinds)


def declarations(kinds: Mapping[str, Mapping[str, object]], stanza: str, key: str) -> Iterator[tuple[str, str]]:
    """Pattern and key, as the spec writes them, of each declaration that a key of a stanza fits."""
    for pattern, keys in kinds.items():
        if pattern == ini.DEFAULT or matches(pattern, stanza):
            yield from ((pattern, written) for written in keys if matches(written, key))


def fits(kind: str, value: str) -> bool:
    """Whether a value is of a kind, as far as the kind is a boolean, an integer or a list of words."""
    inner = kind.strip()
    while inner[:1] + inner[-1:] in ("[]", "{}") or re.fullmatch(r"<[^<>]*\|[^<>]*>", inner):
        inner = inner[1:-1].strip()
    alternatives = [part.strip() for part in _BETWEEN_ALTERNATIVES.split(inner)]
    return any(_fits_one(alternative, value) for alternative in alternatives)


def _fits_one(alternative: str, value: str) -> bool:
    if alternative in _VALUES:
        return re.fullmatch(_VALUES[alternative], value) is not None
    return "<" in alternative or not alternative or alternative == value


@cache  # every start of a stand-in holds each key of an app against them
def _expressions(pattern: str) -> list[re.Pattern[str]]:
    return [re.compile(_expression(part), re.DOTALL) for part in _BETWEEN_ALTERNATIVES.split(pattern)]


def _expression(name: str) -> str:
    parts = _PLACEHOLDER.split(name)
    return "".join(_placeholder(part[1:-1]) if part[:1] == "<" else re.escape(part) for part in parts)


def _placeholder(inside: str) -> str:
    return f"(?:{'|'.join(map(re.escape, inside.split('|')))})" if "|" in inside else ".+"
