"""Runs the searches of the dashboards over evaluated events: the few commands that they use, and no others.

Rules ("Search Reference"): the first part and `search` are criteria; `stats` and `timechart` aggregate, `by` leaves out
events that lack a field; several values of a field count one by one; `sort` is ascending unless `-` stands before;
`dedup` keeps the first; `where` and `eval` take an expression of eval; `eventstats` aggregates as `stats` does and adds
the results to each event of the group; `bin` rounds a number down to a multiple of its span. An unknown command, option
or function is refused, not guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Callable, NamedTuple, Optional

from tests.searchtime.criterion import Probe, compile_criterion
from tests.searchtime.event import Cost
from tests.searchtime.expression.formula import compile_formula
from tests.searchtime.expression.scope import Scope, Settings
from tests.searchtime.expression.value import to_field, truth
from tests.searchtime.macro import expand
from tests.searchtime.refusal import Refused

Fields = Mapping[str, list[str]]
Row = dict[str, object]
_PIPE = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|([|])|[^"`|]+')
_AGGREGATE = re.compile(r"(\w+)(?:\((\w+)\))?(?:\s+AS\s+(\w+))?")
_SPANS = {"1d": 86_400, "10m": 600, "5m": 300}
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\s*=\s*(?!=)(.+)")


class _Seen(NamedTuple):
    """An event on its way through the commands."""

    fields: dict[str, list[str]]
    eventtypes: Sequence[str]


def run(
    search: str,
    events: Sequence[tuple[Fields, Sequence[str], Sequence[str]]],
    macros: Mapping[str, Mapping[str, str]],
    now: Optional[float] = None,
) -> list[Row]:
    """The rows of a search over events: (fields, event types, tags), newest first. `now` is when it runs."""
    head, *commands = split(expand(search, macros))
    settings = Settings(now=now)
    seen = [_Seen({**fields, "tag": list(tags)}, types) for fields, types, tags in events]
    rows: list[_Seen] = _matching(seen, head)
    for command in commands:
        name, _, rest = command.partition(" ")
        if name in _FORMULAS:
            rows = _FORMULAS[name](rows, rest.strip(), settings)
            continue
        known = _COMMANDS.get(name)
        if known is None:
            raise Refused(f"the command {name} is not known here")
        rows = known(rows, rest.strip())
    return [{name: values[0] if len(values) == 1 else values for name, values in row.fields.items()} for row in rows]


def split(search: str) -> list[str]:
    """The commands between pipes."""
    parts = [""]
    for piece in _PIPE.finditer(search):
        if piece.group(1):
            parts.append("")
        else:
            parts[-1] += piece.group()
    return [part.strip() for part in parts]


def _matching(rows: list[_Seen], criterion: str) -> list[_Seen]:
    asked = compile_criterion(re.sub(r"\btag=", "label=", criterion))

    def fits(row: _Seen) -> bool:
        fields = {**row.fields, "label": row.fields.get("tag", []), "eventtype": list(row.eventtypes)}
        return asked(Probe(fields, lambda name: name in row.eventtypes))

    return [row for row in rows if fits(row)]


def _where(rows: list[_Seen], expression: str, settings: Settings) -> list[_Seen]:
    asked = compile_formula(expression)
    return [row for row in rows if truth(asked.evaluate(_scope(row, settings)), "where") is True]


def _eval(rows: list[_Seen], rest: str, settings: Settings) -> list[_Seen]:
    match = _ASSIGNMENT.fullmatch(rest)
    if match is None:
        raise Refused(f"eval {rest}")
    name, formula = match.group(1), compile_formula(match.group(2))
    return [
        row._replace(fields={**row.fields, name: to_field(formula.evaluate(_scope(row, settings)))}) for row in rows
    ]


def _scope(row: _Seen, settings: Settings) -> Scope:
    return Scope({name: list(values) for name, values in row.fields.items()}, settings, Cost())


def _dedup(rows: list[_Seen], rest: str) -> list[_Seen]:
    names = [name for name in rest.split() if "=" not in name]
    if "keepempty=true" not in rest.split():
        raise Refused("dedup without keepempty=true")
    kept: dict[object, _Seen] = {}
    for number, row in enumerate(rows):
        key = tuple(tuple(row.fields.get(name, ())) for name in names)
        kept.setdefault(key if all(key) else number, row)
    return list(kept.values())


def _aggregates(text: str) -> list[tuple[str, str, str]]:
    found = []
    for function, field, name in _AGGREGATE.findall(text):
        found.append((function, field, name or (f"{function}({field})" if field else function)))
    return found


def _value(function: str, field: str, rows: list[_Seen]) -> list[str]:
    values = [value for row in rows for value in row.fields.get(field, ())]
    numbers = [float(value) for value in values if re.fullmatch(r"-?[0-9]+(?:[.][0-9]+)?", value)]
    if function == "count":
        return [str(len(rows) if not field else len(values))]
    if function == "dc":
        return [str(len(set(values)))]
    if function == "values":
        return sorted(set(values))
    if function == "latest":
        newest = max((row for row in rows if row.fields.get(field)), key=_time, default=None)
        return newest.fields[field][:1] if newest is not None else []
    calculated: dict[str, Callable[[list[float]], float]] = {
        "max": max,
        "min": min,
        "sum": sum,
        "avg": lambda each: sum(each) / len(each),
    }
    if function not in calculated:
        raise Refused(f"the function {function} is not known here")
    return [f"{calculated[function](numbers):.6f}".rstrip("0").rstrip(".")] if numbers else []


def _grouped(rows: list[_Seen], names: Sequence[str]) -> dict[tuple[str, ...], list[_Seen]]:
    groups: dict[tuple[str, ...], list[_Seen]] = {}
    for row in rows:
        keys: list[tuple[str, ...]] = [()]
        for name in names:
            keys = [(*key, value) for key in keys for value in row.fields.get(name, ())]
        for key in keys:
            groups.setdefault(key, []).append(row)
    return groups


def _stats(rows: list[_Seen], rest: str) -> list[_Seen]:
    asked, _, by = rest.partition(" by ")
    names = by.split()
    groups = _grouped(rows, names) if names else {(): rows}
    made = []
    for key in sorted(groups):
        fields = dict(zip(names, ([value] for value in key)))
        for function, field, name in _aggregates(asked):
            fields[name] = _value(function, field, groups[key])
        made.append(_Seen(fields, ()))
    return made


def _eventstats(rows: list[_Seen], rest: str) -> list[_Seen]:
    asked, _, by = rest.partition(" by ")
    names = by.split()
    if any(len(row.fields.get(name, ())) > 1 for row in rows for name in names):
        raise Refused("eventstats by a field of several values")
    groups = _grouped(rows, names) if names else {(): rows}
    added = {
        key: {name: _value(function, field, group) for function, field, name in _aggregates(asked)}
        for key, group in groups.items()
    }
    keys = [tuple(value for name in names for value in row.fields.get(name, ())) for row in rows]
    return [row._replace(fields={**row.fields, **added.get(key, {})}) for row, key in zip(rows, keys)]


def _bin(rows: list[_Seen], rest: str) -> list[_Seen]:
    match = re.fullmatch(r"span=(\w+)\s+(\w+)\s+AS\s+(\w+)", rest)
    if match is None:
        raise Refused(f"bin {rest}")
    span, field, name = _SPANS[match.group(1)], match.group(2), match.group(3)
    return [
        row._replace(fields={**row.fields, name: [str(int(float(each) // span * span)) for each in row.fields[field]]})
        for row in rows
    ]


def _timechart(rows: list[_Seen], rest: str) -> list[_Seen]:
    match = re.fullmatch(r"span=(\w+)\s+(.+?)\s+by\s+(\w+)", rest)
    if match is None:
        raise Refused(f"timechart {rest}")
    span, ((function, field, _),) = _SPANS[match.group(1)], _aggregates(match.group(2))
    by = match.group(3)
    series = sorted({value for row in rows for value in row.fields.get(by, ())})
    buckets: dict[int, list[_Seen]] = {}
    for row in rows:
        buckets.setdefault(int(_time(row)) // span * span, []).append(row)
    made = []
    for start in range(min(buckets, default=0), max(buckets, default=-1) + 1, span):
        fields = {"_time": [datetime.fromtimestamp(start, timezone.utc).isoformat(timespec="milliseconds")]}
        for value in series:
            inside = [row for row in buckets.get(start, ()) if value in row.fields.get(by, ())]
            fields[value] = _value(function, field, inside)
        made.append(_Seen(fields, ()))
    return made


def _sort(rows: list[_Seen], rest: str) -> list[_Seen]:
    names = [name for name in rest.split() if name != "-"]

    def key(row: _Seen) -> list[tuple[float, str]]:
        values = [(row.fields.get(name) or [""])[0] for name in names]
        return [(float(value) if re.fullmatch(r"-?[0-9]+(?:[.][0-9]+)?", value) else 0.0, value) for value in values]

    return sorted(rows, key=key, reverse=rest.startswith("-"))


def _table(rows: list[_Seen], rest: str) -> list[_Seen]:
    return [_Seen({name: _shown(name, row.fields.get(name, [])) for name in rest.split()}, ()) for row in rows]


def _shown(name: str, values: list[str]) -> list[str]:
    if name != "_time":
        return values
    return [datetime.fromtimestamp(float(value), timezone.utc).isoformat(timespec="milliseconds") for value in values]


def _fillnull(rows: list[_Seen], rest: str) -> list[_Seen]:
    match = re.fullmatch(r'value="([^"]*)"\s+(\w+)', rest)
    if match is None:
        raise Refused(f"fillnull {rest}")
    text, name = match.groups()
    return [row._replace(fields={**row.fields, name: row.fields.get(name) or [text]}) for row in rows]


def _convert(rows: list[_Seen], rest: str) -> list[_Seen]:
    match = re.fullmatch(r"ctime\((\w+)\)", rest)
    if match is None:
        raise Refused(f"convert {rest}")
    name = match.group(1)

    def shown(value: str) -> str:
        return datetime.fromtimestamp(float(value), timezone.utc).strftime("%m/%d/%Y %H:%M:%S")

    return [
        row._replace(fields={**row.fields, name: [shown(each) for each in row.fields.get(name, [])]}) for row in rows
    ]


def _time(row: _Seen) -> float:
    return float(row.fields["_time"][0])


_FORMULAS: Mapping[str, Callable[[list[_Seen], str, Settings], list[_Seen]]] = {"where": _where, "eval": _eval}
_COMMANDS: Mapping[str, Callable[[list[_Seen], str], list[_Seen]]] = {
    "search": _matching,
    "dedup": _dedup,
    "stats": _stats,
    "eventstats": _eventstats,
    "bin": _bin,
    "timechart": _timechart,
    "sort": _sort,
    "head": lambda rows, rest: rows[: int(rest)],
    "table": _table,
    "fillnull": _fillnull,
    "convert": _convert,
}
