"""Who may use the endpoints' power: the capability is asked for by us, too, wherever splunkd has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from falcon_streams.errors import Refused
from falcon_streams.splunk.editor import Editor
from falcon_streams.splunk.input_collection import Inputs
from tests.fakes.clock import FakeClock
from tests.unit.splunk.test_rest import Shelf, ask


@pytest.mark.parametrize("request_line", [("POST", "/thing", ["name", "two"]), ("POST", "/thing/one", ["a", "2"])])
def test_who_lacks_the_capability_is_refused_by_us_too_before_anything_is_done(
    request_line: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in's splunkd asks before it calls (restmap.conf), so a scene alone would not show our own question."""
    monkeypatch.setattr(Editor, "capabilities", lambda self: frozenset({"list_inputs"}))
    shelf = Shelf(trouble=AssertionError("the collection was asked"))
    shelf.needs_secrets = True

    status, tree = ask(shelf, *request_line)

    assert (status, shelf.things) == (403, {"one": {"a": "1"}})
    assert "edit_storage_passwords" in str(tree)
    assert ask(shelf, "DELETE", "/thing/one")[0] == 403


def test_who_may_not_list_inputs_gets_no_state_although_splunkd_gave_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Editor, "capabilities", lambda self: frozenset({"edit_storage_passwords"}))
    monkeypatch.setattr(Editor, "inputs", lambda self: [("main", {"account": "prod"})])
    inputs = Inputs(Editor("https://127.0.0.1:8089", "k"), FakeClock(), tmp_path)

    for ask_for in (inputs.entries, lambda: inputs.entry("main"), lambda: inputs.delete("main")):
        with pytest.raises(Refused, match="list_inputs") as refused:
            ask_for()
        assert refused.value.status == 403
