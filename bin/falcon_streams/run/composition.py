"""The composition root of an input: reads its settings, wires its objects, and runs its supervisor.

Rules: like `pages.endpoints`, this module imports from every room, and decides nothing that a room can decide. `app`
loads it only to run an input. Everything that waits uses the same clock.
"""

from __future__ import annotations

import logging
import random
import uuid
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Callable, FrozenSet, NamedTuple, Optional, Tuple

from falcon_streams import __version__
from falcon_streams.core.catalogue import is_known
from falcon_streams.core.census import Census
from falcon_streams.core.claim import Claims, what_is_read
from falcon_streams.core.custody import Seal
from falcon_streams.core.last_error import NO_ERROR
from falcon_streams.core.partition_name import split
from falcon_streams.core.record import Owner
from falcon_streams.core.text import tidy
from falcon_streams.errors import Refused, RestartNeeded
from falcon_streams.falcon.auth import Bearers
from falcon_streams.falcon.event_streams import EventStreams, EventStreamsInput
from falcon_streams.falcon.feed import HttpFeeds
from falcon_streams.falcon.flight_control import FlightControl
from falcon_streams.falcon.transport import Transport
from falcon_streams.ports import Clock, OffsetStore
from falcon_streams.run.claimant import Claimant, Right, Sole, await_lock
from falcon_streams.run.commits import Beginning, Commits
from falcon_streams.run.crowd_health import CrowdHealth
from falcon_streams.run.happenings import Ending, Happening, Stop
from falcon_streams.run.health import Health, Label
from falcon_streams.run.process import (
    Crew,
    ParentWatch,
    collect_rarely,
    doubt_about_descriptors,
    report_signals,
    start_thread,
    widen_descriptors,
)
from falcon_streams.run.retirement import retire, tell_finished
from falcon_streams.run.supervisor import Show, Supervisor
from falcon_streams.run.tally import Elsewhere, Filters
from falcon_streams.run.tenancy import Tenancy
from falcon_streams.run.tenant import Access, Plan
from falcon_streams.run.tenant_conf import ConfRead, TenantConf
from falcon_streams.splunk.accounts import Account, read_account, read_credentials_again
from falcon_streams.splunk.index import doubt_about_index, doubt_about_tenants
from falcon_streams.splunk.modinput import Invocation
from falcon_streams.splunk.pipe import Pipe
from falcon_streams.splunk.process_lock import ProcessLock
from falcon_streams.splunk.settings import InputSettings, read_input, refuse_store
from falcon_streams.splunk.sink import PipeSink
from falcon_streams.splunk.splunkd import ServerInfo, Splunkd
from falcon_streams.splunk.state import StateFile
from falcon_streams.splunk.stored_secret import Adopt, StoredSecret
from falcon_streams.splunk.stream_xml import SOURCETYPE, Renderer, Routing, TaData
from falcon_streams.splunk.tenants import read_tenants
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.files import FileStore, folder_of
from falcon_streams.store.kvstore import open_kvstore
from falcon_streams.store.shared import SharedClaims, SharedRecords

LOG = logging.getLogger(__name__)
# Calls to Falcon that may be under way at once for an input with many tenants. Opening a quiet feed can take minutes.
CALLS = 200


class _Parts(NamedTuple):
    """What the parts of a run are made from."""

    settings: InputSettings
    account: Account
    splunkd: Splunkd
    adopt: Adopt
    info: ServerInfo
    clock: Clock
    inbox: SimpleQueue[Happening]
    folder: Path
    doubt: str
    conf: TenantConf


