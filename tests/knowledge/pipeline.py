"""Runs the searches of the dashboards over evaluated events: the few commands that they use, and no others.

Rules ("Search Reference"): the first part and `search` are criteria; `stats` and `timechart` aggregate, `by` leaves out
events that lack a field; several values of a field count one by one; `sort` is ascending unless `-` stands before, and
keeps as many rows as the number that stands first says, 0 being all, 10,000 without one; `dedup` keeps the first;
`where` and `eval` take an expression of eval; `eventstats` aggregates as `stats` does and adds the results to each
event of the group; `streamstats` adds the results over the events up to this one, without it where `current=f`; `accum`
replaces a number by the running total; `reverse` turns the order round; `mvexpand` makes a row of each value of a
field; `rename` moves fields; `fields` keeps those that it names; `addinfo` tells the time range of the search; `bin`
rounds a number down to a multiple of its span. `last` is the last value in the order of the rows; a percentile is the
nearest rank, as it is below 1,000 distinct values. An unknown command, option or function is refused, not guessed."""

from __future__ import annotations

import math
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
_ASSIGNMENT = re.compile(r"([A-Za-z_][\w.]*)\s*=\s*(?!=)(.+)")


class _Seen(NamedTuple):
    """An event on its way through the commands."""

    fields: dict[str, list[str]]
    eventtypes: Sequence[str]


def run(
    search: str,
    events: Sequence[tuple[Fields, Sequence[str], Sequence[str]]],
    macros: Mapping[str, Mapping[str, str]],
    now: Optional[float] = None,
    earliest: Optional[float] = None,
) -> list[Row]:
    """The rows of a search over events: (fields, event types, tags), newest first. `now` is when it runs, and the end
    of its time range; `earliest` is the beginning, which leaves out what is older."""
    head, *commands = split(expand(search, macros))
    settings = Settings(now=now)
    seen = [
        _Seen({**fields, "tag": list(tags)}, types)
        for fields, types, tags in events
        if earliest is None or float(fields["_time"][0]) >= earliest
    ]
    rows: list[_Seen] = _matching(seen, head)
    for command in commands:
        name, _, rest = command.partition(" ")
        if name == "addinfo":
            rows = _addinfo(rows, now, earliest)
            continue
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
    if function == "last":
        return values[-1:]
    if function.startswith("perc"):
        return [_percentile(numbers, int(function[4:]))] if numbers else []
    if function == "latest":
        newest = max((row for row in rows if row.fields.get(field)), key=_time, default=None)
        return newest.fields[field][:1] if newest is not None else []
    calculated: dict[str, Callable[[list[float]], float]] = {
        "max": max,
        "min": min,
        "sum": sum,
        "avg": lambda each: sum(each) / len(each),
        "range": lambda each: max(each) - min(each),
    }
    if function not in calculated:
        raise Refused(f"the function {function} is not known here")
    return [_shown_number(calculated[function](numbers))] if numbers else []


