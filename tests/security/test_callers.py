"""Who may use the endpoints' power: the capability is asked for by us, too, wherever splunkd has not."""

from __future__ import annotations

import pytest

from falcon_streams.splunk.editor import Editor
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
