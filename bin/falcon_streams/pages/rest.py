"""A request of a page, from splunkd's document to the answer.

splunkd hands over what it gives to persistent scripts (restmap.conf.spec). The answer is JSON of splunkd's own shape,
which UCC's pages read.

Rules:

- Every call of splunkd has the caller's own session.
- The checks come in this order: the size of the request; for POST and DELETE the caller's capability, which splunkd
  checks too (`restmap.conf`); the size of each field; what the collection says about the form, the connection test
  included. Whoever fails a check learns nothing from the next one.
- The change comes last, under the lock, one at a time. Checks may take long, so they run before the lock.
- An answer never holds a secret. A refusal is one sentence with a status.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Callable, ContextManager, Dict, List, Mapping, NamedTuple, Protocol, Tuple
from urllib.parse import quote, unquote

from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal, Refused, RestartNeeded, Retryable, Undecipherable
from falcon_streams.splunk.splunkd import APP, SCHEME
from falcon_streams.splunk.writable_splunkd import WritableSplunkd

LOG = logging.getLogger(__name__)
MASK = "******"
SECRETS = "edit_storage_passwords"  # a capability
INPUTS = (f"edit_modinput_{SCHEME}", "edit_scripted", SECRETS)  # decision record 0014
MAX_REQUEST = 256 * 1024  # characters
MAX_WITH_DOCUMENT = 8 * 1024 * 1024  # characters; two thousand records of child tenants, encoded as a form, are half
MAX_FIELD = 16 * 1024  # characters; lists of event types are the longest
DOCUMENT = "document"  # the one field that may be so long: records of an input from another machine


class Request(NamedTuple):
    """One request of a page. `endpoint` is its name in restmap.conf; `name` is empty for the whole collection."""

    method: str
    endpoint: str
    name: str
    form: Mapping[str, str]
    session_key: str
    server_uri: str


class Entry(NamedTuple):
    """One object of an answer."""

    name: str
    content: Mapping[str, object]


Change = Callable[[], Entry]
"""Makes a checked change and returns the object as it is now. Refused 409 if somebody else was faster."""


class Collection(Protocol):
    """The objects behind one endpoint. The methods raise any error of ours."""

    needs: Tuple[str, ...]
    """A caller needs one of these capabilities to change anything."""

    def entries(self) -> List[Entry]:
        """All objects."""

    def entry(self, name: str) -> Entry:
        """One object. Refused 404 if there is none."""

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        """Check a form and change nothing yet. Refused 409 if a new name is taken, 404 if another is unknown."""

    def delete(self, name: str) -> None:
        """Remove one object."""


Collections = Mapping[str, Callable[[WritableSplunkd], Collection]]


class Endpoints:
    """Answers requests. Each endpoint has a collection."""

    def __init__(self, collections: Collections, lock: ContextManager[object]) -> None:
        """`lock` is held during a change."""
        self._collections = collections
        self._lock = lock

    def answer(self, document: str) -> Dict[str, Any]:
        """splunkd's request document in, its answer document out: status, payload, headers."""
        try:
            request = read_request(document)
            return _page(request, self._serve(request))
        except Refused as error:
            return _refusal(error.status, str(error))
        except (Fatal, Undecipherable) as error:
            return _refusal(400, str(error))
        except RestartNeeded:
            return _refusal(401, "your session has ended: log in again")
        except Retryable as error:
            status = error.status if error.status in (401, 403) else 503
            return _refusal(status, _may_not("read this") if status == 403 else str(error))
        except Exception as error:  # a fault of ours: the log gets its place, not its text, which may hold a secret
            LOG.exception("unexpected_error")
            return _refusal(500, f"this add-on has failed ({type(error).__name__}): see splunkd.log or python.log")

    def _serve(self, request: Request) -> List[Entry]:
        make = self._collections.get(request.endpoint)
        if make is None:
            raise Refused(404, "there is no such endpoint")
        splunkd = WritableSplunkd(request.server_uri, request.session_key)
        collection = make(splunkd)
        if request.method == "GET":
            return [collection.entry(request.name)] if request.name else collection.entries()
        require_capability(splunkd, *collection.needs)
        refuse_long_fields(request.form)
        if request.method == "POST":
            return [self._save(request, collection)]
        if request.method != "DELETE" or not request.name:
            raise Refused(405, f"{request.method} is not possible here")
        with self._lock:
            collection.delete(request.name)
            return collection.entries()

    def _save(self, request: Request, collection: Collection) -> Entry:
        name = request.name or request.form.get("name", "")
        change = collection.prepare(name, without(request.form, "name"), new=not request.name)
        with self._lock:
            return change()


