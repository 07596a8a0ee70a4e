"""Two forwarders, each a stand-in with the same input, a third one whose KV store they share, and one Falcon.

Rules: everything between a forwarder and the world goes through relays of its own, so that its network can be cut: to
the store, and to Falcon (through Falcon's proxy). Time runs `scale` times as fast for the inputs and for Falcon; what
is told is told in their seconds. The forwarders are named `a` and `b`; which of them reads is seen in Falcon's feeds.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Optional
from urllib.parse import urlsplit

from tests.emulator import AS_IN_LIFE, Emulator
from tests.integration import leaks
from tests.integration.comparison import Comparison, compare
from tests.integration.entry import install
from tests.integration.scene import ACCOUNT_CONF, INPUT, REALM, watch_tokens
from tests.splunkd import Splunkd
from tests.splunkd.relay import Relay

SETTINGS_CONF = "falcon_event_streams_settings"
ROLE = "falcon_event_streams_checkpoint"
STARTS = 60.0


class Forwarder(NamedTuple):
    """One of the two: its stand-in, and the relays on its ways out."""

    name: str
    splunkd: Splunkd
    to_store: Relay
    to_falcon: Relay

    def log(self) -> str:
        """The log of its input."""
        path = self.splunkd.home / "var" / "log" / "splunk" / f"falcon_event_streams_{INPUT}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def lose(self) -> None:
        """The machine is gone, from one moment to the next: nobody says goodbye."""
        self.splunkd.kill()
        for pid in self.splunkd.orphans():
            os.kill(pid, signal.SIGKILL)

    def cut(self) -> None:
        """Its network is gone."""
        self.to_store.cut()
        self.to_falcon.cut()


class Pair:
    """A context manager; `begin` makes the input on both."""

    def __init__(self, folder: Path, package: Path, *, scale: float, **falcon: Any) -> None:
        self.scale = scale
        epoch = time.time()
        known = {**AS_IN_LIFE, "partitions": 2, "linger": 1.0, "lock": 60.0, "rate_limits": False}
        self.falcon = Emulator(**{**known, **falcon}, time_scale=scale, epoch=epoch)
        self.store = Splunkd(folder / "store", package, certificate_names=["127.0.0.1"])
        self._app = install(package, folder, f"ScaledClock({scale}, {epoch})")
        self._folder = folder
        self._stack = ExitStack()
        self.secrets: set[str] = set()
        self.forwarders: dict[str, Forwarder] = {}

    def __enter__(self) -> Pair:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *problem: object) -> None:
        self._stack.close()
        found = [where for splunkd in (self.store, *(each.splunkd for each in self)) for where in self._leaks(splunkd)]
        assert not found, f"secrets stand in {found}"

    def __iter__(self) -> Iterator[Forwarder]:
        return iter(self.forwarders.values())

    def begin(self, **settings: str) -> None:
        """The same input on both, the first of them first."""
        wanted = {"account": "prod", "app_id": "shared", "interval": "1", "checkpoint_store": "kvstore", **settings}
        for each in self:
            each.splunkd.create_input(INPUT, **{"idle_timeout": "60", **wanted})
            self.wait(lambda: self.reader() is not None, STARTS, "a reader")
        self.wait(lambda: any("state=standby" in each.log() for each in self), STARTS, "a standby")

    def reader(self) -> Optional[Forwarder]:
        """The forwarder whose input holds the claim, as its state file tells; None for none."""
        return next((each for each in self if self.state(each) == "running"), None)

    def other(self, one: Forwarder) -> Forwarder:
        """The other one."""
        return next(each for each in self if each is not one)

    def state(self, one: Forwarder) -> str:
        """What the Inputs page would show for its input."""
        folder = one.splunkd.home / "var" / "lib" / "splunk" / "modinputs" / "falcon_event_streams"
        try:
            (path,) = folder.glob(f"{INPUT}-*/state.json")
            shown = json.loads(path.read_bytes())
        except (OSError, ValueError):  # not there yet, or just being replaced
            return ""
        return str(shown["state"]) if one.splunkd.running else ""

    def wait(self, predicate: Callable[[], Any], seconds: float, what: str) -> None:
        """Wait for something, for so many real seconds; AssertionError with both logs when time is up."""
        deadline = time.monotonic() + seconds
        while not predicate():
            if time.monotonic() > deadline:
                logs = "\n".join(f"== {each.name}\n{each.log()[-2500:]}" for each in self)
                raise AssertionError(f"not within {seconds} s: {what}\n{logs}")
            time.sleep(0.05)

    def compare(self) -> Comparison:
        """The ledger check over both indexes, in the order of arrival."""
        rows = chain.from_iterable(each.splunkd.events() for each in self)
        return compare(self.falcon.ledger(), sorted(rows, key=lambda row: row.indextime))

    def wait_until_all_arrived(self, seconds: float = 90.0) -> Comparison:
        """Wait until nothing is missing; the ledger check."""
        self.wait(lambda: self.compare().missing == 0, seconds, "nothing missing")
        return self.compare()

    def _start(self) -> None:
        self._stack.enter_context(self.falcon)
        self.secrets.add(self.falcon.client_secret)
        watch_tokens(self.falcon, self.secrets)
        self._stack.enter_context(self.store)
        for name in ("a", "b"):
            self.forwarders[name] = self._join(name)

    def _join(self, name: str) -> Forwarder:
        """A forwarder that knows the account and where the shared store is."""
        store, proxy = urlsplit(self.store.management_uri), urlsplit(self.falcon.address()["proxy"])
        to_store = self._stack.enter_context(Relay(str(store.hostname), int(store.port or 0)))
        to_falcon = self._stack.enter_context(Relay(str(proxy.hostname), int(proxy.port or 0)))
        splunkd = self._stack.enter_context(Splunkd(self._folder / name, self._app, server_info={"serverName": name}))
        token = self.store.create_token(f"forwarder-{name}", roles=[ROLE])
        self.secrets.add(token)
        address = self.falcon.address()
        splunkd.create_conf_stanza(SETTINGS_CONF, "proxy:lab", enabled="1", host="127.0.0.1", port=str(to_falcon.port))
        splunkd.create_conf_stanza(
            ACCOUNT_CONF,
            "prod",
            cloud="custom",
            base_url=address["api"],
            client_id=address["client_id"],
            ca_bundle=address["ca_file"],
            proxy="lab",
        )
        splunkd.create_password(REALM.format("prod"), "client_secret", address["client_secret"])
        uri = f"https://127.0.0.1:{to_store.port}"
        splunkd.edit_conf_stanza(SETTINGS_CONF, "checkpoint", management_uri=uri, ca_bundle=str(self.store.ca_file))
        splunkd.create_password("TA_falcon_event_streams#checkpoint", "token", token)
        return Forwarder(name, splunkd, to_store, to_falcon)

    def _leaks(self, splunkd: Splunkd) -> list[str]:
        files = ((path, data) for path, data in splunkd.every_byte() if "stand-in-" not in path.name)
        return list(leaks.find(self.secrets, files))
