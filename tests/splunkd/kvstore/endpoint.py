"""`storage/collections/config` and `storage/collections/data` over REST.

Rules (REST reference, KV store endpoints; splunklib.client): collections are those of the apps' collections.conf; data
is JSON in and out; an insert is 201 with the key, 409 where the key is taken; a POST to a key replaces the document and
is 404 where there is none; batch_save puts in and replaces; a query, fields, sort, skip and limit choose. What is no
JSON, or has another content type, is 400.

Limits (limits.conf.spec, [kvstore]): a batch_save has `max_documents_per_batch_save` documents and
`max_size_per_batch_save_mb` at most and is refused beyond, a batch_find `max_queries_per_batch` queries. An answer has
`max_rows_per_query` rows and `max_size_per_result_mb` at most and is cut there without a word. The first of them was
1,000 before it became 50,000: here it is 1,000. A document is 16 MB at most, as mongod's are. An address is 8,000
characters at most: stricter than any splunkd known.
"""

from __future__ import annotations

import json
from typing import Any, Callable
from urllib.parse import urlencode

from tests.splunkd.conf.layers import Confs
from tests.splunkd.kvstore.access import demand
from tests.splunkd.kvstore.documents import Collection, Documents, KeyTaken
from tests.splunkd.kvstore.query import Document, QueryRefused, matches
from tests.splunkd.rest.exchange import Answer, Entry, Question, Refused
from tests.splunkd.rest.permission import demand as permitted

CONFIG, DATA = "storage/collections/config", "storage/collections/data"
_MOST = 1000
_MOST_ROWS = 50_000
_MB = 1_000_000  # the specs say MB
_MOST_SAVED, _MOST_RESULT, _MOST_DOCUMENT = 50 * _MB, 50 * _MB, 16 * _MB
_LONGEST_ADDRESS = 8_000


class ConfigEndpoint:
    """The collections that there are: reading, and making one in an app's local/collections.conf."""

    def __init__(self, confs: Confs) -> None:
        self._confs = confs

    def answer(self, question: Question, rest: list[str]) -> Answer:
        if question.method == "POST":
            return self._create(question, rest)
        stanzas = self._confs.merged("collections", question.app)
        if rest and rest[0] not in stanzas:
            raise Refused(404, f"Could not find object id={rest[0]}")
        names = rest[:1] or sorted(stanzas)
        return Answer(entries=[Entry(name, CONFIG, stanzas[name], question.app or "system") for name in names])

    def _create(self, question: Question, rest: list[str]) -> Answer:
        permitted(question.session, "admin_all_objects")
        settings = question.settings()
        name = settings.pop("name", "")
        if rest or not name:
            raise Refused(400, "The following required arguments are missing: name.")
        app = question.app or "search"
        if name in self._confs.stanzas("collections", app):
            raise Refused(409, f"An object with name={name} already exists")
        self._confs.set("collections", app, name, settings)
        return Answer(201, [Entry(name, CONFIG, settings, app)])


class DataEndpoint:
    """Their documents."""

    def __init__(self, confs: Confs, documents: Documents) -> None:
        self._confs = confs
        self._documents = documents

    def answer(self, question: Question, rest: list[str]) -> Answer:
        if len(question.request.path) + len(urlencode(question.request.query)) > _LONGEST_ADDRESS:
            raise Refused(414, "Request-URI Too Long")
        app, name = question.app or "search", rest[0] if rest else ""
        if name not in self._confs.stanzas("collections", app):
            raise Refused(404, f"Could not find collection {name!r} in app {app!r}")
        reads = question.method == "GET" or rest[1:] == ["batch_find"]
        demand(self._confs, question.session, app, name, "read" if reads else "write")
        collection = self._documents.collection(app, name, question.owner or "nobody")
        try:
            return self._respond(question, collection, rest[1:])
        except QueryRefused as error:
            raise Refused(400, f"Invalid query: {error}") from error

    def _respond(self, question: Question, collection: Collection, rest: list[str]) -> Answer:
        batches: dict[str, Callable[[Collection, Any], Any]] = {"batch_save": _save_all, "batch_find": _find_all}
        if question.method == "POST" and rest and rest[0] in batches:
            return _told(batches[rest[0]](collection, _list_in(question)))
        if rest:
            return self._of_key(question, collection, rest[0])
        if question.method == "POST":
            try:
                return _told({"_key": collection.insert(_document(_json_in(question)))}, 201)
            except KeyTaken as error:
                raise Refused(409, f"A document with the key {error} exists already") from error
        if question.method == "DELETE":
            collection.remove(document["_key"] for document in _chosen(collection, {"query": _query(question)}))
            return _told({})
        return _told(_chosen(collection, {**question.arguments, "query": _query(question)}))

    def _of_key(self, question: Question, collection: Collection, key: str) -> Answer:
        found = collection.get(key)
        if found is None:
            raise Refused(404, "Could not find object.")
        if question.method == "GET":
            return _told(found)
        if question.method == "POST":
            return _told({"_key": collection.save({**_document(_json_in(question)), "_key": key})})
        collection.remove([key])
        return _told({})