def read_request(document: str) -> Request:
    """splunkd's request. Refused 400 if it cannot be read, 413 if it is too large to come from our pages."""
    if len(document) > MAX_WITH_DOCUMENT:
        raise _too_large(MAX_WITH_DOCUMENT)
    try:
        tree = json.loads(document)
        path = [part for part in str(tree["rest_path"]).split("/") if part]
        endpoint, rest = path[0], "/".join(unquote(part) for part in path[1:])
        form = {str(name): str(value) for name, value in tree.get("form") or () if name != "output_mode"}
        session_key, server_uri = str(tree["session"]["authtoken"]), str(tree["server"]["rest_uri"])
        method = str(tree["method"]).upper()
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise Refused(400, "splunkd's request cannot be read") from None
    if len(document) > MAX_REQUEST and DOCUMENT not in form:
        raise _too_large(MAX_REQUEST)
    return Request(method, endpoint, rest, form, session_key, server_uri)


def _too_large(most: int) -> Refused:
    return Refused(413, f"the request is larger than {most // 1024} KiB: shorten what you have entered")


def refuse_long_fields(form: Mapping[str, str]) -> None:
    """Refused 413 if a field is too long for any setting."""
    for field, value in form.items():
        if len(value) > MAX_FIELD and field != DOCUMENT:
            raise Refused(413, f"{tidy(field)} is longer than {MAX_FIELD // 1024} KiB: shorten it")


def without(form: Mapping[str, str], *fields: str) -> Dict[str, str]:
    """A copy of a form without these fields."""
    return {field: value for field, value in form.items() if field not in fields}


def entered_secret(form: Mapping[str, str], field: str) -> str:
    """The secret in a form, empty if there is none. The mask that a page shows is no secret, and the line end of a
    file is no part of one."""
    secret = form.get(field, "").rstrip("\r\n")
    return secret if secret.strip("* ") else ""


def require_capability(splunkd: WritableSplunkd, *any_of: str) -> None:
    """Refused 403 if the caller has none of these capabilities."""
    if splunkd.capabilities.isdisjoint(any_of):
        raise Refused(403, _may_not(f"do this: it takes the capability {' or '.join(any_of)}"))


def require_write_permission(may_write: bool) -> None:
    """Refused 403 if splunkd says that the caller may not write."""
    if not may_write:
        raise Refused(403, _may_not("save this: it takes write permission on this app"))


def taken(what: str) -> Refused:
    """The refusal of a name that is in use."""
    return Refused(409, f"{what} exists already. Edit it, or choose another name")


def _may_not(what: str) -> str:
    return f"you may not {what}. Ask a Splunk admin for it"


def _page(request: Request, entries: List[Entry]) -> Dict[str, Any]:
    base = f"/servicesNS/nobody/{APP}/{request.endpoint}"
    tree = {
        "links": {"create": f"{base}/_new"},
        "origin": base,
        "entry": [_rendered(base, entry) for entry in entries],
        "paging": {"total": len(entries), "perPage": len(entries), "offset": 0},
        "messages": [],
    }
    created = request.method == "POST" and not request.name
    return _document(201 if created else 200, tree)


def _rendered(base: str, entry: Entry) -> Dict[str, object]:
    address = f"{base}/{quote(entry.name, safe='')}"
    return {
        "name": entry.name,
        "id": address,
        "links": {"alternate": address, "list": address, "edit": address, "remove": address},
        "author": "nobody",
        "acl": {"app": APP, "owner": "nobody", "sharing": "app", "can_write": True, "removable": True},
        "content": dict(entry.content),
    }


def _refusal(status: int, sentence: str) -> Dict[str, Any]:
    return _document(status, {"messages": [{"type": "ERROR", "text": sentence}]})


def _document(status: int, tree: object) -> Dict[str, Any]:
    headers: Tuple[Tuple[str, str], ...] = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
    return {"status": status, "payload": json.dumps(tree), "headers": dict(headers)}
