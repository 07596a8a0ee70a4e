"""The move of one input from the vendor's add-on to ours, and back.

Theory. Two readers of one stream repeat each other, and a stream without a reader is late. So the order is: everything
that can be refused first (proxy, account with its connection test, the settings of our input); then the vendor's input
is disabled; then its last offsets become records of ours; then our input is made, or enabled. Our input does not exist,
or is disabled, until its records are there. So it cannot begin elsewhere, wherever the move is cut short.

| cut short after | what is there | who reads |
|---|---|---|
| proxy, account | an account that no input uses | the vendor's add-on |
| the vendor's input is disabled | as before | nobody |
| the records are written | records of an input that does not exist, or is disabled | nobody |
| our input is made or enabled | all | this add-on |

Rules:

- Each step looks at what is there and does what is missing, so the move can be repeated after any cut, or undone.
- An error on the way puts back who was reading, unless splunkd did not say whether the other one runs.
- splunkd may still end the vendor's process when it says that the input is disabled. So its checkpoints have to stand
  still for three seconds before they are read.
- A record is written only where it leads further than the one that is there: an input of ours may have read before.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import Any, Callable, Optional, Tuple

from falcon_streams.core.clouds import origin_of
from falcon_streams.core.record import TAKEOVER, Author, Owner, Record, StartPosition, first_record
from falcon_streams.errors import Refused, StreamsError, Unanswered
from falcon_streams.pages.rest import Collection
from falcon_streams.ports import Clock
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.stopped_input import StoppedInputs
from falcon_streams.takeover import vendor
from falcon_streams.takeover.inventory import Inventory
from falcon_streams.takeover.plan import PROXY_STANZA, Plan
from falcon_streams.takeover.vendor import Start

LOG = logging.getLogger(__name__)
STILL, LONGEST, _POLL = 3.0, 12.0, 0.5  # seconds; splunkweb waits half a minute for the whole change


class Move:
    """Moves one input there and back."""

    def __init__(
        self,
        splunkd: WritableSplunkd,
        inventory: Inventory,
        accounts: Collection,
        proxies: Collection,
        inputs: Collection,
        stopped: StoppedInputs,
        clock: Clock,
    ) -> None:
        """The collections are those of the pages, with their checks and the connection test."""
        self._splunkd = splunkd
        self._inventory = inventory
        self._accounts = accounts
        self._proxies = proxies
        self._inputs = inputs
        self._stopped = stopped
        self._clock = clock

    def apply(self, plan: Plan) -> None:
        """Let our input read in the place of the vendor's. Refused with one sentence that says who reads now."""
        if plan.we_read:
            self._stop_theirs(plan)
            return
        self._make_proxy(plan)
        self._make_account(plan)
        begin = self._beginning(plan)
        self._stop_theirs(plan)
        try:
            self._write_records(plan, self._last_starts(plan))
            begin()
        except Unanswered:
            raise
        except StreamsError as error:
            back = partial(self._inventory.switch, plan.stanza, on=True) if plan.they_read else None
            raise _refusal("Not taken over", error, "the vendor's input", back) from None
        LOG.info("taken_over", {"vendor_input": plan.stanza.name, "user": self._splunkd.username})

    def undo(self, plan: Plan) -> None:
        """Let the vendor's input read again, and ours no more. Refused with one sentence that says who reads now."""
        if not plan.can_return:
            raise Refused(
                409,
                "the vendor's add-on is not installed here any more, so there is nothing to go back to. To stop "
                f"reading, disable the input {plan.ours} on the Inputs page",
            )
        if plan.we_read:
            self._splunkd.switch_input(plan.ours, on=False)
        try:
            if not plan.they_read:
                self._inventory.switch(plan.stanza, on=True)
        except Unanswered:
            raise
        except StreamsError as error:
            back = partial(self._splunkd.switch_input, plan.ours, on=True) if plan.we_read else None
            raise _refusal("Not undone", error, "this add-on", back) from None
        LOG.info("takeover_undone", {"vendor_input": plan.stanza.name, "user": self._splunkd.username})

    def _make_proxy(self, plan: Plan) -> None:
        if not plan.proxy_form or self._has(self._proxies, PROXY_STANZA):
            return
        form = dict(plan.proxy_form)
        if "username" in form:
            form["password"] = self._secret(self._inventory.theirs().names.settings, "proxy", "proxy_password")
        self._proxies.prepare(PROXY_STANZA, form, new=True)()

    def _make_account(self, plan: Plan) -> None:
        if self._has(self._accounts, plan.account):
            return
        conf, stanza = self._inventory.theirs().names.account, plan.stanza.settings.get("account", "")
        form = {**plan.account_form, "client_secret": self._secret(conf, stanza, "password")}
        self._accounts.prepare(plan.account, form, new=True)()

    def _secret(self, conf: str, stanza: str, field: str) -> str:
        secret = self._inventory.secret(conf, stanza, field)
        if secret is None:
            raise Refused(409, "a secret of the vendor's add-on cannot be read any more: look at the plan again")
        return secret

    def _has(self, collection: Collection, name: str) -> bool:
        return any(entry.name == name for entry in collection.entries())

    def _beginning(self, plan: Plan) -> Callable[[], Any]:
        """What lets our input read, checked."""
        if self._has(self._inputs, plan.ours):
            return lambda: self._splunkd.switch_input(plan.ours, on=True)
        return self._inputs.prepare(plan.ours, plan.input_form, new=True)

    def _last_starts(self, plan: Plan) -> Tuple[Start, ...]:
        """Where each partition goes on, once the vendor's input writes no more."""
        began = since = self._clock.monotonic()
        found = self._starts(plan)
        while self._clock.monotonic() - since < STILL:
            if self._clock.monotonic() - began > LONGEST:
                raise Refused(409, "the vendor's input still writes checkpoints although it is disabled. Try again")
            self._clock.pause(_POLL)
            again = self._starts(plan)
            if again != found:
                found, since = again, self._clock.monotonic()
        return found

    def _starts(self, plan: Plan) -> Tuple[Start, ...]:
        stanza, documents = plan.stanza, self._inventory.checkpoints() or ()
        app_id = stanza.settings.get("app_id", "")
        return vendor.starts_of(stanza.name, documents, plan.account_form["cloud"], app_id)

    def _write_records(self, plan: Plan, starts: Tuple[Start, ...]) -> None:
        info = self._splunkd.info()
        owner = Owner(origin_of(plan.account_form["cloud"]).api_host, plan.account_form["client_id"], "")
        with self._stopped.open(self._splunkd, plan.settings()) as records:
            fresh = []
            for start in starts:
                if start.offset is None or _reached(records.load(start.partition)) >= start.offset:
                    continue
                origin, now = StartPosition(start.offset), self._clock.now()
                record = first_record(plan.ours, start.partition, owner, origin, now, info.started)
                why = f"input {plan.stanza.name} of the vendor's add-on, {start.because}"
                fresh.append(replace(record, author=Author(TAKEOVER, self._splunkd.username, why)))
            if fresh:
                records.save(fresh)

    def _stop_theirs(self, plan: Plan) -> None:
        if plan.they_read:
            self._inventory.switch(plan.stanza, on=False)


def _refusal(what: str, error: StreamsError, reader: str, again: Optional[Callable[[], None]]) -> Refused:
    """The refusal after an error, with who reads now: `again` lets the one read that did, and is None if nobody did."""
    status = error.status if isinstance(error, Refused) else 409
    if again is None:
        return Refused(status, f"{what}: {error}. Nobody reads now, as before")
    try:
        again()
    except StreamsError as failure:
        return Refused(status, f"{what}: {error}. Nobody reads now: {reader} could not be enabled again ({failure})")
    return Refused(status, f"{what}: {error}. So {reader} reads on")


def _reached(record: Optional[Record]) -> int:
    """How far a record of ours leads, -1 for not at all."""
    if record is None:
        return -1
    reached = record.offset if record.offset is not None else record.origin.offset
    return -1 if reached is None else reached
