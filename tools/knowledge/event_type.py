"""The types of event as `knowledge/` describes them.

Rules: a field of a type's own file counts before that of a set, and a set that is named first before a later one. What
is wrong is refused with the file and the place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

import yaml

from tools.knowledge.spl import WrongWord, formula
from tools.package import ROOT

FOLDER = ROOT / "knowledge"
USUAL = "usual"
BY_OPERATION = "by operation"
_KEYS = {"what", "family", "event type", "read by", "with", "fields"}
_CONSTANTS = ("type", "ids_type", "dlp_type")  # fields that are the same for every event of a type


class EventType(NamedTuple):
    """One type of event: what it is in a sentence, its family, the event type of Splunk that it gets, the searches of
    ESCU that read it, the fields that are the same for all its events, and what the others are made from."""

    name: str
    what: str
    family: str
    eventtype: str
    readers: Tuple[str, ...]
    constants: Dict[str, str]
    fields: Dict[str, str]


class Splunks(NamedTuple):
    """One event type of Splunk: its search, in which `{types}` stands for the types, its tags, the data models of CIM
    that these lead into, and a sentence."""

    name: str
    search: str
    tags: Tuple[str, ...]
    models: Tuple[str, ...]
    what: str


def read_types(folder: Path = FOLDER) -> List[EventType]:
    """All of them, by name."""
    shared = _read(folder / "shared.yaml")
    return [_read_type(path, shared) for path in sorted((folder / "types").glob("*.yaml"))]


def usual_fields(folder: Path = FOLDER) -> Dict[str, str]:
    """What the fields of a type that nobody knows are made from."""
    usual: Dict[str, str] = _read(folder / "shared.yaml")[USUAL]
    return usual


def read_eventtypes(folder: Path = FOLDER) -> List[Splunks]:
    """The event types of Splunk, in their order."""
    return [
        Splunks(
            name,
            " ".join(said["search"].split()),
            tuple(said.get("tags", ())),
            tuple(said.get("models", ())),
            said.get("what", ""),
        )
        for name, said in _read(folder / "event_types.yaml").items()
    ]


def read_vocabulary(folder: Path = FOLDER) -> Dict[str, str]:
    """Names of Falcon's, each with the one that has the same."""
    names: Dict[str, str] = _read(folder / "vocabulary.yaml")
    return names


def _read_type(path: Path, shared: Dict[str, Dict[str, str]]) -> EventType:
    said = _read(path)
    wrong = sorted(set(said) - _KEYS - set(_CONSTANTS))
    if wrong:
        raise WrongWord(f"{path.name}: {wrong[0]!r} is not known here")
    fields = dict(said.get("fields", {}))
    for name in said.get("with", ()):
        fields = {**shared[name], **fields}
    for field, text in fields.items():
        try:
            formula(text)
        except WrongWord as error:
            raise WrongWord(f"{path.name}: {field}: {error}") from None
    constants = {name: said[name] for name in _CONSTANTS if name in said}
    readers = tuple(said.get("read by", ()))
    return EventType(path.stem, said["what"], said["family"], said["event type"], readers, constants, fields)


def _read(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        return yaml.safe_load(file)
