"""What a table or Flight Control would make of the tenants' conf: the plan, and its hash.

Rules:

- Pure: rows, stanzas, and indexes in, a plan out.
- A tenant whose row has a fault is refused, with its sentence, and the others are not.
- Of a row that fills, a setting counts only where the stanza says nothing of its own. Two children never get one index
  or one name by a pattern, and no child gets that of another tenant: whoever names children could otherwise send their
  events into a stranger's index.
- A tenant that no row names is left, or disabled if that is asked for. None is ever removed.
- The hash stands for what the tenants are afterwards. So it holds through a change that was cut short, and changes with
  everything that an admin would want to see again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Sequence, Tuple

from falcon_streams.core.partition_name import read_cid
from falcon_streams.core.tenants import DEFAULT, Tenant
from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal
from falcon_streams.pages.tenant_document import Row
from falcon_streams.splunk.settings import known, read_schema, written
from falcon_streams.splunk.tenants import check_tenant, make_tenants

CREATE, CHANGE, DISABLE, LEAVE, REFUSE = "create", "change", "disable", "leave", "refuse"
_ALONE = ("index", "name")  # what no two children share


@dataclass(frozen=True)
class Step:
    """What becomes of one tenant: the settings to write into a stanza, and the tenant as it is afterwards."""

    called: str
    action: str
    stanza: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    after: Tenant = field(default_factory=Tenant)
    told: str = ""
    is_listed: bool = True


@dataclass(frozen=True)
class Plan:
    """The steps, and the indexes that tenants name afterwards and this instance does not have."""

    steps: Tuple[Step, ...]
    missing: Tuple[str, ...]

    @property
    def hash(self) -> str:
        """Stands for what the tenants are afterwards, and for what is refused."""
        told = [_afterwards(step) for step in self.steps if step.is_listed or step.action == DISABLE]
        return hashlib.sha256(json.dumps(sorted(told)).encode()).hexdigest()[:16]

    @property
    def counts(self) -> Dict[str, int]:
        """How many tenants each action concerns."""
        found = Counter(step.action for step in self.steps)
        return {action: found[action] for action in (CREATE, CHANGE, DISABLE, LEAVE, REFUSE)}


class Conf:
    """The tenants' conf as it is: the stanzas as splunkd gives them, `[default]` under each."""

    def __init__(self, stanzas: Iterable[Tuple[str, Mapping[str, str]]], default: Mapping[str, str]) -> None:
        """Raises Fatal with one sentence if an input would refuse the conf."""
        schema = read_schema("tenant")
        self.default = known(schema, default)
        found = [(name, raw) for name, raw in stanzas if name != DEFAULT]
        make_tenants(found, default)
        self.stanzas = {read_cid(name): (name, known(schema, raw)) for name, raw in found}


def make_plan(rows: Sequence[Row], conf: Conf, indexes: FrozenSet[str], disables_others: bool) -> Plan:
    """The plan for these rows. `indexes` are those of this instance."""
    wanted = [_merged(row, conf) for row in rows]
    twice = {cid for cid, count in Counter(row.cid for row in rows if row.cid).items() if count > 1}
    shared = _shared(wanted, conf)
    steps = [_step(row, settings, conf, row.cid in twice, shared) for row, settings in wanted]
    named = {row.cid for row in rows}
    steps += [_other(cid, conf, disables_others) for cid in sorted(conf.stanzas.keys() - named)]
    after = {step.after.index for step in steps if step.action != REFUSE and not step.after.disabled}
    return Plan(tuple(steps), tuple(sorted(after - indexes - {""})))


def _merged(row: Row, conf: Conf) -> Tuple[Row, Dict[str, str]]:
    """A row, and the settings of its tenant afterwards."""
    _, present = conf.stanzas.get(row.cid, ("", None))
    if present is None:
        return row, {**conf.default, "disabled": "0", **row.settings}
    if not row.fills:
        return row, {**present, **row.settings}
    own = {name for name, value in present.items() if value and value != conf.default.get(name)}
    return row, {**present, **{name: value for name, value in row.settings.items() if name not in own}}


