"""The add-on's collection in the KV store: documents by key, over the REST endpoints of a management port.

Rules: the collection belongs to the app, its owner is `nobody`. It is either this instance's, with the input's own
session key, or that of a search head cluster which several forwarders share, with an authentication token; then the
certificate is always verified. A call takes four seconds at most, so that a stop gets through. A bad answer or none is
Retryable, with a sentence that says what to do. A refused session key asks for a new start; a refused token is read
again. An empty collection answers 200 with an empty list, a write with the keys that were written. A proxy's page, a
redirect, or an empty body is neither, and proves nothing.

Many documents go in several calls, each far below what splunkd takes and gives at once (limits.conf, `[kvstore]`: 1,000
documents and 50 MB for `batch_save`, 50,000 rows and 50 MB for an answer, which it cuts without a word) and small
enough for four seconds.
"""

from __future__ import annotations

import json
import ssl
from functools import partial
from http.client import HTTPException
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence
from urllib.parse import urlsplit

from splunklib import binding

from falcon_streams.errors import Fatal, RestartNeeded, Retryable
from falcon_streams.splunk.accounts import SETTINGS_CONF
from falcon_streams.splunk.settings import Values, check_stanza, stanza_schema
from falcon_streams.splunk.splunkd import APP, Splunkd, quoted
from falcon_streams.splunk.stored_secret import Adopt, checkpoint_token, leave_unmarked
from falcon_streams.trust import make_trust, refusal

COLLECTION = "falcon_event_streams_checkpoints"
ROLE = "falcon_event_streams_checkpoint"
SECONDS = 4.0
_DATA = f"storage/collections/data/{COLLECTION}"
_CA_BUNDLE = "the ca_bundle of [checkpoint]"
_OTHER_NAME = (
    "set management_uri to a host name in the certificate's subjectAltName, or give that splunkd a certificate that "
    "names this host"
)
_ANSWERS = {"get": (200,), "post": (200, 201), "delete": (200,)}
_JSON = [("Content-Type", "application/json")]
_MOST_DOCUMENTS, _MOST_BYTES = 250, 1_000_000  # of one call
_MOST_PAGES = 400

Document = Dict[str, Any]
Connect = Callable[[], binding.Context]


class KvStore:
    """The documents of the collection."""

    def __init__(self, connect: Connect, where: str, *, own: bool) -> None:
        """`connect` makes a connection's context, again after a refusal; `where` names the store for an admin; `own`
        says that it takes the session key of this instance."""
        self._connect = connect
        self._where = where
        self._own = own
        self._context: Optional[binding.Context] = None

    def find(self, query: Mapping[str, Any], fields: Sequence[str] = ()) -> List[Document]:
        """All documents that match, with these fields or all."""
        chosen = {"fields": ",".join(fields)} if fields else {}
        return self._find(query, limit=0, **chosen)

    def find_many(self, query: Mapping[str, Any], by: str) -> Iterator[Document]:
        """All documents that match, however many, in the order of their field `by`: a text of its own in each document,
        and nothing is found without it."""
        last = ""
        for _ in range(_MOST_PAGES):
            page = self._find({**query, by: {"$gt": last}}, limit=_MOST_DOCUMENTS, sort=by)
            yield from page
            if not page:
                return
            last = str(page[-1].get(by))
        most = _MOST_PAGES * _MOST_DOCUMENTS
        raise Retryable(
            f"{self._where} has more than {most:,} documents of this input: check who may write the collection"
        )

    def _find(self, query: Mapping[str, Any], **options: Any) -> List[Document]:
        found = self._call("get", _DATA, query=json.dumps(query), output_mode="json", **options)
        if not isinstance(found, list) or not all(isinstance(document, dict) for document in found):
            raise self._no_answer()
        return found

    def insert(self, document: Document) -> bool:
        """Add a document; False if its key exists already."""
        try:
            self._write(_DATA, document, {"_key": document["_key"]})
        except Retryable as error:
            if error.status == 409:
                return False
            raise
        return True

    def replace(self, document: Document) -> None:
        """Replace the document with this key, which must exist."""
        self._write(f"{_DATA}/{quoted(document['_key'])}", document, {"_key": document["_key"]})

    def save(self, documents: Sequence[Document]) -> None:
        """Store documents, and replace those with the same keys. If it fails, some may be stored."""
        for batch in _batches(documents):
            self._write(f"{_DATA}/batch_save", batch, [document["_key"] for document in batch])

    def remove(self, key: str) -> None:
        """Remove a document if it is there."""
        try:
            self._call("delete", f"{_DATA}/{quoted(key)}")
        except Retryable as error:
            if error.status != 404:
                raise

    def remove_all(self, query: Mapping[str, Any]) -> None:
        """Remove the documents that match."""
        self._call("delete", _DATA, query=json.dumps(query))

    def _write(self, path: str, body: Any, expected: Any) -> None:
        """Post JSON. Raises Retryable if the answer is not the `expected` keys."""
        if self._call("post", path, headers=_JSON, body=json.dumps(body)) != expected:
            raise self._no_answer()

    def _no_answer(self, status: int = 200) -> Retryable:
        remedy = "make sure that no proxy or other server answers at management_uri"
        return Retryable(f"{self._where} answered {status}, but not as a KV store does: {remedy}")

    def _call(self, method: str, path: str, **options: Any) -> Any:
        try:
            context = self._context = self._context or self._connect()  # another thread may reset it meanwhile
            answer = getattr(context, method)(binding.UrlEncoded(path, skip_encode=True), **options)
            body = answer.body.read()
        except binding.AuthenticationError:
            raise self._refused(401) from None
        except binding.HTTPError as error:
            raise self._refused(error.status) from None
        except ssl.SSLCertVerificationError as error:
            raise Retryable(f"{self._where}: {refusal(error, _CA_BUNDLE, _OTHER_NAME)}") from None
        except (OSError, ValueError, HTTPException) as error:
            raise Retryable(f"{self._where} does not answer ({type(error).__name__})") from None
        if answer.status not in _ANSWERS[method]:
            raise self._no_answer(answer.status)
        try:
            return json.loads(body, parse_int=_whole_number) if body or method != "delete" else None
        except (ValueError, RecursionError):
            raise self._no_answer(answer.status) from None

    def _refused(self, status: int) -> Exception:
        if status == 401:
            if self._own:
                return RestartNeeded("splunkd no longer accepts this input's session key")
            self._context = None
        remedy = _REMEDIES.get(status, "look at its log")
        return Retryable(f"{self._where} answered {status}: {remedy}", status=status)