def _shown_number(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _percentile(numbers: list[float], percent: int) -> str:
    if len(set(numbers)) >= 1000:
        raise Refused("a percentile of a thousand distinct values or more is approximate")
    ranked = sorted(numbers)
    return _shown_number(ranked[max(math.ceil(percent / 100 * len(ranked)), 1) - 1])


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


def _streamstats(rows: list[_Seen], rest: str) -> list[_Seen]:
    match = re.fullmatch(r"(current=f )?(.+?)(?: by (.+))?", rest)
    if match is None or "=" in match.group(2):
        raise Refused(f"streamstats {rest}")
    without_itself, asked, by = match.groups()
    names = (by or "").split()
    before: dict[tuple[str, ...], list[_Seen]] = {}
    made = []
    for row in rows:
        values = [row.fields.get(name, []) for name in names]
        if any(len(each) > 1 for each in values):
            raise Refused("streamstats by a field of several values")
        if not all(values):
            made.append(row)
            continue
        group = before.setdefault(tuple(each[0] for each in values), [])
        window = group if without_itself else [*group, row]
        added = {name: _value(function, field, window) for function, field, name in _aggregates(asked)}
        group.append(row)
        made.append(row._replace(fields={**row.fields, **added}))
    return made


def _accum(rows: list[_Seen], rest: str) -> list[_Seen]:
    if not re.fullmatch(r"\w+", rest):
        raise Refused(f"accum {rest}")
    total, made = 0.0, []
    for row in rows:
        (value,) = row.fields[rest]
        total += float(value)
        made.append(row._replace(fields={**row.fields, rest: [_shown_number(total)]}))
    return made


def _addinfo(rows: list[_Seen], now: Optional[float], earliest: Optional[float]) -> list[_Seen]:
    if now is None:
        raise Refused("addinfo without a time given")
    told = {"info_min_time": [f"{earliest or 0.0:.3f}"], "info_max_time": [f"{now:.3f}"]}
    return [row._replace(fields={**row.fields, **told}) for row in rows]


def _mvexpand(rows: list[_Seen], rest: str) -> list[_Seen]:
    if not re.fullmatch(r"\w+", rest):
        raise Refused(f"mvexpand {rest}")
    if not all(row.fields.get(rest) for row in rows):
        raise Refused(f"mvexpand {rest} of a row that has none: what becomes of it is not documented")
    return [row._replace(fields={**row.fields, rest: [value]}) for row in rows for value in row.fields[rest]]


def _rename(rows: list[_Seen], rest: str) -> list[_Seen]:
    names = dict(re.findall(r"(\w+) AS (\w+)", rest))
    if rest != " ".join(f"{old} AS {new}" for old, new in names.items()):
        raise Refused(f"rename {rest}")
    for new in names.values():
        if any(new in row.fields for row in rows):
            raise Refused(f"rename to {new}, which is there")
    return [row._replace(fields={names.get(name, name): each for name, each in row.fields.items()}) for row in rows]


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
    """By the last of the fields first: each turn keeps the order of those before where values are equal."""
    count = re.match(r"([0-9]+) ", rest)
    if not count and len(rows) > 10_000:
        raise Refused("sort keeps 10,000 rows only, unless a number stands first")
    descends_all = rest.startswith("- ")
    keys = re.split(r",? ", rest[count.end() if count else 2 if descends_all else 0 :])
    for each in reversed(keys):
        match = re.fullmatch(r"(-?)(?:(num)\(([A-Za-z_]\w*)\)|([A-Za-z_]\w*))", each)
        if match is None:
            raise Refused(f"sort {rest}")
        sign, number, inner, plain = match.groups()
        rows = sorted(rows, key=_sort_key(inner or plain, bool(number)), reverse=bool(sign) or descends_all)
    return rows[: int(count[1]) or None] if count else rows


def _sort_key(name: str, number: bool) -> Callable[[_Seen], tuple[float, str]]:
    def key(row: _Seen) -> tuple[float, str]:
        value = (row.fields.get(name) or [""])[0]
        is_number = re.fullmatch(r"-?[0-9]+(?:[.][0-9]+)?", value) is not None
        if number and not is_number:
            raise Refused(f"sort num({name}) of {value!r}")
        return float(value) if is_number else 0.0, "" if number else value

    return key


def _table(rows: list[_Seen], rest: str) -> list[_Seen]:
    return [_Seen({name: _shown(name, row.fields.get(name, [])) for name in rest.split()}, ()) for row in rows]


def _fields(rows: list[_Seen], rest: str) -> list[_Seen]:
    names = rest.split()
    if not all(re.fullmatch(r"\w+", name) for name in names):
        raise Refused(f"fields {rest}")
    return [row._replace(fields={name: row.fields[name] for name in names if name in row.fields}) for row in rows]


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
    "streamstats": _streamstats,
    "accum": _accum,
    "reverse": lambda rows, rest: rows[::-1],
    "rename": _rename,
    "mvexpand": _mvexpand,
    "bin": _bin,
    "timechart": _timechart,
    "sort": _sort,
    "head": lambda rows, rest: rows[: int(rest)],
    "table": _table,
    "fields": _fields,
    "fillnull": _fillnull,
    "convert": _convert,
}
