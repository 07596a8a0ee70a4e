"""An admin's changes of a thousand tenants fit into the store, and a crash leaves the former ones."""

from __future__ import annotations

import json
import logging

import pytest

from falcon_streams.core.custody import Seal
from falcon_streams.store.history_documents import HistoryDocuments
from tests.unit.store.test_shared import NAME, SECRET, altered
from tests.unit.store.test_tenant_documents import Counting, Crash

SHORT, LONG, LONGER = "short", "long " * 300_000, "longer " * 300_000


def history(collection: Counting, secret: str = SECRET) -> HistoryDocuments:
    return HistoryDocuments(collection, NAME, Seal(secret))


@pytest.fixture
def collection(caplog: pytest.LogCaptureFixture) -> Counting:
    caplog.set_level(logging.INFO)
    return Counting()


def test_texts_of_any_length_follow_each_other(collection: Counting) -> None:
    assert history(collection).read() == ""
    for text in (SHORT, LONG, LONGER, LONG, SHORT, "", LONG):
        history(collection).keep(text)
        assert history(collection).read() == text
        assert all(len(each) < 1_000_000 for each in collection.texts.values())
        assert len(collection.texts) == 1 + -(-len(text) // 500_000) * (len(text) > 500_000)


def test_a_short_history_is_one_document_which_an_older_package_reads_too(collection: Counting) -> None:
    history(collection).keep(SHORT)
    document = collection.one(f"{NAME}:history")

    assert (document["input"], document["kind"], document["history"]) == (NAME, "history", SHORT)
    assert document["seal"] == Seal(SECRET).of(f"history\0{SHORT}")
    del document["pieces"]
    collection.save([document])
    assert history(collection).read() == SHORT


@pytest.mark.parametrize("former", [SHORT, LONG])
@pytest.mark.parametrize("text", [SHORT + "er", LONGER])
@pytest.mark.parametrize("at", range(4))
def test_a_crash_at_any_call_leaves_the_former_text_or_the_new_one(
    collection: Counting, caplog: pytest.LogCaptureFixture, former: str, text: str, at: int
) -> None:
    history(collection).keep(former)
    collection.left = at
    try:
        history(collection).keep(text)
    except Crash:
        pass
    collection.left = None

    assert history(collection).read() in (former, text)
    assert altered(caplog) == []


@pytest.mark.parametrize("what", ["change", "drop"])
def test_a_piece_that_was_changed_or_dropped_is_told_and_the_history_not_used(
    collection: Counting, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    history(collection).keep(LONG)
    key = collection.keys("history piece")[1]
    piece = json.loads(collection.texts.pop(key))
    if what == "change":
        collection.save([{**piece, "history": "theirs"}])

    assert history(collection).read() == ""
    assert altered(caplog) == [
        "the history of an admin's changes does not bear this add-on's seal: check who may write the collection"
    ]