def _batches(documents: Sequence[Document]) -> Iterator[List[Document]]:
    """The documents in portions for one call each."""
    batch: List[Document] = []
    size = 0
    for document in documents:
        more = len(json.dumps(document))
        if batch and (len(batch) >= _MOST_DOCUMENTS or size + more > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += more
    if batch:
        yield batch


def _whole_number(digits: str) -> Optional[int]:
    # Python refuses to convert thousands of digits, and one such document would hide all others.
    return int(digits) if len(digits) <= 20 else None


_REMEDIES = {
    401: "its token is wrong, expired or disabled; enter a new one on the Configuration page, under Checkpoints",
    403: f"the token's user may not use the collection {COLLECTION}; give it the role {ROLE}",
    404: "the collection does not exist; install this add-on there as well, and make sure its KV store is not disabled",
    503: "it is starting, or has no majority; this input goes on when it is back",
}


def open_kvstore(splunkd: Splunkd, adopt: Adopt = leave_unmarked) -> KvStore:
    """The KV store for checkpoints: that of the search head cluster in `[checkpoint]`, otherwise that of this instance.
    Raises Fatal with one sentence."""
    raw = splunkd.stanza(SETTINGS_CONF, "checkpoint") or {}
    values = check_stanza(stanza_schema("settings", "checkpoint"), "checkpoint", raw)
    if "management_uri" not in values:
        return own_store(splunkd)
    return shared_store(values["management_uri"], values.get("ca_bundle"), partial(_read_token, splunkd, values, adopt))


def _read_token(splunkd: Splunkd, values: Values, adopt: Adopt) -> str:
    stored = checkpoint_token()
    try:
        token = stored.read_for(splunkd, values, adopt)
    except Fatal as error:  # in the middle of a run, and an admin can solve it
        raise Retryable(str(error)) from None
    if not token:
        raise Retryable(
            "[checkpoint] management_uri has no token. Enter it on the Configuration page, or store it in "
            f"storage/passwords under realm {stored.realm}, user {stored.user}"
        )
    return token


def own_store(splunkd: Splunkd) -> KvStore:
    """The KV store of the instance that runs this input."""
    return KvStore(lambda: splunkd.context(SECONDS), "the KV store of this instance", own=True)


def shared_store(management_uri: str, ca_bundle: Optional[str], read_token: Callable[[], str]) -> KvStore:
    """The KV store that several forwarders share, at a checked address. `read_token` reads its token, again after a
    refusal. Raises Fatal for an unusable CA bundle."""
    trust = make_trust(ca_bundle or "", "[checkpoint] ca_bundle")
    parts = urlsplit(management_uri)

    def connect() -> binding.Context:
        return binding.Context(
            handler=binding.handler(timeout=SECONDS, verify=True, context=trust),
            scheme="https",
            host=parts.hostname,
            port=parts.port or 8089,
            splunkToken=read_token(),
            owner="nobody",
            app=APP,
        )

    return KvStore(connect, f"the KV store at {parts.hostname}", own=False)
