"""The pages' composition root: where state files are, and questions to Falcon that never wait for ever."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from falcon_streams.clock import SystemClock
from falcon_streams.core.account import Credentials
from falcon_streams.core.clouds import CUSTOM, origin_of
from falcon_streams.errors import Refused
from falcon_streams.pages.endpoints import ask_for_children, check_connection
from falcon_streams.splunk.accounts import Account
from falcon_streams.store.files import checkpoint_dir_of


def test_the_checkpoint_dir_is_splunkds() -> None:
    assert checkpoint_dir_of({"SPLUNK_HOME": "/s"}) == Path("/s/var/lib/splunk/modinputs/falcon_event_streams")
    assert checkpoint_dir_of({"SPLUNK_HOME": "/s", "SPLUNK_DB": "/db"}) == Path("/db/modinputs/falcon_event_streams")


def account_at(port: int, member_cid: str = "") -> Account:
    origin = origin_of(CUSTOM, f"https://127.0.0.1:{port}")
    return Account("slow", CUSTOM, origin, Credentials("c", "s", member_cid), None, None)


@pytest.mark.parametrize(
    ("ask", "before"),
    [(check_connection, "Not saved: "), (ask_for_children, "")],
    ids=["connection test", "children"],
)
def test_a_question_to_a_server_that_is_silent_ends_in_time(ask: Callable[..., object], before: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        clock = SystemClock()
        began = clock.monotonic()

        with pytest.raises(Refused, match=rf"^{before}127\.0\.0\.1.*: no answer within 0 s\. Check the network"):
            ask(account_at(silent.getsockname()[1]), clock, seconds=0.3)
        assert clock.monotonic() - began < 8.0
    for thread in threading.enumerate():
        if thread.name == "question to Falcon":
            thread.join(15)


def test_an_account_that_is_bound_to_a_child_is_not_asked_for_children() -> None:
    with pytest.raises(Refused, match=r"account slow is bound to a child tenant .*: name the parent's account"):
        ask_for_children(account_at(1, "c" * 32), SystemClock())
