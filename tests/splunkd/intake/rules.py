"""How data of a source, host and sourcetype is treated at index time: props and transforms as one compiled answer.

Rule: index-time settings are those of the start, as in splunkd; a changed props.conf counts after a restart.
"""

from __future__ import annotations

from typing import Callable, NamedTuple

from tests.pcre import Pattern, PatternError, compile_pattern
from tests.splunkd.conf.layers import Confs
from tests.splunkd.intake.props import Props
from tests.splunkd.intake.timestamp import Clockmaker
from tests.splunkd.intake.transforms import Transform, TransformRefused, Transforms

_REMEMBERED = 4096


class Treatment(NamedTuple):
    """What happens to data of one kind."""

    props: dict[str, str]
    line_breaker: Pattern
    merge: bool
    truncate: int
    transforms: tuple[Transform, ...]


class Rules:
    """Asked at the rate of events, by several readers at once."""

    def __init__(self, confs: Confs, complain: Callable[[str], None]) -> None:
        self._props = Props(confs.stanzas("props"), confs.default("props"))
        self._transforms = Transforms(confs.merged("transforms"))
        self._complain = complain
        self._known: dict[tuple[str, str, str], Treatment] = {}
        self.clockmaker = Clockmaker()

    def treatment(self, source: str, host: str, sourcetype: str) -> Treatment:
        key = (source, host, sourcetype)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._treat(key)
        return known

    def _treat(self, key: tuple[str, str, str]) -> Treatment:
        props = self._props.settings_for(*key)
        return Treatment(
            props=props,
            line_breaker=self._regex(props["LINE_BREAKER"]) or compile_pattern(r"([\r\n]+)"),
            merge=props["SHOULD_LINEMERGE"].lower() in ("true", "1"),
            truncate=int(props["TRUNCATE"]),
            transforms=tuple(self._named(props)),
        )

    def _named(self, props: dict[str, str]) -> list[Transform]:
        try:
            return self._transforms.named(props)
        except (TransformRefused, PatternError) as error:
            self._complain(f"transforms.conf: {error}")
            return []

    def _regex(self, pattern: str) -> Pattern | None:
        try:
            compiled = compile_pattern(pattern)
        except PatternError as error:
            self._complain(f"props.conf: LINE_BREAKER {error}")
            return None
        if not compiled.groups:
            self._complain(f"props.conf: LINE_BREAKER {pattern!r} has no capturing group")
            return None
        return compiled