def run_input(invocation: Invocation, splunkd: Splunkd, descriptor: int, clock: Clock) -> Stop:
    """Run one input, whose events go to this descriptor, until it ends. Raises Fatal, Retryable, and RestartNeeded if
    it cannot begin."""
    parent = ParentWatch()  # before the first call to splunkd, which could die during one
    settings = read_input(invocation.name, invocation.settings)
    info = splunkd.info()
    refuse_store(settings, info)
    doubt = doubt_about_index(splunkd, settings, info)
    adopt = _adopter(invocation)
    account = read_account(splunkd, settings.account, adopt)
    read_conf = partial(_read_tenants, splunkd, account, info)
    tenants = read_conf()
    inbox: SimpleQueue[Happening] = SimpleQueue()
    report_signals(inbox)
    for name in settings.event_types:
        if not is_known(name):
            LOG.warning("unknown_event_type_asked", {"event_type": name})
    for name in settings.unknown:
        LOG.warning("unknown_setting", {"setting": tidy(name), "remedy": "remove it, unless it is Splunk's own"})
    if doubt:
        LOG.warning("index_unknown", {"index": settings.index, "trouble": doubt})
    if tenants.doubt:
        LOG.warning("index_unknown", {"index": "*", "trouble": tenants.doubt})
    LOG.info("started", {"modular_input_name": settings.stanza, "version": __version__, "account": account.name})

    folder = folder_of(invocation.checkpoint_dir, settings.name)
    doubt_of_files = ""
    if not settings.tenants.only_own:
        doubt_of_files = doubt_about_descriptors(widen_descriptors())
        collect_rarely()
    doubts = " ".join(filter(None, (doubt, doubt_of_files)))
    conf = TenantConf(tenants, read_conf, clock, inbox)
    parts = _Parts(settings, account, splunkd, adopt, info, clock, inbox, folder, doubts, conf)
    board = StateFile(folder)
    lock = ProcessLock(folder)
    locked = await_lock(lock, clock, inbox, parent.check)
    if locked is not None:
        return locked
    store, right = _file_store(parts, lock) if settings.checkpoint_store == "file" else _shared_store(parts)
    try:
        stop = right.stand_by(board, parent.check)
        if stop is not None:
            return stop
        supervisor = _supervisor(parts, store, right, descriptor, parent, board)
        start_thread("tenants", conf.run)
        stop = supervisor.run()
    finally:
        right.release()
        lock.release()
    if stop.ending is not Ending.FINISHED:
        return stop
    tell_finished(supervisor.commits.progress)
    return retire(_switch_off(invocation), clock, inbox, start_thread, parent.check)


def _read_tenants(splunkd: Splunkd, account: Account, info: ServerInfo) -> ConfRead:
    """The tenants as the conf says. Raises Fatal for a fault in it, Retryable if splunkd does not answer."""
    tenants = read_tenants(splunkd).with_own(account.credentials.member_cid)
    return ConfRead(tenants, doubt_about_tenants(splunkd, tenants, info))


def _switch_off(invocation: Invocation) -> Callable[[], None]:
    """Has splunkd disable this input, with the rights of the input's own session."""

    def switch_off() -> None:
        WritableSplunkd(invocation.server_uri, invocation.session_key).switch_input(invocation.name, on=False)

    return switch_off


def _adopter(invocation: Invocation) -> Adopt:
    """Binds a secret without a mark (stored by hand or by an earlier version) to where it goes now, and logs that."""

    def adopt(stored: StoredSecret, mark: str) -> None:
        splunkd, trouble = WritableSplunkd(invocation.server_uri, invocation.session_key), NO_ERROR
        try:
            splunkd.store_secret(stored.realm, stored.mark_user, mark)
        except Refused as refused:
            trouble = str(refused)
        LOG.warning("secret_adopted", {"secret": stored.what, "trouble": trouble})

    return adopt


def _supervisor(
    parts: _Parts, store: OffsetStore, right: Right, descriptor: int, parent: ParentWatch, board: StateFile
) -> Supervisor:
    settings, account, clock = parts.settings, parts.account, parts.clock
    choice = settings.tenants
    owner = Owner(account.origin.api_host, account.credentials.client_id, account.credentials.member_cid)
    beginning = Beginning(
        settings.name, owner, settings.start_from, settings.replay_seconds, parts.info.started, settings.stop_at
    )
    commits = Commits(beginning, store, clock)
    sink = PipeSink(Pipe(descriptor, clock), _renderer(parts, commits), clock, right.holds)
    sink.start()
    falcon = _Falcon(parts)
    known = frozenset(split(name)[0] for name in commits.known)
    return Supervisor(
        Plan(
            settings.partitions,
            Filters(
                settings.event_types,
                settings.exclude_event_types,
                parts.conf.register,
                Elsewhere() if choice.own and not choice.only_own else None,
            ),
            settings.idle_timeout,
            settings.app_id,
        ),
        tenancy=Tenancy(
            Census(choice, known, random.random), falcon if choice.children else None, falcon.access, commits
        ),
        sink=sink,
        commits=commits,
        clock=clock,
        inbox=parts.inbox,
        start_thread=start_thread,
        start_call=start_thread if choice.only_own else Crew(CALLS).start,
        shares_thread=not choice.only_own,
        jitter=random.random,
        watch=_watch(parent, right),
        show=_show(parts, board),
        on_early_end=right.doubt,
    )


