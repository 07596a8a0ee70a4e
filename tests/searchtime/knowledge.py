"""The knowledge objects of one app, read from its folder.

Rules ("Configuration file precedence"): `local` lies over `default`, setting by setting; `[default]` of a conf lies
under its stanzas. Every stanza is looked through when it is loaded, so that what is not carried out is refused before
the first event. limits.conf of an app is refused where it moves a ceiling: give `Ceilings` instead.
"""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

from tests.searchtime import settings
from tests.searchtime.refusal import Refused, placed
from tests.splunkd.conf import ini

Rows = list[dict[str, str]]


@dataclasses.dataclass(frozen=True)
class Knowledge:
    """What an app's conf files and lookups say."""

    props: ini.Stanzas
    transforms: ini.Stanzas
    eventtypes: ini.Stanzas
    tags: ini.Stanzas
    macros: ini.Stanzas
    lookups: dict[str, Rows]

    @classmethod
    def load(cls, app_folder: Path) -> Knowledge:
        """Read `default`, `local` and `lookups` of an app."""
        if not app_folder.is_dir():
            raise Refused(f"{app_folder} is no folder")
        props, transforms = _merged(app_folder, "props"), _merged(app_folder, "transforms")
        eventtypes, macros = _merged(app_folder, "eventtypes"), _merged(app_folder, "macros")
        for conf, stanzas, check in (
            ("props", props, settings.check_props),
            ("transforms", transforms, settings.check_transform),
            ("eventtypes", eventtypes, settings.check_eventtype),
            ("macros", macros, settings.check_macro),
            ("fields", _merged(app_folder, "fields"), settings.check_field),
        ):
            for stanza, said in stanzas.items():
                with placed(f"{conf}.conf", stanza):
                    check(stanza, said)
        for stanza, said in _merged(app_folder, "limits").items():
            if stanza in ("kv", "spath"):
                raise Refused("give Ceilings instead", "limits.conf", stanza, next(iter(said), ""))
        tags = _merged(app_folder, "tags")
        return cls(props, transforms, eventtypes, tags, macros, _lookups(app_folder / "lookups"))


def lie_on_default(stanzas: ini.Stanzas) -> ini.Stanzas:
    """Every stanza but `[default]`, each lying on it."""
    default = stanzas.get(ini.DEFAULT, {})
    return {name: {**default, **said} for name, said in stanzas.items() if name != ini.DEFAULT}


def _merged(app_folder: Path, conf: str) -> ini.Stanzas:
    merged: ini.Stanzas = {}
    for layer in ("default", "local"):
        for stanza, said in ini.read(app_folder / layer / f"{conf}.conf").items():
            merged.setdefault(stanza, {}).update(said)
    return merged


def _lookups(folder: Path) -> dict[str, Rows]:
    tables: dict[str, Rows] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            rows = list(reader)
        for number, row in enumerate(rows, start=2):
            if None in row or None in row.values():
                raise Refused(f"row {number} has not as many values as the header", f"lookups/{path.name}")
        if len(set(reader.fieldnames or ())) != len(reader.fieldnames or ()):
            raise Refused("a column comes twice", f"lookups/{path.name}")
        tables[path.name] = rows
    return tables
