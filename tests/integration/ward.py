"""A scene for the doctor: two inputs that read, one that is disabled; and the faults that a test plants in it.

Rules: the doctor runs in this process, against the stand-in and the emulator. What a fault changes is put back. A
`second` input has an account or settings of its own, so that the two that read are left alone. What only a machine can
do (a full disk, a foreign user's folder, an old OpenSSL) is planted where the standard library asks for it.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from falcon_streams.clock import SystemClock
from falcon_streams.doctor.composition import COMMAND_SECONDS, Doctor
from falcon_streams.doctor.finding import Finding, Said
from falcon_streams.splunk.state import StateFile
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.files import checkpoint_dir_of, folder_of
from tests.integration.scene import ACCOUNT_CONF, REALM, Scene
from tests.splunkd import RestRefused
from tests.splunkd.rest_client import RestClient

SECOND = "second"
VIEWER = ("viewer", "viewer-password", "list_inputs,list_settings")


class Ward:
    """The scene, and the doctor in it."""

    def __init__(self, scene: Scene, elsewhere: Path) -> None:
        """`elsewhere` is an empty folder: the SPLUNK_HOME of a machine on which no input has run."""
        self.scene = scene
        self.home, self.app = scene.splunkd.home, scene.splunkd.app_home
        self.elsewhere = elsewhere
        self.seconds = COMMAND_SECONDS
        self.session_key = scene.splunkd.session_key

    def prepare(self) -> None:
        """Two inputs read; one has its checkpoints in the KV store; a third is disabled."""
        splunkd = self.scene.splunkd
        for name in ("falcon", "empty"):
            splunkd.post("/services/data/indexes", name=name)
        self.scene.begin("main", index="falcon")
        self.scene.begin("shared", checkpoint_store="kvstore")
        self.scene.begin("off", partitions="9")
        self.scene.stop("off")
        self.scene.wait_until_open(4)
        self.scene.wait(lambda: {Said.PROCESS, Said.SEEN} <= self.said() and self._all_run(), 60.0, "two that read")

    def _all_run(self) -> bool:
        found = [each for each in self.examine() if each.check in ("Process", "Events in the index", "App ID")]
        return {each.said for each in found} == {Said.PROCESS, Said.SEEN, Said.APP_ID_IN_USE}

    def examine(self) -> Iterator[Finding]:
        """The findings, as an admin gets them."""
        splunkd = WritableSplunkd(self.scene.splunkd.management_uri, self.session_key)
        return self.doctor().examine(splunkd, self.seconds)

    def doctor(self) -> Doctor:
        """The doctor of the machine at `home`."""
        return Doctor({"SPLUNK_HOME": str(self.home)}, SystemClock(), self.app)

    def said(self) -> set[Said]:
        """Every sentence of an examination."""
        return {each.said for each in self.examine()}

    # -- faults ----------------------------------------------------------------------------------------------------

    @contextmanager
    def switch(self, **switches: Any) -> Iterator[None]:
        """A switch of the stand-in."""
        self.scene.splunkd.switch(**switches)
        try:
            yield
        finally:
            self.scene.splunkd.switch(rest_status=0, rest_path="", full_queue="")

    @contextmanager
    def posing(self, **fields: str) -> Iterator[None]:
        """splunkd says something else of itself."""
        self.scene.splunkd.pose(**fields)
        try:
            yield
        finally:
            self.scene.splunkd.pose(isForwarding="false", server_roles="indexer", instance_type="")

    @contextmanager
    def second(self, account: dict[str, str] | None = None, **settings: str) -> Iterator[None]:
        """One input more; `account` changes its account."""
        splunkd, name = self.scene.splunkd, "prod"
        if account is not None:
            name = SECOND
            self.scene.add_account(SECOND, **account)
        self.scene.begin(SECOND, account=name, **settings)
        try:
            yield
        finally:
            splunkd.delete_input(SECOND)
            if account is not None:
                splunkd.delete(f"/servicesNS/nobody/{splunkd.app}/configs/conf-{ACCOUNT_CONF}/{SECOND}")
                for user in ("client_secret", "client_secret_destination"):
                    with suppress(RestRefused):  # the mark is the input's, if it got so far
                        splunkd.delete_password(REALM.format(SECOND), user)

    @contextmanager
    def tenant(self, stanza: str, **settings: str) -> Iterator[None]:
        """A stanza of the tenants' conf."""
        splunkd, conf = self.scene.splunkd, "falcon_event_streams_tenants"
        splunkd.create_properties(conf, stanza, **settings)
        try:
            yield
        finally:
            splunkd.delete(f"/servicesNS/nobody/{splunkd.app}/configs/conf-{conf}/{stanza}")

    @contextmanager
    def fault(self, **step: Any) -> Iterator[None]:
        """A fault of the emulator."""
        self.scene.falcon.add_faults([step])
        try:
            yield
        finally:
            self.scene.falcon.clear_faults()

    @contextmanager
    def option(self, name: str, value: Any) -> Iterator[None]:
        """An option of the emulator."""
        former = self.scene.falcon.options()[name]
        self.scene.falcon.set_option(name, value)
        try:
            yield
        finally:
            self.scene.falcon.set_option(name, former)

    @contextmanager
    def presenting(self, certificate: str) -> Iterator[None]:
        """The firehose shows a bad certificate."""
        self.scene.falcon.present(certificate)
        try:
            yield
        finally:
            self.scene.falcon.present("good")

    @contextmanager
    def setting(self, stanza: str, name: str, wrong: str, right: str) -> Iterator[None]:
        """A setting of the add-on is wrong."""
        conf = "falcon_event_streams_settings"
        self.scene.splunkd.edit_conf_stanza(conf, stanza, **{name: wrong})
        try:
            yield
        finally:
            self.scene.splunkd.edit_conf_stanza(conf, stanza, **{name: right})

    @contextmanager
    def without_secret(self) -> Iterator[None]:
        """The account's secret is gone."""
        self.scene.splunkd.delete_password(REALM.format("prod"), "client_secret")
        try:
            yield
        finally:
            self.scene.splunkd.create_password(
                REALM.format("prod"), "client_secret", self.scene.falcon.address()["client_secret"]
            )

    @contextmanager
    def stopped(self, *names: str) -> Iterator[None]:
        """Inputs are disabled."""
        for name in names:
            self.scene.stop(name)
        try:
            yield
        finally:
            for name in names:
                self.scene.resume(name)
            self.scene.wait(self._all_run, 60.0, "all read again")

    @contextmanager
    def away(self, state: dict[str, Any] | None = None, name: str = "main") -> Iterator[Path]:
        """The doctor is on another machine, where the input has left this state; its folder."""
        former, self.home = self.home, self.elsewhere
        folder = folder_of(str(checkpoint_dir_of({"SPLUNK_HOME": str(self.elsewhere)})), name)
        if state is not None:
            StateFile(folder).show({"updated_at": SystemClock().now(), "partitions": {}, **state})
        try:
            yield folder
        finally:
            self.home = former
            for path in folder.glob("*"):
                path.unlink()

    @contextmanager
    def orphan(self) -> Iterator[None]:
        """A process whose parent has gone holds the lock: this one, which says that its parent was another."""
        with self.away({"state": "running"}) as folder:
            path = folder / "lock"
            path.write_text(json.dumps({"pid": os.getpid(), "parent": 1 << 22}), encoding="ascii")
            with path.open("rb+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield

    @contextmanager
    def damaged_record(self) -> Iterator[None]:
        """A record was found damaged."""
        with self.away({"state": "running"}) as folder:
            (folder / "partition-0-x.json.damaged").write_bytes(b"{")
            yield

    @contextmanager
    def changed_file(self, name: str) -> Iterator[None]:
        """Somebody has changed a file of the package, or put one into it."""
        path = self.app / name
        former = path.read_bytes() if path.exists() else None
        path.write_bytes((former or b"") + b"\n# mine\n")
        try:
            yield
        finally:
            if former is None:
                path.unlink()
            else:
                path.write_bytes(former)

    @contextmanager
    def checkout(self) -> Iterator[None]:
        """The app is no built package."""
        former, self.app = self.app, Path(__file__).resolve().parents[2]
        try:
            yield
        finally:
            self.app = former

    @contextmanager
    def viewer(self) -> Iterator[None]:
        """Somebody who may list inputs asks, and nothing more."""
        told = self.scene.splunkd
        former, client = self.session_key, RestClient(told.management_uri, told.ca_file, VIEWER[0], VIEWER[1])
        self.session_key = client.session_key
        try:
            yield
        finally:
            self.session_key = former

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """The examination has so long."""
        former, self.seconds = self.seconds, seconds
        try:
            yield
        finally:
            self.seconds = former


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return int(gone.getsockname()[1])
