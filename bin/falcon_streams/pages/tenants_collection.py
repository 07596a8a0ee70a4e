"""The tenants as the page "Tenants" shows, plans, and changes them.

| endpoint | what it does |
|---|---|
| `falcon_event_streams_tenants_plan` | GET: each tenant that has a stanza or is read. POST: the plan of a form |
| `falcon_event_streams_tenants_apply` | POST: carries out the plan of that form, whose `hash` its caller has seen |

A form has either `document`, a table as CSV, or `source=flight_control` with the `account` of the parent and patterns
(`index=falcon_{name}`). With `others=disable`, the tenants that it does not name are disabled.

Rules: a plan changes nothing. A change makes the plan anew, and is refused if its hash is another one by then. It goes
on where one was cut short, because each tenant gets what is missing only, and it takes at most `SECONDS`: the answer
says how many tenants are left, and the same call goes on with them. Each tenant has its line in the answer and the log.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from falcon_streams.core.partition_name import read_cid
from falcon_streams.core.tenants import DEFAULT, Child
from falcon_streams.core.text import tidy
from falcon_streams.errors import Refused, Unanswered
from falcon_streams.pages.input_collection import LIST
from falcon_streams.pages.rest import DOCUMENT, SECRETS, Change, Entry, require_capability, require_write_permission
from falcon_streams.pages.tenant_document import Row, read_table, rows_of_children
from falcon_streams.pages.tenant_plan import CREATE, DISABLE, LEAVE, REFUSE, Conf, Plan, Step, make_plan
from falcon_streams.ports import Clock
from falcon_streams.splunk.index import named
from falcon_streams.splunk.settings import is_true, read_schema
from falcon_streams.splunk.splunkd import ServerInfo
from falcon_streams.splunk.state import read_tenants
from falcon_streams.splunk.tenants import TENANTS_CONF
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.files import folder_of

LOG = logging.getLogger(__name__)
SECONDS = 20.0  # splunkweb waits half a minute
FLIGHT_CONTROL = "flight_control"
_PATTERNS = ("index", "event_types", "exclude_event_types", "note")
_WORST = ("error", "waiting_app_id", "starting", "standby", "running", "finished")
_DONE = {CREATE: "created", DISABLE: "disabled", LEAVE: "left as it was"}

Children = Callable[[WritableSplunkd, str], Sequence[Child]]
"""Asks Flight Control for the children of an account's tenant. Raises what `read_account` raises, and Refused."""


class TenantPlans:
    """The collection behind `falcon_event_streams_tenants_plan`."""

    needs: Tuple[str, ...] = (SECRETS,)

    def __init__(self, splunkd: WritableSplunkd, children: Children, checkpoint_dir: Path, clock: Clock) -> None:
        self._splunkd = splunkd
        self._children = children
        self._checkpoint_dir = checkpoint_dir
        self._clock = clock

    def entries(self) -> List[Entry]:
        """Every tenant that has a stanza or is read, with what the inputs on this machine show of it."""
        require_capability(self._splunkd, LIST)
        stanzas = self._splunkd.stanzas(TENANTS_CONF, with_switch=True)
        listed = {read_cid(name) or tidy(name): raw for name, raw in stanzas if name != DEFAULT}
        read = self._read()
        rows = {
            cid: {"cid": cid, **_known(listed.get(cid)), **self._health(read.get(cid, []))} for cid in {*listed, *read}
        }
        return [Entry(cid, rows[cid]) for cid in sorted(rows, key=lambda cid: (str(rows[cid]["name"]).casefold(), cid))]

    def entry(self, name: str) -> Entry:
        """One of them."""
        for entry in self.entries():
            if entry.name == name:
                return entry
        raise Refused(404, f"there is no tenant {tidy(name)!r}")

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        """The plan of a form; it changes nothing."""
        plan = plan_of(self._splunkd, form, rows_of(self._splunkd, form, self._children))
        entry = Entry("plan", _told(plan, self._splunkd.info()))
        return lambda: entry

    def delete(self, name: str) -> None:
        """A tenant is disabled, and never removed."""
        raise Refused(405, "tenants are not removed here: disable them")

    def _read(self) -> Dict[str, List[Tuple[str, Mapping[str, Any]]]]:
        """What each input shows of each child tenant: the input's name, and the statistics."""
        found: Dict[str, List[Tuple[str, Mapping[str, Any]]]] = {}
        for name, _ in self._splunkd.inputs():
            for cid, line in read_tenants(folder_of(str(self._checkpoint_dir), name)).items():
                if cid and isinstance(line, dict):
                    found.setdefault(cid, []).append((name, line))
        return found

    def _health(self, read: Sequence[Tuple[str, Mapping[str, Any]]]) -> Dict[str, object]:
        """The worst state and lag of a tenant, what keeps it from being read, and its last event."""
        lines = [line for _, line in read]
        states = {str(line.get("state", "")) for line in lines}
        lags = _numbers(lines, "lag_s")
        return {
            "inputs": ", ".join(sorted({name for name, _ in read})),
            "state": next((state for state in _WORST if state in states), "no_stream" if not read else min(states)),
            "trouble": next(filter(None, (str(line.get("trouble") or "") for line in lines)), ""),
            "lag_s": round(max(lags)) if lags else None,
            "last_event_age_s": self._age(max(_numbers(lines, "last_event_at"), default=None)),
        }

    def _age(self, at: Optional[float]) -> Optional[int]:
        return None if at is None else round(max(self._clock.now() - at, 0.0))


