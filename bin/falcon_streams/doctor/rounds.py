"""The checks in their order: the installation, splunkd, each account up to Falcon's streams, each input.

Rules: the next check is made up only when the one before it has been asked, because inputs and accounts are known only
then. Nothing here asks anything itself. Without splunkd, the inputs are those that have left a folder on this machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Callable, Dict, Iterator, NamedTuple

from falcon_streams.doctor.examination import Check
from falcon_streams.doctor.finding import Said
from falcon_streams.doctor.installation import check_package, check_python
from falcon_streams.doctor.instance import Instance
from falcon_streams.doctor.reading import Reading
from falcon_streams.doctor.trace import Trace, folders
from falcon_streams.ports import Clock
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.files import folder_of

if TYPE_CHECKING:
    from falcon_streams.doctor.client import Client

PYTHON, PACKAGE, SPLUNKD, SETTINGS, INPUTS, QUEUES = (
    "Python and OpenSSL",
    "Package",
    "splunkd",
    "Settings",
    "Inputs",
    "Queues of splunkd",
)
ACCOUNT, NAME, HOP, TLS, TIME, TOKEN, STREAMS, FEEDS = (
    "Account and secret",
    "DNS",
    "Connection",
    "TLS",
    "Clock",
    "Token",
    "Scope and streams",
    "Hosts of the feeds",
)
INPUT, PARTITIONS, APP_ID, INDEX, STORE, LOCK, PROCESS, EVENTS, OTHERS = (
    "Input",
    "Partitions",
    "App ID",
    "Index",
    "Checkpoint store",
    "Lock",
    "Process",
    "Events in the index",
    "Other inputs",
)


class Place(NamedTuple):
    """Where the doctor is: the app's folder, and that of the inputs' checkpoints and states."""

    app: Path
    checkpoint_dir: Path


class Rounds:
    """The checks of one examination. `end` gives back what it took from Falcon."""

    def __init__(self, place: Place, clock: Clock, refuse_old_openssl: Callable[[], None]) -> None:
        self._place = place
        self._clock = clock
        self._refuse_old_openssl = refuse_old_openssl
        self._clients: Dict[str, Client] = {}

    def with_splunkd(self, splunkd: WritableSplunkd) -> Iterator[Check]:
        """Everything, as the caller whose session `splunkd` has."""
        instance = Instance(splunkd)
        yield from self._installation()
        answered = ((SPLUNKD, ""),)
        yield Check(SPLUNKD, "", (), instance.check_splunkd)
        yield Check(SETTINGS, "", answered, instance.check_settings, "read the confs of this app")
        yield Check(INPUTS, "", answered, instance.check_inputs, "list inputs (list_inputs)")
        yield Check(QUEUES, "", answered, instance.check_queues, "read server/introspection/queues")
        for name in instance.accounts:
            yield from self._account(splunkd, name)
        for name in sorted(instance.inputs):
            yield from self._input(splunkd, instance, name)

    def without_splunkd(self, reason: str) -> Iterator[Check]:
        """What can be checked on this machine alone."""
        yield from self._installation()
        yield Check(SPLUNKD, "", (), lambda: Said.SPLUNKD_LEFT_OUT.about(reason=reason))
        for name in (SETTINGS, INPUTS, QUEUES, ACCOUNT, NAME, HOP, TLS, TIME, TOKEN, STREAMS, FEEDS, INDEX, EVENTS):
            yield Check(name, "", ((SPLUNKD, ""),), lambda: Said.SPLUNKD_LEFT_OUT.about(reason=reason))
        for folder in folders(self._place.checkpoint_dir):
            name = folder.name.rpartition("-")[0]
            trace = Trace(folder, self._clock)
            yield Check(STORE, name, (), trace.check_folder)
            yield Check(LOCK, name, (), trace.check_lock)
            yield Check(PROCESS, name, (), trace.check_process)

    def end(self) -> None:
        """Give the tokens back."""
        for client in self._clients.values():
            client.end()

    def _installation(self) -> Iterator[Check]:
        yield Check(PYTHON, "", (), lambda: check_python(self._refuse_old_openssl))
        yield Check(PACKAGE, "", (), lambda: check_package(self._place.app))

    def _account(self, splunkd: WritableSplunkd, name: str) -> Iterator[Check]:
        def client() -> Client:
            return self._client(splunkd, name)

        what = "read secrets (list_storage_passwords)"
        yield Check(ACCOUNT, name, ((PYTHON, ""),), lambda: client().check_account(), what)
        yield Check(NAME, name, ((ACCOUNT, name),), lambda: client().check_name())
        yield Check(HOP, name, ((NAME, name),), lambda: client().check_hop())
        yield Check(TLS, name, ((HOP, name),), lambda: client().check_tls())
        yield Check(TIME, name, ((TLS, name),), lambda: client().check_clock())
        yield Check(TOKEN, name, ((TLS, name),), lambda: client().check_token())
        yield Check(STREAMS, name, ((TOKEN, name),), lambda: client().check_streams())
        yield Check(FEEDS, name, ((STREAMS, name),), lambda: client().check_feed_hosts())

    def _input(self, splunkd: WritableSplunkd, instance: Instance, name: str) -> Iterator[Check]:
        if not instance.is_enabled(name):
            yield Check(INPUT, name, (), Said.INPUT_DISABLED.about)
            return
        raw = instance.inputs[name]
        account = raw.get("account", "")
        trace = Trace(folder_of(str(self._place.checkpoint_dir), name), self._clock)
        reading = Reading(splunkd, name, raw, trace)

        def client() -> Client:
            return self._client(splunkd, account)

        sound, streams = (INPUT, name), (STREAMS, account)
        yield Check(INPUT, name, (), lambda: reading.check_settings(instance.info))
        yield Check(PARTITIONS, name, (sound, streams), lambda: reading.check_partitions(client()))
        yield Check(APP_ID, name, (sound, streams), lambda: reading.check_app_id(client()))
        yield Check(INDEX, name, (sound,), lambda: reading.check_index(instance.info), "list indexes")
        yield Check(STORE, name, (sound,), reading.check_store)
        yield Check(LOCK, name, (), trace.check_lock)
        yield Check(PROCESS, name, (), trace.check_process)
        yield Check(
            EVENTS, name, (sound,), lambda: reading.check_events(instance.info, self._clock.now()), "search (search)"
        )
        yield Check(OTHERS, name, (sound, (STORE, name), (ACCOUNT, account)), lambda: reading.check_others(client()))

    def _client(self, splunkd: WritableSplunkd, name: str) -> Client:
        from falcon_streams.doctor.client import Client  # fails with an old OpenSSL, and then nobody asks for it

        if name not in self._clients:
            self._clients[name] = Client(splunkd, self._clock, name)
        return self._clients[name]