def _shared(wanted: Sequence[Tuple[Row, Mapping[str, str]]], conf: Conf) -> FrozenSet[Tuple[str, str]]:
    """The settings that more than one tenant would have, of those that no two children share."""
    found: Dict[Tuple[str, str], set[str]] = {}
    tenants = {DEFAULT: conf.default, **{cid: settings for cid, (_, settings) in conf.stanzas.items()}}
    tenants.update({row.cid: dict(settings) for row, settings in wanted if row.cid})
    for cid, settings in tenants.items():
        for name in _ALONE:
            found.setdefault((name, settings.get(name, "").casefold()), set()).add(cid)
    return frozenset(each for each, cids in found.items() if len(cids) > 1 and each[1])


def _step(
    row: Row, settings: Mapping[str, str], conf: Conf, is_twice: bool, shared: FrozenSet[Tuple[str, str]]
) -> Step:
    fault = row.fault or ("is there twice. Remove one of them" if is_twice else "") or _clash(row, settings, shared)
    stanza, present = conf.stanzas.get(row.cid, (row.cid, None))
    try:
        after = check_tenant(stanza, written(read_schema("tenant"), settings)) if not fault else Tenant()
    except Fatal as error:
        fault = str(error)
    if fault:
        return Step(row.called, REFUSE, told=fault)
    before = check_tenant(stanza, conf.default if present is None else present)
    changed = [name for name in read_schema("tenant")["properties"] if getattr(before, name) != getattr(after, name)]
    texts = written(read_schema("tenant"), {name: settings.get(name, "") for name in changed})
    if present is None:
        # What [default] says of it must not hold for this one.
        return Step(row.called, CREATE, row.cid, {**texts, "disabled": str(int(after.disabled))}, after, _told(after))
    if not changed:
        return Step(row.called, LEAVE, stanza, after=after, told="is as it should be")
    action = DISABLE if changed == ["disabled"] and after.disabled else CHANGE
    differences = (f"{name}: {_shown(before, name)} -> {_shown(after, name)}" for name in changed)
    return Step(row.called, action, stanza, texts, after, "; ".join(differences))


def _clash(row: Row, settings: Mapping[str, str], shared: FrozenSet[Tuple[str, str]]) -> str:
    """Why a child must not get what the patterns give it, empty if it may."""
    for name in _ALONE if row.fills else ():
        value = settings.get(name, "")
        if (name, value.casefold()) in shared and name in row.settings and value == row.settings[name]:
            return f"another tenant has the {name} {tidy(value)}, too. Use {{cid}} in the pattern, or a table"
    return ""


def _other(cid: str, conf: Conf, disables: bool) -> Step:
    stanza, present = conf.stanzas[cid]
    tenant = check_tenant(stanza, present)
    called = f"{cid}: {tidy(tenant.name, 40)}"
    if not disables or tenant.disabled:
        return Step(called, LEAVE, stanza, after=tenant, told="is not named", is_listed=False)
    after = check_tenant(stanza, {**present, "disabled": "1"})
    return Step(called, DISABLE, stanza, {"disabled": "1"}, after, "is not named", is_listed=False)


def _told(tenant: Tenant) -> str:
    where = f"index {tenant.index}" if tenant.index else "the input's index"
    return f"{tenant.name or 'without a name'}, {where}" + (", disabled" if tenant.disabled else "")


def _shown(tenant: Tenant, name: str) -> str:
    value: Any = getattr(tenant, name)
    if isinstance(value, frozenset):
        value = ",".join(sorted(value))
    return str(value).lower() if isinstance(value, bool) else tidy(str(value)) or "(none)"


def _afterwards(step: Step) -> List[str]:
    if step.action == REFUSE:
        return [step.called, REFUSE, step.told]
    return [step.after.cid, *(_shown(step.after, name) for name in read_schema("tenant")["properties"])]
