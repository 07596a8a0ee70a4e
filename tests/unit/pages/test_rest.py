"""The endpoints' outer shape: splunkd's documents in, statuses and sentences out, whatever happens within."""

from __future__ import annotations

import json
import threading
from contextlib import nullcontext
from typing import Any, Dict, List, Mapping, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.errors import Fatal, Refused, RestartNeeded, Retryable
from falcon_streams.pages.rest import MASK, Change, Endpoints, Entry, entered_secret, read_request
from falcon_streams.splunk.writable_splunkd import WritableSplunkd


class Shelf:
    """A collection in memory; `trouble` is raised by every method."""

    needs: Tuple[str, ...] = ("keep_shelves", "own_shelves")

    def __init__(self, trouble: Exception | None = None) -> None:
        self.things: Dict[str, Dict[str, str]] = {"one": {"a": "1"}}
        self.trouble = trouble

    def entries(self) -> List[Entry]:
        if self.trouble:
            raise self.trouble
        return [Entry(name, content) for name, content in self.things.items()]

    def entry(self, name: str) -> Entry:
        if name not in self.things:
            raise Refused(404, "none")
        return Entry(name, self.things[name])

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        def change() -> Entry:
            self.things.setdefault(name, {}).update(form)
            return self.entry(name)

        return change

    def delete(self, name: str) -> None:
        del self.things[name]