class TenantChanges:
    """The collection behind `falcon_event_streams_tenants_apply`."""

    needs: Tuple[str, ...] = (SECRETS,)

    def __init__(self, splunkd: WritableSplunkd, children: Children, clock: Clock) -> None:
        self._splunkd = splunkd
        self._children = children
        self._clock = clock

    def entries(self) -> List[Entry]:
        """Nothing: what was changed is in the log."""
        return []

    def entry(self, name: str) -> Entry:
        """There is none."""
        raise Refused(404, "ask for the tenants by falcon_event_streams_tenants_plan")

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        """Read the form; what it asks for is planned again when nobody else can change it."""
        require_write_permission(self._splunkd.may_add_stanzas())
        rows = rows_of(self._splunkd, form, self._children)
        info = self._splunkd.info()

        def change() -> Entry:
            plan = plan_of(self._splunkd, form, rows)
            if plan.hash != form.get("hash", ""):
                raise Refused(409, "the plan is another one by now: look at it again")
            if plan.missing and not info.forwards:
                raise Refused(
                    409,
                    f"these indexes do not exist here, and splunkd would drop their events: {named(plan.missing)}. "
                    "Create them, and repeat this",
                )
            return Entry("apply", self._apply(plan))

        return change

    def delete(self, name: str) -> None:
        """A tenant is disabled, and never removed."""
        raise Refused(405, "tenants are not removed here: disable them")

    def _apply(self, plan: Plan) -> Dict[str, object]:
        began = self._clock.monotonic()
        told: List[Dict[str, object]] = []
        left = 0
        for step in plan.steps:
            if step.settings and self._clock.monotonic() - began > SECONDS:
                left += 1
                continue
            told.append({**_row(step), "result": self._carry_out(step)})
        return {"hash": plan.hash, "left": left, "tenants": told}

    def _carry_out(self, step: Step) -> str:
        """What became of one tenant. Raises Refused where nothing would become of the next one either."""
        if step.action == REFUSE:
            return f"refused: {step.told}"
        if not step.settings:
            return _DONE[LEAVE]
        result = _DONE.get(step.action, "changed")
        try:
            self._write(step)
        except Unanswered:
            raise
        except Refused as refused:
            if refused.status in (401, 403):
                raise
            result = f"failed: {refused}"
        fields = {"tenant": step.after.cid, "change": step.action, "result": result, "user": self._splunkd.username}
        LOG.info("tenant_changed", fields)
        return result

    def _write(self, step: Step) -> None:
        """The name comes last, because it takes a call of its own: a stanza that lacks one goes to the right index."""
        settings = {name: value for name, value in step.settings.items() if name != "name"}
        if step.action == CREATE:
            try:
                self._splunkd.create_stanza(TENANTS_CONF, step.stanza, settings)
            except Refused as refused:
                if refused.status != 409:
                    raise
                self._splunkd.edit_stanza(TENANTS_CONF, step.stanza, settings)
        elif settings:
            self._splunkd.edit_stanza(TENANTS_CONF, step.stanza, settings)
        if "name" in step.settings:
            self._splunkd.edit_properties(TENANTS_CONF, step.stanza, {"name": step.settings["name"]})


def rows_of(splunkd: WritableSplunkd, form: Mapping[str, str], children: Children) -> List[Row]:
    """The rows that a form asks for. Refused 400 if it asks for none."""
    if form.get("source") == FLIGHT_CONTROL:
        patterns = {name: form[name] for name in _PATTERNS if form.get(name, "").strip()}
        rows_of_children((), patterns)  # refuses a wrong pattern before Falcon is asked
        return rows_of_children(children(splunkd, form.get("account", "")), patterns)
    if not form.get(DOCUMENT, "").strip():
        raise Refused(400, f"enter a table as {DOCUMENT}, or source = {FLIGHT_CONTROL} with the account of the parent")
    return read_table(form[DOCUMENT])


def plan_of(splunkd: WritableSplunkd, form: Mapping[str, str], rows: Sequence[Row]) -> Plan:
    """The plan for these rows as the conf is now."""
    others = form.get("others", "") or LEAVE
    if others not in (LEAVE, DISABLE):
        raise Refused(400, f"others = {tidy(others)} is neither {LEAVE} nor {DISABLE}")
    stanzas = splunkd.stanzas(TENANTS_CONF, with_switch=True)
    default = dict(stanzas).get(DEFAULT) or splunkd.stanza(TENANTS_CONF, DEFAULT, with_switch=True) or {}
    return make_plan(rows, Conf(stanzas, default), splunkd.indexes(), others == DISABLE)


def _told(plan: Plan, info: ServerInfo) -> Dict[str, object]:
    return {
        "hash": plan.hash,
        **{f"n_{action}": count for action, count in plan.counts.items()},
        "missing_indexes": list(plan.missing),
        "forwards": info.forwards,
        "tenants": [_row(step) for step in plan.steps],
    }


def _row(step: Step) -> Dict[str, object]:
    after = step.after
    known = {"cid": after.cid, "name": after.name, "index": after.index, "disabled": after.disabled}
    return {"called": step.called, "action": step.action, "told": step.told, **known}


def _known(raw: Optional[Mapping[str, str]]) -> Dict[str, object]:
    """What the conf says, faults and all; nothing for a tenant without a stanza."""
    texts = {name: (raw or {}).get(name, "") for name in read_schema("tenant")["properties"]}
    return {**texts, "listed": raw is not None, "disabled": is_true(texts["disabled"])}


def _numbers(lines: Sequence[Mapping[str, Any]], name: str) -> List[float]:
    return [float(line[name]) for line in lines if isinstance(line.get(name), (int, float))]
