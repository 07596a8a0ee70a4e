"""The conf files and lookups that `knowledge/` comes to.

Rules: a field is one calculated field with an arm for each formula, which names the types that have it. A field that no
type calculates, but which is one text for all events of a type, stands in the lookup of the types instead. Types that
nobody knows have the usual fields: they come last.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Dict, List, Optional, Set

from tools.knowledge.detection import read_detections, stanzas
from tools.knowledge.event_type import (
    FOLDER,
    EventType,
    Splunks,
    read_eventtypes,
    read_types,
    read_vocabulary,
    usual_fields,
)
from tools.knowledge.operation import Operation, read_audit_keys, read_operations
from tools.knowledge.spl import formula, instant_of
from tools.package import ROOT

_WARNING = "# Made by `make knowledge` from knowledge/: change it there.\n"
_SOURCETYPE = 'sourcetype="CrowdStrike:Event:Streams:JSON"'
_PLACE = "# {fields}\n"
_LITERAL = re.compile(r"text ([^|]*)")
_INSTANT = "instant "
_NAMES = re.compile(r"^(KNOWN_TYPES = \(\n)[^)]*\)\n", re.MULTILINE)
CATALOGUE = "bin/falcon_streams/core/catalogue.py"
SAVED_SEARCHES = "default/savedsearches.conf"
_DETECTIONS = "# Detections, to the end of this file. Made by `make knowledge` from knowledge/detections.yaml.\n"
_UNKNOWN = {"*": {"family": "new"}}  # behind all others: the first row that matches counts
_COLUMNS = ("family", "type", "ids_type", "dlp_type")


def files() -> Dict[str, str]:
    """The text of each file, by its path in the repository."""
    types, usual = read_types(), usual_fields()
    calculated = {field for each in types for field, source in each.fields.items() if not _text_of(source)} | set(usual)
    fields = {each.name: {name: each.fields[name] for name in each.fields if name in calculated} for each in types}
    constants = {each.name: {**each.constants, **_texts(each, calculated), "family": each.family} for each in types}
    props = (FOLDER / "props.conf").read_text(encoding="utf-8")
    columns = [*_COLUMNS, *sorted({name for each in constants.values() for name in each} - set(_COLUMNS))]
    return {
        CATALOGUE: _catalogue(types),
        SAVED_SEARCHES: _saved_searches(),
        "default/props.conf": _WARNING
        + props.replace(_PLACE, _calculated(fields, usual)).replace("# {columns}", ", ".join(columns)),
        "default/eventtypes.conf": _WARNING + _eventtypes(read_eventtypes(), types),
        "default/tags.conf": _WARNING + _tags(read_eventtypes()),
        "lookups/crowdstrike_es_types.csv": _csv(
            ["event_type", *columns],
            ({"event_type": name, **row} for name, row in {**constants, **_UNKNOWN}.items()),
        ),
        "lookups/crowdstrike_es_operations.csv": _csv(
            [name for name in Operation._fields if name != "audit_action"],
            (operation._asdict() for operation in read_operations()),
        ),
    }


def _catalogue(types: Iterable[EventType]) -> str:
    """The module of the product that has the names of the types, with all of these."""
    names = "".join(f'    "{each.name}",\n' for each in types)
    module = (ROOT / CATALOGUE).read_text(encoding="utf-8")
    return _NAMES.sub(lambda found: f"{found.group(1)}{names})\n", module)


def _saved_searches() -> str:
    """The file of saved searches, with all of the detections behind the alerts that are written by hand."""
    by_hand = (ROOT / SAVED_SEARCHES).read_text(encoding="utf-8").partition(_DETECTIONS)[0]
    return f"{by_hand}{_DETECTIONS}{stanzas(read_detections())}"


def _texts(each: EventType, calculated: Set[str]) -> Dict[str, str]:
    """The fields of a type that are one text, and that no type calculates."""
    return {name: _text_of(source) for name, source in each.fields.items() if name not in calculated}


def _text_of(source: str) -> str:
    """The text of a source that is nothing else, empty for any other."""
    match = _LITERAL.fullmatch(source)
    return match.group(1) if match else ""


def _calculated(fields: Mapping[str, Mapping[str, str]], usual: Mapping[str, str]) -> str:
    names = sorted({field for each in fields.values() for field in each} | set(usual))
    lines = ['EVAL-vendor_product = "CrowdStrike Falcon"']
    lines += [f"EVAL-audit_{key} = {formula(f'audit {key}')}" for key in read_audit_keys()]
    for field in names:
        sources = {name: each[field] for name, each in fields.items() if field in each}
        others = [name for name in fields if name not in sources]
        chosen = _chosen(sources, others, usual.get(field))
        lines.append(f"EVAL-{field} = {chosen}")
    for name, other in read_vocabulary().items():
        lines.append(f"EVAL-event.{name} = coalesce('event.{name}', {formula(other)})")
    return "\n".join(lines) + "\n"


def _chosen(sources: Mapping[str, str], others: Iterable[str], usual: Optional[str]) -> str:
    """The formula of a field: by types of event, then what is usual for those that nobody knows. A word that they all
    begin with is applied once, to what was chosen."""
    texts = [text for text in (*sources.values(), usual) if text is not None]
    if all(text.startswith(_INSTANT) for text in texts):
        return instant_of(
            _arms(
                {name: text.replace(_INSTANT, "plain ") for name, text in sources.items()},
                others,
                usual and usual.replace(_INSTANT, "plain "),
            )
        )
    return _arms(sources, others, usual)


def _arms(sources: Mapping[str, str], others: Iterable[str], usual: Optional[str]) -> str:
    arms: Dict[str, List[str]] = {}
    for name, source in sources.items():
        arms.setdefault(formula(source), []).append(name)
    parts = [f"{_is(types)}, {text}" for text, types in arms.items()]
    if usual is not None:
        parts += [f"{_is(others)}, null()", f"true(), {formula(usual)}"]
    return f"case({', '.join(parts)})"


def _is(types: Iterable[str]) -> str:
    return f'match(vendor_event_type, "(?i)^(?:{"|".join(types)})$")'


def _eventtypes(eventtypes: Iterable[Splunks], types: Iterable[EventType]) -> str:
    made = []
    for each in eventtypes:
        named = [f"vendor_event_type={one.name}" for one in types if one.eventtype == each.name]
        search = each.search.replace("{types}", f"({' OR '.join([*named, f'falcon_eventtype={each.name}'])})")
        what = f"# {each.what}\n" if each.what else ""
        made.append(f"{what}[crowdstrike_es_{each.name}]\nsearch = {_SOURCETYPE} {search}\n")
    return "\n".join(made)


def _tags(eventtypes: Iterable[Splunks]) -> str:
    made = []
    for each in eventtypes:
        if each.tags:
            tags = "".join(f"{tag} = enabled\n" for tag in each.tags)
            made.append(f"[eventtype=crowdstrike_es_{each.name}]\n{tags}")
    return "\n".join(made)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
