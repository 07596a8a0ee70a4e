"""What the token of a forwarder is good for, where it is stolen: one collection, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.splunkd import Splunkd
from tests.splunkd.client_session import client_session
from tests.splunkd.conf import ini
from tools.package import ROOT

APP, ROLE = "TA_falcon_event_streams", "falcon_event_streams_checkpoint"
COLLECTION = f"collections/{ROLE}s"
HERE = f"/servicesNS/nobody/{APP}"
DATA = f"{HERE}/storage/collections/data/{ROLE}s"


def test_the_role_of_a_token_has_one_collection() -> None:
    access = {name: said.get("access", "") for name, said in ini.read(ROOT / "metadata" / "default.meta").items()}

    assert [name for name, said in access.items() if ROLE in said] == [COLLECTION]
    assert access[COLLECTION] == f"read : [ admin, sc_admin, {ROLE} ], write : [ admin, sc_admin, {ROLE} ]"


@pytest.fixture
def ask(tmp_path: Path, package: Path) -> Iterator[Any]:
    """The status that a stolen token is answered with."""
    with Splunkd(tmp_path / "store", package) as splunkd:
        splunkd.create_password(f"{APP}#account#prod", "client_secret", "s" * 40)
        session = client_session(splunkd.ca_file)
        session.headers["Authorization"] = f"Bearer {splunkd.create_token('hf', [ROLE])}"

        def status(method: str, path: str, **told: Any) -> int:
            query = {"output_mode": "json"}
            return session.request(
                method, f"{splunkd.management_uri}{path}", params=query, timeout=20, **told
            ).status_code

        yield status


def test_a_token_reads_and_writes_checkpoints_and_nothing_else(ask: Any) -> None:
    assert ask("POST", DATA, json={"_key": "a:1", "kind": "claim"}) == 201
    assert ask("GET", DATA) == 200

    assert ask("GET", f"{HERE}/storage/passwords") == 403
    assert ask("POST", f"{HERE}/storage/passwords", data={"name": "x", "password": "y"}) == 403
    assert ask("POST", f"{HERE}/configs/conf-falcon_event_streams_account", data={"name": "mine"}) == 403
    assert ask("POST", f"{HERE}/data/inputs/falcon_event_streams", data={"name": "mine"}) == 403
    assert ask("POST", f"{HERE}/falcon_event_streams_account", data={"name": "mine"}) == 403
