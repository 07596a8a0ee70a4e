"""A secret is stored over a former one or anew, whichever the caller expects."""

from __future__ import annotations

import pytest
from splunklib import binding

from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from tests.fakes.management_port import ManagementPort

NAME = "storage/passwords/realm:user:"


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("replaces", [True, False])
def test_a_wrong_guess_whether_there_is_a_secret_costs_one_call(
    monkeypatch: pytest.MonkeyPatch, is_there: bool, replaces: bool
) -> None:
    port = ManagementPort()
    monkeypatch.setattr(binding, "handler", port.handler)
    if is_there:
        port.things[NAME] = {"clear_password": "former"}
    WritableSplunkd("https://127.0.0.1:8089", "k").store_secret("realm", "user", "new", replaces)

    assert port.things[NAME]["clear_password"] == "new"
    assert len(port.asked) == (1 if replaces == is_there else 2)
