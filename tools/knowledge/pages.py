"""The pages of the event types: a catalogue, and for each type what it is, its fields with their sources, an example.

Rules: all is compiled from `knowledge/`, but for the example, which the emulator invents. The site has these pages, the
repository does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Dict, List

from tools.knowledge import spl
from tools.knowledge.event_type import BY_OPERATION, EventType, Splunks, read_eventtypes, read_types

FOLDER = "docs/events"
_KNOWLEDGE = "../../knowledge"


def pages(examples: Mapping[str, object]) -> Dict[str, str]:
    """The pages by path; `examples` has an event of each type."""
    types, eventtypes = read_types(), {each.name: each for each in read_eventtypes()}
    found = {f"{FOLDER}/README.md": _catalogue(types, eventtypes)}
    for each in types:
        found[f"{FOLDER}/{each.name}.md"] = _page(each, eventtypes, examples[each.name])
    return found


def _catalogue(types: Iterable[EventType], eventtypes: Mapping[str, Splunks]) -> str:
    rows = [
        f"| [{each.name}]({each.name}.md) | {each.what} | {_eventtype(each)} | {_tags(each, eventtypes)} |"
        for each in types
    ]
    return "\n".join(
        [
            "# Event types",
            "",
            "What the types of event mean in Splunk. Each page has a type's fields, and what each field is made from.",
            "A type that Falcon has added since gets the usual fields under their usual names.",
            "",
            "| Type | What | Event type | Tags |",
            "|---|---|---|---|",
            *rows,
            "",
            "## How to read a source",
            "",
            "A source is a key at the root of `event`. Where several stand one after the other, the first one that",
            "says something counts. An empty text, `-`, `N/A`, and null say nothing. A word before a key changes what",
            "it gives:",
            "",
            *_words(),
            "",
        ]
    )


def _page(each: EventType, eventtypes: Mapping[str, Splunks], example: object) -> str:
    fields = {**{name: f"text {text}" for name, text in each.constants.items()}, **each.fields}
    said = eventtypes.get(each.eventtype)
    models = "by what was done" if said is None else ", ".join(said.models) or "none"
    return "\n".join(
        [
            f"# {each.name}",
            "",
            each.what,
            "",
            "| | |",
            "|---|---|",
            f"| Family | `{each.family}` |",
            f"| Event type | {_eventtype(each)} |",
            f"| Tags | {_tags(each, eventtypes)} |",
            f"| Data models | {models} |",
            f"| ESCU's searches that read it | {', '.join(each.readers) or 'none'} |",
            "",
            "## Fields",
            "",
            "[How to read a source](README.md#how-to-read-a-source)",
            "",
            "| Field | Source |",
            "|---|---|",
            *(f"| `{name}` | {_source(text)} |" for name, text in sorted(fields.items())),
            "",
            "## Example",
            "",
            "An invented event, without what Splunk adds.",
            "",
            "```json",
            json.dumps(example, indent=2, ensure_ascii=False),
            "```",
            "",
        ]
    )


def _eventtype(each: EventType) -> str:
    return "by what was done" if each.eventtype == BY_OPERATION else f"`crowdstrike_es_{each.eventtype}`"


def _tags(each: EventType, eventtypes: Mapping[str, Splunks]) -> str:
    said = eventtypes.get(each.eventtype)
    return "by what was done" if said is None else " ".join(said.tags) or "none"


def _source(text: str) -> str:
    """A source in a cell of a table."""
    text = " ".join(text.split())
    parts = [text] if text.startswith("spl ") else re.split(r" \| (?=[a-z]*)", text)
    return ", else ".join(f"`{part}`" for part in parts)


def _words() -> List[str]:
    """The table of words, which stands in the module that knows them."""
    return [line for line in (spl.__doc__ or "").splitlines() if line.startswith("|")]
