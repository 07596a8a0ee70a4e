"""The pages' composition root: where state files are, and a connection test that never waits for ever."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from falcon_streams.clock import SystemClock
from falcon_streams.core.account import Credentials
from falcon_streams.core.clouds import CUSTOM, origin_of
from falcon_streams.errors import Refused
from falcon_streams.pages.endpoints import check_connection
from falcon_streams.splunk.accounts import Account
from falcon_streams.store.files import checkpoint_dir_of


def test_the_checkpoint_dir_is_splunkds() -> None:
    assert checkpoint_dir_of({"SPLUNK_HOME": "/s"}) == Path("/s/var/lib/splunk/modinputs/falcon_event_streams")
    assert checkpoint_dir_of({"SPLUNK_HOME": "/s", "SPLUNK_DB": "/db"}) == Path("/db/modinputs/falcon_event_streams")


def test_a_connection_test_of_a_server_that_is_silent_ends_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        account = Account("slow", CUSTOM, origin_of(CUSTOM, url), Credentials("c", "s"), None, None)
        clock = SystemClock()
        began = clock.monotonic()

        with pytest.raises(Refused, match=r"^Not saved: 127\.0\.0\.1.*: no answer within 0 s\. Check the network"):
            check_connection(account, clock, seconds=0.3)
        assert clock.monotonic() - began < 8.0
    for thread in threading.enumerate():
        if thread.name == "question to Falcon":
            thread.join(15)
