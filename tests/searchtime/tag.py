"""Tags: tags.conf.

Rules (tags.conf.spec, "About tags"): `[field=value]` gives its enabled tags to events whose field has exactly the
value, `[eventtype=name]` to those of the event type; the value may be URL-encoded. All tags of an event are in `tag`,
those of one field in `tag::<field>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from tests.searchtime.event import Fields, read
from tests.searchtime.refusal import Refused, placed


class Tagged(NamedTuple):
    """The tags of one value of one field."""

    field: str
    value: str
    tags: list[str]


def compile_tags(stanzas: Mapping[str, Mapping[str, str]]) -> list[Tagged]:
    """What tags.conf says."""
    compiled = []
    for stanza, said in stanzas.items():
        with placed("tags.conf", stanza):
            field, equals, value = stanza.partition("=")
            if not equals or not field:
                raise Refused("not a <field>=<value>")
            for tag, state in said.items():
                if state not in ("enabled", "disabled"):
                    raise Refused(f"neither enabled nor disabled: {state}", key=tag)
            compiled.append(Tagged(field, unquote(value), [tag for tag, state in said.items() if state == "enabled"]))
    return compiled


def apply(tagged: list[Tagged], fields: Fields) -> list[str]:
    """Write the tag fields of an event; all its tags in alphabetical order."""
    given: dict[str, set[str]] = {}
    for entry in tagged:
        if entry.value in read(fields, entry.field):
            given.setdefault(entry.field, set()).update(entry.tags)
    every = sorted(set().union(*given.values()))
    for field, tags in given.items():
        if tags:
            fields[f"tag::{field}"] = sorted(tags)
    if every:
        fields["tag"] = every
    return every
