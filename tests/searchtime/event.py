"""What goes into an evaluation and what comes out of it.

Rules: a field is a name and a list of texts, never an empty list; what is not there is not there. `_raw`, `_time`,
`host`, `source`, `sourcetype` and `index` come with every event. Other fields that Splunk adds by itself (`punct`,
`linecount`, `date_hour`, ...) are known only where they are given with the event: asking for them otherwise is
refused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Optional, Union

from tests.searchtime.refusal import Refused

Fields = dict[str, list[str]]

RAW = "_raw"
# "Use default fields" and what splunkd keeps of every event; there is no value for them without a splunkd.
_NAMES_OF_SPLUNK = (
    "_bkt _cd _indextime _kv _serial _si _sourcetype _subsecond date_hour date_mday date_minute date_month date_second"
    " date_wday date_year date_zone linecount punct splunk_server splunk_server_group timeendpos timestartpos"
)
_OF_SPLUNK = frozenset(_NAMES_OF_SPLUNK.split())


@dataclasses.dataclass(frozen=True)
class Ceilings:
    """limits.conf of the search heads, as shipped."""

    extraction_cutoff: int = 5000
    """`[spath] extraction_cutoff`: the bytes of an event in which JSON is extracted automatically."""
    kv_limit: int = 100
    """`[kv] limit`: the fields automatic extraction makes of one event; 0 for no limit."""
    kv_maxchars: int = 10240
    """`[kv] maxchars`: the characters of an event that automatic extraction sees."""


@dataclasses.dataclass(frozen=True)
class Event:
    """One event as the index has it. `fields` are its indexed fields."""

    raw: bytes
    sourcetype: str
    source: str = ""
    host: str = ""
    index: str = "main"
    time: float = 0.0
    fields: Mapping[str, Union[str, Sequence[str]]] = dataclasses.field(default_factory=dict)

    def start(self) -> Fields:
        """The fields before the first search-time operation."""
        time = f"{self.time:.6f}".rstrip("0").rstrip(".")
        known = {"host": self.host, "source": self.source, "sourcetype": self.sourcetype, "index": self.index}
        fields: Fields = {name: [value] for name, value in known.items() if value}
        for name, given in self.fields.items():
            values = [given] if isinstance(given, str) else list(given)
            if values:
                fields[name] = values
        fields[RAW] = [self.raw.decode("utf-8", "replace")]
        fields["_time"] = [time]
        return fields


@dataclasses.dataclass
class Cost:
    """How often the whole event was gone through, by what."""

    extract: int = 0
    report: int = 0
    automatic: int = 0
    calculated: int = 0

    def total(self) -> int:
        """All passes over `_raw`."""
        return self.extract + self.report + self.automatic + self.calculated


@dataclasses.dataclass(frozen=True)
class Result:
    """One event as a search shows it."""

    fields: Fields
    eventtypes: list[str]
    tags: list[str]
    cost: Cost

    def values(self, name: str) -> list[str]:
        """All values of a field, none where it is missing."""
        return list(self.fields.get(name, []))

    def value(self, name: str) -> Optional[str]:
        """The value of a field, None where it is missing; a field of several values is no single value."""
        values = self.values(name)
        if len(values) > 1:
            raise ValueError(f"{name} has {len(values)} values: {values!r}")
        return values[0] if values else None


def read(fields: Fields, name: str) -> list[str]:
    """The values of a field. One that only a splunkd could know is refused."""
    if name in fields:
        return fields[name]
    if name in _OF_SPLUNK:
        raise Refused(f"the field {name} comes from splunkd: give it with the event")
    return []
