"""Only an answer of a KV store counts as one: whatever else answers in its place means nothing."""

from __future__ import annotations

import io
from typing import Any, Callable, Dict

import pytest

from falcon_streams.errors import Retryable
from falcon_streams.store.kvstore import KvStore

DOCUMENT = {"_key": "main:1", "kind": "claim"}
CALLS: Dict[str, Callable[[KvStore], object]] = {
    "find": lambda store: store.find({}),
    "insert": lambda store: store.insert(DOCUMENT),
    "replace": lambda store: store.replace(DOCUMENT),
    "save": lambda store: store.save([DOCUMENT]),
}
PAGE = b"<html>Please log in</html>"


class Answering:
    """A connection's context that gives one answer to everything."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, io.BytesIO(body)

    def get(self, *_: object, **__: object) -> Answering:
        return self

    post = delete = get


def store(status: int, body: bytes) -> KvStore:
    return KvStore(lambda: Answering(status, body), "the KV store at x", own=False)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b""), (200, PAGE), (200, b"{}"), (200, b"null"), (200, b"[1]"), (200, b"[" * 100_000)]
    + [(status, body) for status in (202, 204, 301, 302, 304, 307) for body in (b"", b"[]", PAGE)],
)
def test_what_is_no_answer_of_a_kv_store_is_tried_again(call: str, status: int, body: bytes) -> None:
    with pytest.raises(Retryable, match="but not as a KV store does: make sure that no proxy"):
        CALLS[call](store(status, body))


def test_an_empty_list_means_that_there_are_no_documents() -> None:
    assert store(200, b"[]").find({}) == []


def test_a_write_is_answered_by_the_keys_that_were_written() -> None:
    assert store(201, b'{"_key":"main:1"}').insert(DOCUMENT)
    store(200, b'{"_key":"main:1"}').replace(DOCUMENT)
    store(200, b'["main:1"]').save([DOCUMENT])
    with pytest.raises(Retryable):
        store(200, b'{"_key":"main:2"}').replace(DOCUMENT)


@pytest.mark.parametrize(("status", "body"), [(204, b""), (302, PAGE)])
def test_a_removal_that_nobody_carried_out_is_tried_again(status: int, body: bytes) -> None:
    store(200, b"").remove("main:1")
    store(200, b"{}").remove("main:1")
    with pytest.raises(Retryable):
        store(status, body).remove("main:1")


def test_a_number_of_thousands_of_digits_hides_no_other_document() -> None:
    found: Any = store(200, b'[{"_key":"a","generation":' + b"9" * 5_000 + b'},{"_key":"b"}]').find({})

    assert found == [{"_key": "a", "generation": None}, {"_key": "b"}]
