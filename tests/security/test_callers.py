"""Who may use the endpoints' power: a capability is asked for by us, too, wherever splunkd has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from falcon_streams.errors import Refused
from falcon_streams.pages.input_collection import Inputs
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from tests.fakes.clock import FakeClock


def test_who_may_not_list_inputs_gets_no_state_although_splunkd_gave_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WritableSplunkd, "capabilities", frozenset({"edit_storage_passwords"}))
    monkeypatch.setattr(WritableSplunkd, "inputs", lambda self: [("main", {"account": "prod"})])
    inputs = Inputs(WritableSplunkd("https://127.0.0.1:8089", "k"), FakeClock(), tmp_path)

    for ask_for in (inputs.entries, lambda: inputs.entry("main"), lambda: inputs.delete("main")):
        with pytest.raises(Refused, match="list_inputs") as refused:
            ask_for()
        assert refused.value.status == 403
