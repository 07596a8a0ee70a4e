"""The composition root of the pages: it wires their endpoints to splunkd, the state files, and Falcon.

Rules: like `run/composition.py` for an input, this module imports from every room and decides nothing that a room could
decide. Only the connection test imports Falcon's room, so the pages work even if TLS to Falcon cannot.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from queue import SimpleQueue
from typing import Callable, Mapping, Optional, Sequence, Tuple, TypeVar, cast

from falcon_streams.app import refuse_old_openssl
from falcon_streams.clock import SystemClock
from falcon_streams.core.tenants import Child
from falcon_streams.doctor.composition import PAGE_SECONDS, Doctor
from falcon_streams.errors import Refused, StreamsError
from falcon_streams.pages.account_collection import Accounts
from falcon_streams.pages.change_lock import ChangeLock
from falcon_streams.pages.doctor_collection import Findings
from falcon_streams.pages.input_collection import Inputs
from falcon_streams.pages.offset_collection import Offsets
from falcon_streams.pages.rest import Collection, Endpoints
from falcon_streams.pages.settings_collection import AddonSettings
from falcon_streams.pages.tenants_collection import TenantChanges, TenantPlans
from falcon_streams.ports import Clock
from falcon_streams.run.process import start_thread
from falcon_streams.splunk.accounts import ACCOUNT_CONF, SETTINGS_CONF, Account, read_account
from falcon_streams.splunk.splunkd import SCHEME
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.files import checkpoint_dir_of
from falcon_streams.store.stopped_input import StoppedInputs
from falcon_streams.takeover.takeover_collection import Takeovers

LOG = logging.getLogger(__name__)
T = TypeVar("T")
INPUT_ENDPOINT = f"{SCHEME}_input"
DOCTOR_ENDPOINT = f"{SCHEME}_doctor"
OFFSETS_ENDPOINT = f"{SCHEME}_offsets"
TAKEOVER_ENDPOINT = f"{SCHEME}_takeover"
TENANTS_PLAN_ENDPOINT = f"{SCHEME}_tenants_plan"
TENANTS_APPLY_ENDPOINT = f"{SCHEME}_tenants_apply"
CONNECTION_TEST_SECONDS = 10.0
CHILDREN_SECONDS = 20.0


def make_endpoints(environment: Mapping[str, str] = os.environ, clock: Optional[Clock] = None) -> Endpoints:
    """The endpoints of this process. `environment` holds what splunkd has set for it."""
    clock = clock or SystemClock()
    checkpoint_dir = checkpoint_dir_of(environment)
    stopped = StoppedInputs(checkpoint_dir, clock)
    apps = Path(environment.get("SPLUNK_HOME", os.curdir)) / "etc" / "apps"

    def accounts(splunkd: WritableSplunkd) -> Collection:
        return Accounts(splunkd, lambda account: check_connection(account, clock))

    def inputs(splunkd: WritableSplunkd) -> Collection:
        return Inputs(splunkd, clock, checkpoint_dir)

    def offsets(splunkd: WritableSplunkd) -> Collection:
        return Offsets(splunkd, clock, checkpoint_dir, stopped)

    def findings(splunkd: WritableSplunkd) -> Collection:
        doctor = Doctor(environment, clock)
        return Findings(splunkd, lambda caller: (each.told() for each in doctor.examine(caller, PAGE_SECONDS)))

    def takeovers(splunkd: WritableSplunkd) -> Collection:
        parts = (accounts(splunkd), AddonSettings(splunkd), inputs(splunkd))
        return Takeovers(splunkd, *parts, stopped, clock, apps)

    def children(splunkd: WritableSplunkd, account: str) -> Sequence[Child]:
        return ask_for_children(read_account(splunkd, account), clock)

    collections = {
        ACCOUNT_CONF: accounts,
        SETTINGS_CONF: AddonSettings,
        INPUT_ENDPOINT: inputs,
        OFFSETS_ENDPOINT: offsets,
        DOCTOR_ENDPOINT: findings,
        TAKEOVER_ENDPOINT: takeovers,
        TENANTS_PLAN_ENDPOINT: lambda splunkd: TenantPlans(splunkd, children, checkpoint_dir, clock),
        TENANTS_APPLY_ENDPOINT: lambda splunkd: TenantChanges(splunkd, children, clock),
    }
    return Endpoints(collections, ChangeLock(checkpoint_dir, clock))


def check_connection(account: Account, clock: Clock, seconds: float = CONNECTION_TEST_SECONDS) -> None:
    """Ask Falcon with an account, for so many seconds. Refused 400 with the sentence of the hop that failed."""
    refuse_old_openssl()
    from falcon_streams.falcon.connection_test import check_client
    from falcon_streams.falcon.transport import Transport

    transport = Transport(clock, account.ca_bundle, account.proxy)
    try:
        _ask(account, clock, seconds, lambda: check_client(transport, clock, account.origin, account.credentials))
    except Refused as refused:
        raise Refused(400, f"Not saved: {refused}") from None


def ask_for_children(account: Account, clock: Clock, seconds: float = CHILDREN_SECONDS) -> Sequence[Child]:
    """The children of an account's tenant. Refused 400 with one sentence."""
    if account.credentials.member_cid:
        raise Refused(400, f"account {account.name} is bound to a child tenant (member_cid): name the parent's account")
    refuse_old_openssl()
    from falcon_streams.falcon.auth import Bearers
    from falcon_streams.falcon.flight_control import FlightControl
    from falcon_streams.falcon.transport import Transport

    transport = Transport(clock, account.ca_bundle, account.proxy)
    bearers = Bearers(transport, clock, account.origin, account.credentials)

    def ask() -> Sequence[Child]:
        try:
            return FlightControl(transport, bearers).children()
        finally:
            bearers.revoke()

    return _ask(account, clock, seconds, ask)


def _ask(account: Account, clock: Clock, seconds: float, question: Callable[[], T]) -> T:
    """Ask Falcon in a thread of its own, for so many seconds. Refused 400 with the sentence of what failed."""
    answers: SimpleQueue[Tuple[Optional[T], str]] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put((question(), ""))
        except StreamsError as error:
            answers.put((None, str(error)))
        except Exception as error:  # a fault of ours: the log gets its place, not its text, which may hold a secret
            LOG.exception("unexpected_error")
            answers.put((None, f"this add-on has failed ({type(error).__name__}). See splunkd.log or python.log"))

    start_thread("question to Falcon", ask)
    found = clock.take(answers, seconds)
    if found is None:
        raise Refused(
            400, f"{account.origin.api_host}: no answer within {seconds:.0f} s. Check the network, or set a proxy"
        )
    answer, complaint = found
    if complaint:
        raise Refused(400, complaint)
    return cast(T, answer)
