"""Which props apply to data of a source, host and sourcetype.

Rules (props.conf.spec, "stanza precedence", "stanza patterns", "pattern collisions"): `[default]` lies lowest, then
`[<sourcetype>]`, then `[host::...]`, then `[source::...]`; a pattern must match the whole name, `...` is anything, `*`
anything but a separator of paths, be it Linux' or Windows', `.` a period, the rest is PCRE; hosts match without case.
Where two patterns of a kind set the same thing, the higher `priority` wins (0 for a pattern, 100 for a literal), then
the first in ASCII order.

The rest of a pattern is read by PCRE itself (`tests/pcre`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from tests.pcre import Pattern, compile_pattern
from tests.splunkd.conf.ini import Stanzas

_TOKENS = re.compile(r"\.\.\.|\*|\.")
_TRANSLATED = {"...": ".*", "*": r"[^/\\]*", ".": r"\."}
_SPECIAL = re.compile(r"\.\.\.|[*|()?\[\]\\+^$]")
_REMEMBERED = 4096


class _Rule(NamedTuple):
    rank: int
    pattern: Pattern | None
    literal: str
    priority: int
    settings: dict[str, str]

    def matches(self, value: str) -> bool:
        return self.pattern.fullmatch(value) is not None if self.pattern else self.literal == value


class Props:
    """The props.conf of an instance, asked at the rate of events."""

    def __init__(self, stanzas: Stanzas, default: Mapping[str, str]) -> None:
        self._default = dict(default)
        self._rules = [_rule(name, settings) for name, settings in stanzas.items()]
        self._answers: dict[tuple[str, str, str], dict[str, str]] = {}

    def settings_for(self, source: str, host: str, sourcetype: str) -> dict[str, str]:
        """The final stanza for an event. The answer is shared: do not write into it."""
        key = (source, host, sourcetype)
        known = self._answers.get(key)
        if known is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            known = self._answers[key] = self._layer(source, host, sourcetype)
        return known

    def _layer(self, source: str, host: str, sourcetype: str) -> dict[str, str]:
        values = (sourcetype, host, source)
        matching: list[_Rule] = [rule for rule in self._rules if rule.matches(values[rule.rank])]
        # Weakest first: kind, then priority, then reverse ASCII order, so that the first in ASCII order is laid last.
        matching.sort(key=lambda rule: rule.literal, reverse=True)
        matching.sort(key=lambda rule: (rule.rank, rule.priority))
        settings = dict(self._default)
        for rule in matching:
            settings.update(rule.settings)
        return settings


def _rule(name: str, settings: dict[str, str]) -> _Rule:
    for rank, prefix in ((1, "host::"), (2, "source::")):
        if name.startswith(prefix):
            value = name[len(prefix) :]
            pattern = _compile_name(value, without_case=rank == 1)
            break
    else:
        rank, value, pattern = 0, name, None
    priority = settings.get("priority", "100" if pattern is None else "0")
    return _Rule(rank, pattern, value, int(priority), settings)


def _compile_name(value: str, without_case: bool) -> Pattern | None:
    """The pattern a name stands for, None where it stands for itself."""
    if not _SPECIAL.search(value):
        return compile_pattern(f"(?i){re.escape(value)}") if without_case else None
    translated = _TOKENS.sub(lambda match: _TRANSLATED[match.group()], value)
    sensitive = "(?-i)" in translated
    options = "si" if without_case and not sensitive else "s"
    return compile_pattern(f"(?{options}){translated.replace('(?-i)', '')}")