def _show(parts: _Parts, board: StateFile) -> Show:
    label, conf = _label(parts.settings), parts.conf

    def doubt() -> str:
        return " ".join(filter(None, (parts.doubt, conf.doubt)))

    if parts.settings.tenants.only_own:
        return Health(parts.clock, board, label, doubt, __version__).check
    return CrowdHealth(parts.clock, board, label, doubt, __version__, conf.name_of).check


class _Falcon:
    """What an input asks Falcon by: one transport, the account's bearer, and one for each child."""

    def __init__(self, parts: _Parts) -> None:
        settings, account, clock = parts.settings, parts.account, parts.clock
        read_again = partial(read_credentials_again, parts.splunkd, account, parts.adopt)
        self._settings = settings
        self._clock = clock
        self._transport = Transport(clock, account.ca_bundle, account.proxy)
        self._bearers = Bearers(self._transport, clock, account.origin, account.credentials, read_again)
        self._flight_control = FlightControl(self._transport, self._bearers)

    def access(self, tenant: str) -> Access:
        """What a tenant is read by; empty for the account's own."""
        bearers = self._bearers.of_child(tenant) if tenant else self._bearers
        streams, settings = EventStreams(self._transport, bearers), self._settings
        return Access(
            EventStreamsInput(streams, bearers, self._clock, settings.app_id, settings.format, tenant),
            HttpFeeds(self._transport, self._clock, settings.event_types),
        )

    def children(self) -> FrozenSet[str]:
        """The port `Directory`."""
        return frozenset(child.cid for child in self._flight_control.children())


def _file_store(parts: _Parts, lock: ProcessLock) -> Tuple[OffsetStore, Right]:
    return FileStore(parts.folder, parts.settings.name, lock.is_ours), Sole()


def _shared_store(parts: _Parts) -> Tuple[OffsetStore, Right]:
    """The records in the KV store, and the claimant, which is running."""
    documents = open_kvstore(parts.splunkd, parts.adopt)
    name = parts.settings.name
    credentials = parts.account.credentials
    seal = Seal(credentials.client_secret)
    records = SharedRecords(documents, name, seal)
    holder = uuid.uuid4().hex
    reads = what_is_read(
        parts.account.origin.api_host,
        credentials.client_id,
        credentials.member_cid,
        parts.settings.partitions,
        "" if parts.settings.tenants.only_own else str(parts.settings.tenants),
    )
    claim = Claims(holder, parts.info.forwarder or holder, reads, parts.clock.monotonic())
    claims = SharedClaims(documents, name, seal, lambda: records.generation)
    claimant = Claimant(claim, claims, parts.clock, parts.inbox, records.read)
    start_thread("claimant", claimant.run)
    return records, claimant


def _watch(parent: ParentWatch, right: Right) -> Callable[[], None]:
    def watch() -> None:
        parent.check()
        if not right.holds():
            raise RestartNeeded("the claim on this input is lost: the input ends, and starts again as a standby")

    return watch


def _label(settings: InputSettings) -> Label:
    return Label(
        modular_input_name=settings.stanza,
        event_input=settings.name,
        sourcetype_ingested=settings.sourcetype or SOURCETYPE,
        event_index=settings.index or "default",
        event_account=settings.account,
    )


def _renderer(parts: _Parts, commits: Commits) -> Renderer:
    settings = parts.settings
    routing = Routing(
        settings.stanza, settings.index, settings.host, settings.source, settings.sourcetype or SOURCETYPE
    )
    if not settings.add_ta_data:
        return Renderer(routing, register=parts.conf.register)
    ta_data = TaData(
        cloud=parts.account.cloud,
        version=__version__,
        input=settings.name,
        app_id=settings.app_id,
        event_types=settings.event_types,
        newest=settings.start_from.newest,
    )

    def appended(partition: str) -> Optional[bytes]:
        return ta_data.render(partition, several=commits.several)

    return Renderer(routing, appended, parts.conf.register)