def _save_all(collection: Collection, documents: list[Any]) -> list[str]:
    return collection.save_all([_document(each) for each in documents])


def _find_all(collection: Collection, queries: list[Any]) -> list[list[Document]]:
    return [_chosen(collection, each if isinstance(each, dict) else {"query": each}) for each in queries]


def _chosen(collection: Collection, arguments: dict[str, Any]) -> list[Document]:
    found = [document for document in collection.all() if matches(arguments.get("query") or {}, document)]
    for name, sign in reversed(_signed(arguments.get("sort", ""))):
        found.sort(key=lambda document, name=name: _rank(document.get(name)), reverse=sign == "-1")  # type: ignore[misc]
    skip, limit = _whole(arguments.get("skip", 0)), _whole(arguments.get("limit", 0))
    found = _fitting(found[skip : skip + limit if limit else None])
    signed = dict(_signed(arguments.get("fields", "")))
    wanted = {name for name, sign in signed.items() if sign != "0"}
    shown = wanted | {"_key"} if wanted else {name for each in found for name in each}
    shown -= {name for name, sign in signed.items() if sign == "0"}
    return [{name: value for name, value in each.items() if name in shown} for each in found]


def _fitting(found: list[Document]) -> list[Document]:
    """As many rows as an answer has."""
    size = 0
    for number, document in enumerate(found[:_MOST_ROWS]):
        size += len(json.dumps(document))
        if size > _MOST_RESULT:
            return found[:number]
    return found[:_MOST_ROWS]


def _signed(text: Any) -> list[tuple[str, str]]:
    """`a,b:0` as names with what stands behind their colon."""
    parts = [each.partition(":") for each in str(text).split(",") if each]
    return [(name, sign) for name, _, sign in parts]


def _rank(value: Any) -> tuple[str, Any]:
    """Numbers among numbers, the rest as text."""
    return ("", value) if isinstance(value, (int, float)) else ("text", str(value))


def _whole(text: Any) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise Refused(400, f"{text!r} is no number") from error


def _query(question: Question) -> Any:
    return _parsed(question.arguments.get("query", "{}"))


def _list_in(question: Question) -> list[Any]:
    value = _json_in(question)
    if not isinstance(value, list) or len(value) > _MOST:
        raise Refused(400, f"A batch is a list of at most {_MOST}")
    if len(question.request.body) > _MOST_SAVED:
        raise Refused(400, f"A batch is {_MOST_SAVED // _MB} MB at most")
    return value


def _json_in(question: Question) -> Any:
    if question.request.content_type.partition(";")[0].strip() != "application/json":
        raise Refused(400, "The content type has to be application/json")
    return _parsed(question.request.body)


def _document(value: Any) -> Document:
    if not isinstance(value, dict):
        raise Refused(400, "A document is a JSON object")
    if len(json.dumps(value)) > _MOST_DOCUMENT:
        raise Refused(400, f"A document is {_MOST_DOCUMENT // _MB} MB at most")
    return value


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refused(400, f"Cannot parse JSON: {error}") from error


def _told(value: Any, status: int = 200) -> Answer:
    return Answer(status, body=json.dumps(value).encode())
