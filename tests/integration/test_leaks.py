"""No secret is written anywhere; every scene of the integration tests is searched at its end, and this one by hand."""

from __future__ import annotations

import base64
import signal
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.conftest import Stage
from tests.integration.leaks import find, forms
from tests.integration.scene import REALM

SECRET = "s3cr/et+w0rd==with:odd@signs"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET, safe=""),
        base64.b64encode(f"id:{SECRET}".encode()).decode(),
        base64.b64encode(SECRET.encode()).decode(),
        f"Credentials(client_secret={SECRET!r})",
    ],
)
def test_a_planted_secret_is_found_in_every_form(written: str) -> None:
    files = [(Path("a.log"), b"before " + written.encode() + b" after"), (Path("b.log"), b"nothing")]

    assert list(find([SECRET], files)) == ["a.log"]


def test_an_ordinary_text_is_no_leak() -> None:
    assert not any(form in b"level=INFO action=started input=main" for form in forms(SECRET))


def test_a_run_with_every_kind_of_trouble_writes_no_secret(stage: Stage) -> None:
    scene = stage(partitions=2, preload=50, lock=1.0)
    scene.begin()
    scene.wait_until_all_arrived()
    scene.splunkd.edit_conf_stanza("falcon_event_streams_settings", "logging", level="DEBUG")
    scene.falcon.add_faults(
        [
            {"on": "token", "answer": {"status": 500, "body": "oops"}},
            {"on": "discover", "answer": {"status": 403, "body": "{}"}},
            {"on": "feed", "answer": {"status": 401, "body": "{}"}},
        ]
    )
    old = scene.falcon.client_secret
    new = scene.falcon.rotate_secret(revoke=True)
    scene.falcon.drop_feeds()
    scene.says("refused the account's client_id and secret")
    scene.splunkd.edit_password(REALM.format("prod"), "client_secret", new)
    scene.falcon.generate(count=20)
    scene.wait_until_all_arrived(timeout=60)
    scene.secrets.add(scene.splunkd.input_state("main")["session_key"])
    scene.splunkd.signal_input("main", signal.SIGKILL)
    scene.falcon.generate(count=20)
    scene.wait_until_all_arrived(timeout=60)
    scene.stop()

    assert {old, new} <= scene.secrets
    assert len(scene.secrets) > 6
    assert scene.leaks() == []
