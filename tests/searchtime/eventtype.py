"""Event types: eventtypes.conf.

Rules (eventtypes.conf.spec): an event has every event type whose search it meets and that is not disabled; a search may
ask for other event types. A name with `%field%` in it, event types that ask for each other, and one that asks for an
event type of another app are refused.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping

from tests.searchtime.criterion import Criterion, Probe, compile_criterion
from tests.searchtime.event import Fields
from tests.searchtime.macro import expand
from tests.searchtime.refusal import Refused, placed
from tests.searchtime.settings import boolean

_FILE = "eventtypes.conf"


class EventTypes:
    """All event types of an app, compiled."""

    def __init__(self, stanzas: Mapping[str, Mapping[str, str]], macros: Mapping[str, Mapping[str, str]]) -> None:
        self._criteria: dict[str, Criterion] = {}
        for name, said in stanzas.items():
            with placed(_FILE, name, "search"):
                if re.search("%.+%", name):
                    raise Refused("a name with a field in it is not carried out")
                if not boolean(said.get("disabled", "0")):
                    self._criteria[name] = compile_criterion(expand(said.get("search", ""), macros))

    def of(self, fields: Fields) -> list[str]:
        """The names of an event's types, in alphabetical order."""
        known: dict[str, bool | None] = {}

        def has(pattern: str) -> bool:
            names = [name for name in self._criteria if fnmatch.fnmatchcase(name.lower(), pattern.lower())]
            if not names:
                raise Refused(f"there is no event type {pattern}")
            return any(ask(name) for name in names)

        def ask(name: str) -> bool:
            if name not in known:
                known[name] = None
                with placed(_FILE, name, "search"):
                    known[name] = self._criteria[name](Probe(fields, has))
            answer = known[name]
            if answer is None:
                raise Refused(f"event types that ask for each other: {name}", _FILE, name, "search")
            return answer

        return sorted(name for name in self._criteria if ask(name))
