"""The take-overs as the page "Take over" reads and starts them: an object for each input of the vendor's add-on.

Rules: to look takes the right to read secrets, because the plan says whether one can be read. A change names the hash
of the plan that its caller has seen, and is refused if the plan is another one by then. It runs under the lock of the
pages' changes, the connection test of the account included: a take-over is one change. A comparison changes nothing and
needs no hash.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Mapping, Tuple

from falcon_streams.core.text import tidy
from falcon_streams.errors import Refused
from falcon_streams.pages.rest import SECRETS, Change, Collection, Entry, require_capability
from falcon_streams.ports import Clock
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.stopped_input import StoppedInputs
from falcon_streams.takeover.comparison import compare
from falcon_streams.takeover.inventory import Inventory
from falcon_streams.takeover.move import Move
from falcon_streams.takeover.plan import Plan, make_plan
from falcon_streams.takeover.vendor import OLDEST, Start

LIST = "list_storage_passwords"
APPLY, UNDO, COMPARE = "apply", "undo", "compare"


class Takeovers:
    """The collection behind `falcon_event_streams_takeover`."""

    needs: Tuple[str, ...] = (SECRETS,)

    def __init__(
        self,
        splunkd: WritableSplunkd,
        accounts: Collection,
        proxies: Collection,
        inputs: Collection,
        stopped: StoppedInputs,
        clock: Clock,
        apps: Path,
    ) -> None:
        """`apps` is the folder of the apps on this machine."""
        self._splunkd = splunkd
        self._inventory = Inventory(splunkd, apps)
        self._move = Move(splunkd, self._inventory, accounts, proxies, inputs, stopped, clock)

    def entries(self) -> List[Entry]:
        """The plan of each input of the vendor's add-on."""
        return [_entry(plan) for plan in self._plans()]

    def entry(self, name: str) -> Entry:
        """One of them."""
        return _entry(self._plan(name))

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        """Check what is asked for."""
        action, seen = form.get("action", ""), form.get("hash", "")
        if new:
            raise Refused(400, "name one of the vendor's inputs")
        if action == COMPARE:
            return self._compared(name, form)
        if action not in (APPLY, UNDO):
            raise Refused(400, f"action is not {APPLY}, {UNDO}, or {COMPARE}")

        def change() -> Entry:
            plan = self._plan(name)
            if plan.hash != seen:
                raise Refused(409, f"the plan of {tidy(name)} is another one by now: look at it again")
            if action == APPLY:
                _refuse_problems(plan)
                self._move.apply(plan)
            else:
                self._move.undo(plan)
            return self.entry(name)

        return change

    def delete(self, name: str) -> None:
        """There is nothing to delete: what is the vendor's stays."""
        raise Refused(405, "DELETE is not possible here")

    def _compared(self, name: str, form: Mapping[str, str]) -> Change:
        plan = self._plan(name)
        index = plan.stanza.settings.get("index", "")
        found = compare(self._splunkd, index, form.get("earliest", ""), form.get("latest", ""))
        entry = _entry(plan)
        return lambda: entry._replace(content={**entry.content, "compared": found})

    def _plans(self) -> List[Plan]:
        require_capability(self._splunkd, LIST, SECRETS)
        theirs, ours = self._inventory.theirs(), self._inventory.ours()

        def has_secret(conf: str, stanza: str, field: str) -> bool:
            return self._inventory.secret(conf, stanza, field) is not None

        return [make_plan(stanza, theirs, ours, has_secret) for stanza in theirs.inputs]

    def _plan(self, name: str) -> Plan:
        for plan in self._plans():
            if plan.stanza.name == name:
                return plan
        raise Refused(404, f"the vendor's add-on has no input {tidy(name)!r}")


def _refuse_problems(plan: Plan) -> None:
    if plan.problems:
        raise Refused(409, f"Not taken over: {plan.problems[0]}")


def _entry(plan: Plan) -> Entry:
    found, made = plan.stanza.settings, plan.input_form
    content = {
        "reads": plan.reads,
        "app": plan.stanza.app,
        "vendor_account": found.get("account", ""),
        "vendor_app_id": found.get("app_id", ""),
        "input": plan.ours,
        "account": plan.account,
        "cloud": plan.account_form["cloud"],
        "client_id": plan.account_form["client_id"],
        "proxy": _way(plan),
        "settings": dict(made),
        "partitions": [_told(start) for start in plan.starts],
        "starts": ", ".join(f"{start.partition}: {_where(start)}" for start in plan.starts) or _elsewhere(made),
        "not_carried": list(plan.not_carried),
        "problems": list(plan.problems),
        "hash": plan.hash,
    }
    return Entry(plan.stanza.name, content)


def _way(plan: Plan) -> str:
    form = plan.proxy_form
    if not form:
        return plan.account_form["proxy"]
    login = f"{form['username']} at " if "username" in form else ""
    return f"{plan.account_form['proxy']}: {login}{form['host']}:{form['port']}"


def _told(start: Start) -> Mapping[str, object]:
    return {"partition": start.partition, "offset": start.offset, "goes_on": _where(start), "because": start.because}


def _where(start: Start) -> str:
    return OLDEST if start.offset is None else str(start.offset)


def _elsewhere(made: Mapping[str, str]) -> str:
    return "the next event that Falcon has" if made.get("start_from") == "newest" else OLDEST
