"""All search-time operations of one event, in their order.

Rules ("The sequence of search-time operations"): EXTRACT, REPORT, automatic extraction, FIELDALIAS, EVAL, LOOKUP,
event types, tags. The stanzas of sourcetype, host and source add up as props.conf.spec says; the classes of an
operation apply in ASCII order. All EVAL of an event see the fields as they were before the first of them; one whose
result is null leaves the field as it is. Everything is compiled when the evaluator is made, so that an app with
something in it that is not carried out is refused before its first event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.pcre import SPLUNK, Limits
from tests.searchtime import alias, eventtype, keyvalue, lookup, tag
from tests.searchtime.event import Ceilings, Cost, Event, Fields, Result
from tests.searchtime.expression.formula import compile_formula
from tests.searchtime.expression.scope import Scope, Settings
from tests.searchtime.expression.value import to_field
from tests.searchtime.extraction import compile_extraction
from tests.searchtime.knowledge import Knowledge, lie_on_default
from tests.searchtime.refusal import Refused, placed
from tests.searchtime.settings import PROPS_CLASSES, boolean
from tests.searchtime.transform import Transform, compile_transform
from tests.splunkd.conf import ini
from tests.splunkd.intake.props import Props

_PROPS = "props.conf"


class SearchTime:
    """An app's knowledge, ready for events."""

    def __init__(
        self,
        knowledge: Knowledge,
        ceilings: Ceilings = Ceilings(),  # noqa: B008 (frozen)
        settings: Settings = Settings(),  # noqa: B008 (frozen)
        keep_empty_json: bool = False,
    ) -> None:
        self._knowledge = knowledge
        self._ceilings = ceilings
        self._settings = settings
        self._keep_empty_json = keep_empty_json
        self._transforms = lie_on_default(knowledge.transforms)
        stanzas = {name: said for name, said in knowledge.props.items() if name != ini.DEFAULT}
        self._props = Props(stanzas, knowledge.props.get(ini.DEFAULT, {}))
        self._compiled: dict[tuple[str, str], Any] = {}
        self._places: dict[tuple[str, str], str] = {}
        for stanza, said in knowledge.props.items():
            for key, value in said.items():
                with placed(_PROPS, stanza, key):
                    self._compile(
                        stanza, key, value, SPLUNK.lowered(said.get("MATCH_LIMIT", ""), said.get("DEPTH_LIMIT", ""))
                    )
        self._eventtypes = eventtype.EventTypes(lie_on_default(knowledge.eventtypes), lie_on_default(knowledge.macros))
        self._tags = tag.compile_tags(lie_on_default(knowledge.tags))

    def evaluate(self, event: Event) -> Result:
        """Everything that a search sees of an event."""
        said = self._props.settings_for(event.source, event.host, event.sourcetype)
        fields, cost = event.start(), Cost()
        indexed = frozenset(fields)
        self._each(said, "EXTRACT-", lambda _, extraction: extraction.apply(fields, cost))
        self._each(said, "REPORT-", lambda _, transforms: _report(transforms, fields, cost))
        with placed(_PROPS, event.sourcetype, "KV_MODE"):
            keyvalue.apply(said, fields, self._ceilings, cost, indexed, self._keep_empty_json)
        aliases: list[alias.Alias] = []
        self._each(said, "FIELDALIAS-", lambda _, more: aliases.extend(more))
        with placed(_PROPS, event.sourcetype, "FIELDALIAS"):
            alias.apply(aliases, fields)
        self._calculate(said, fields, cost)
        lookups: list[lookup.Lookup] = []
        self._each(said, "LOOKUP-", lambda _, one: lookups.append(one))
        with placed(_PROPS, event.sourcetype, "LOOKUP"):
            lookup.apply(lookups, fields)
        eventtypes = self._eventtypes.of(fields)
        if eventtypes:
            fields["eventtype"] = eventtypes
        with placed("tags.conf"):
            tags = tag.apply(self._tags, fields)
        return Result(fields, eventtypes, tags, cost)

    def _calculate(self, said: Mapping[str, str], fields: Fields, cost: Cost) -> None:
        scope = Scope({name: list(values) for name, values in fields.items()}, self._settings, cost)

        def calculate(key: str, formula: Any) -> None:
            values = to_field(formula.evaluate(scope))
            if values:
                fields[key[len("EVAL-") :]] = values

        self._each(said, "EVAL-", calculate)

    def _each(self, said: Mapping[str, str], prefix: str, act: Callable[[str, Any], object]) -> None:
        """Do something with every class of an operation, in their order."""
        for key in sorted(key for key in said if key.startswith(prefix)):
            place = (key, said[key])
            if place in self._compiled:
                with placed(_PROPS, self._places[place], key):
                    act(key, self._compiled[place])

    def _compile(self, stanza: str, key: str, value: str, limits: Limits) -> None:
        if key == "KV_MODE":
            keyvalue.check_mode(value)
        elif key == "AUTO_KV_JSON":
            boolean(value)
        if not key.startswith(PROPS_CLASSES) or not value:
            return
        if key.startswith("EXTRACT-"):
            made: Any = compile_extraction(value, limits)
        elif key.startswith("REPORT-"):
            made = [self._transform(name.strip()) for name in value.split(",") if name.strip()]
        elif key.startswith("FIELDALIAS-"):
            made = alias.compile_aliases(value)
        elif key.startswith("EVAL-"):
            made = compile_formula(value)
        else:
            made = lookup.compile_lookup(value, self._transforms, self._knowledge.lookups)
        self._compiled[key, value] = made
        self._places.setdefault((key, value), stanza)

    def _transform(self, name: str) -> Transform:
        said = self._transforms.get(name)
        if said is None:
            raise Refused(f"transforms.conf has no [{name}]")
        with placed("transforms.conf", name):
            return compile_transform(name, said)


def _report(transforms: list[Transform], fields: Fields, cost: Cost) -> None:
    for transform in transforms:
        transform.apply(fields, cost)