@pytest.fixture(autouse=True)
def granted(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What the caller may do."""
    capabilities = {"own_shelves"}
    monkeypatch.setattr(WritableSplunkd, "capabilities", property(lambda splunkd: frozenset(capabilities)))
    return capabilities


def document(method: str, path: str, *form: List[str], **changes: Any) -> str:
    """splunkd's request document."""
    tree = {
        "method": method,
        "rest_path": path,
        "form": list(form),
        "session": {"authtoken": "k", "user": "u"},
        "server": {"rest_uri": "https://127.0.0.1:8089"},
    }
    return json.dumps({**tree, **changes})


def ask(shelf: Shelf, *arguments: Any) -> tuple[int, Any]:
    """One request to a shelf at /thing."""

    def shelve(splunkd: WritableSplunkd) -> Shelf:
        return shelf

    answer = Endpoints({"thing": shelve}, nullcontext()).answer(document(*arguments))
    return answer["status"], json.loads(answer["payload"])


def test_the_four_methods_reach_the_collection() -> None:
    shelf = Shelf()

    assert [entry["name"] for entry in ask(shelf, "GET", "/thing")[1]["entry"]] == ["one"]
    assert ask(shelf, "GET", "/thing/one")[1]["entry"][0]["content"] == {"a": "1"}
    assert ask(shelf, "POST", "/thing", ["name", "two"], ["b", "ü"])[0] == 201
    assert shelf.things["two"] == {"b": "ü"}
    assert ask(shelf, "POST", "/thing/two", ["name", "other"], ["c", "3"])[0] == 200
    assert shelf.things["two"] == {"b": "ü", "c": "3"}
    assert [entry["name"] for entry in ask(shelf, "DELETE", "/thing/one")[1]["entry"]] == ["two"]


@pytest.mark.parametrize(
    ("trouble", "status", "words"),
    [
        (Refused(409, "twice"), 409, "twice"),
        (Fatal("[x] wrong"), 400, "[x] wrong"),
        (RestartNeeded("key"), 401, "log in again"),
        (Retryable("splunkd answered 403 for x", status=403), 403, "you may not"),
        (Retryable("splunkd did not answer"), 503, "did not answer"),
        (ValueError("secret=hunter2"), 500, "ValueError"),
    ],
)
def test_what_goes_wrong_is_a_status_and_one_sentence(trouble: Exception, status: int, words: str) -> None:
    said, tree = ask(Shelf(trouble), "GET", "/thing")

    assert said == status
    (message,) = tree["messages"]
    assert message["type"] == "ERROR"
    assert words in message["text"]
    assert "hunter2" not in message["text"]


def test_a_check_that_takes_its_time_holds_up_no_other_change() -> None:
    class Slow(Shelf):
        under_way, may_end = threading.Event(), threading.Event()

        def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
            if name == "slow":
                self.under_way.set()
                assert self.may_end.wait(30)
            return super().prepare(name, form, new)

    shelf = Slow()
    endpoints = Endpoints({"thing": lambda splunkd: shelf}, threading.Lock())
    slow = threading.Thread(target=endpoints.answer, args=(document("POST", "/thing", ["name", "slow"]),))
    slow.start()
    assert shelf.under_way.wait(30)

    assert endpoints.answer(document("POST", "/thing", ["name", "quick"]))["status"] == 201
    assert list(shelf.things) == ["one", "quick"]
    shelf.may_end.set()
    slow.join()
    assert list(shelf.things) == ["one", "quick", "slow"]


def test_what_is_not_there_or_not_possible_is_said() -> None:
    assert ask(Shelf(), "GET", "/other")[0] == 404
    assert ask(Shelf(), "GET", "/thing/none")[0] == 404
    assert ask(Shelf(), "PUT", "/thing/one")[0] == 405
    assert ask(Shelf(), "DELETE", "/thing")[0] == 405


@given(
    st.one_of(
        st.text(), st.recursive(st.none() | st.integers() | st.text(), lambda each: st.lists(each)).map(json.dumps)
    )
)
def test_no_document_is_more_than_a_400(text: str) -> None:
    assert Endpoints({}, nullcontext()).answer(text)["status"] == 400


@pytest.mark.parametrize("missing", ["method", "rest_path", "session", "server"])
def test_a_document_that_lacks_something_is_a_400(missing: str) -> None:
    tree = json.loads(document("GET", "/thing"))
    del tree[missing]

    with pytest.raises(Refused) as refused:
        read_request(json.dumps(tree))
    assert refused.value.status == 400


def test_a_mask_is_no_secret() -> None:
    for shown in ("", "  ", MASK, f" {MASK} "):
        assert entered_secret({"client_secret": shown}, "client_secret") == ""
    assert entered_secret({"client_secret": "s3cret "}, "client_secret") == "s3cret "


class Untouched(Shelf):
    """A collection that nobody may ask to prepare or to delete anything."""

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        raise AssertionError("nobody asks for it")

    def delete(self, name: str) -> None:
        raise AssertionError("nobody asks for it")


@pytest.mark.parametrize("field", [["partitions", "1," * 600_000], ["document", "x" * 9_000_000]])
def test_a_request_that_is_too_large_is_refused_before_anything_is_looked_at(field: List[str]) -> None:
    def never(splunkd: WritableSplunkd) -> Shelf:
        raise AssertionError("nobody asks for it")

    answer = Endpoints({"shelf": never}, nullcontext()).answer(document("POST", "/shelf/one", field))
    assert answer["status"] == 413
    assert "shorten" in answer["payload"]


def test_a_document_of_records_may_be_as_long_as_a_thousand_tenants_need() -> None:
    text = "x" * 4_000_000

    assert read_request(document("POST", "/shelf/one", ["document", text])).form == {"document": text}


def test_a_field_that_is_too_long_is_refused_before_the_form_is_checked() -> None:
    status, tree = ask(Untouched(), "POST", "/thing/one", ["partitions", "1," * 10_000])

    assert status == 413
    assert "partitions is longer than 16 KiB" in tree["messages"][0]["text"]


@pytest.mark.parametrize("form", [["a", "1"], ["partitions", "1," * 10_000]])
@pytest.mark.parametrize(("method", "path"), [("POST", "/thing"), ("POST", "/thing/one"), ("DELETE", "/thing/one")])
def test_who_has_none_of_the_capabilities_has_nothing_looked_at(
    granted: set[str], method: str, path: str, form: List[str]
) -> None:
    granted.clear()
    status, tree = ask(Untouched(), method, path, form)

    assert status == 403
    assert "it takes the capability keep_shelves or own_shelves" in tree["messages"][0]["text"]
    assert ask(Untouched(), "GET", "/thing")[0] == 200


def test_a_long_field_of_an_honest_form_is_taken() -> None:
    answer = Endpoints({"shelf": lambda splunkd: Shelf()}, nullcontext()).answer(
        document("POST", "/shelf/one", ["a", "x" * 16_000])
    )

    assert answer["status"] == 200
