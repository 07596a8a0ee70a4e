"""The endpoints behind the pages: splunkd's persistent request in, JSON of the shape UCC's pages read out.

Rules: everything is done with the caller's own session. A request is looked at in this order: its size; for POST and
DELETE the caller's capability, which splunkd checks, too (`restmap.conf`), and without which nothing else is looked at;
the size of each field; what the collection has to say of the form, a connection test included. Only then the change is
made, one at a time: what takes long holds nobody up. An answer never holds a secret; what went wrong is one sentence with a
status. The shape of the request is that of splunkd's persistent scripts (restmap.conf.spec); the shape of the answer is
splunkd's own JSON."""

from __future__ import annotations

import json
import logging
from typing import Any, Callable, ContextManager, Dict, List, Mapping, NamedTuple, Protocol, Tuple
from urllib.parse import quote, unquote

from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal, Refused, RestartNeeded, Retryable, Undecipherable
from falcon_streams.pages.writable_splunkd import WritableSplunkd
from falcon_streams.splunk.splunkd import APP, SCHEME

LOG = logging.getLogger(__name__)
MASK = "******"
SECRETS = "edit_storage_passwords"  # capabilities; those for inputs are decision 0014's
INPUTS = (f"edit_modinput_{SCHEME}", "edit_scripted", SECRETS)
MAX_REQUEST = 256 * 1024  # characters
MAX_FIELD = 16 * 1024  # characters; lists of event types are the longest


class Request(NamedTuple):
    """One request of a page. `endpoint` as matched, `name` empty for the collection."""

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
"""Makes a checked change and tells what came of it; Refused 409 where somebody else was faster."""


class Collection(Protocol):
    """What lies behind one endpoint. Its methods raise any error of ours."""

    needs: Tuple[str, ...]
    """Capabilities of which a caller needs one to change anything."""

    def entries(self) -> List[Entry]:
        """All objects."""

    def entry(self, name: str) -> Entry:
        """One object; Refused 404 where there is none."""

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        """Check a form, and find out what takes time; nothing is changed yet. Refused 409 or 404 where the name is
        taken or unknown."""

    def delete(self, name: str) -> None:
        """Remove one."""


Collections = Mapping[str, Callable[[WritableSplunkd], Collection]]


class Endpoints:
    """Answers requests out of collections, by the name of their endpoint."""

    def __init__(self, collections: Collections, lock: ContextManager[object]) -> None:
        """`lock` is held while something is changed."""
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
        except Exception as error:  # a fault of ours: its place goes to the log, no text that could hold a secret
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
    """splunkd's request. Raises Refused 400 where it is none, 413 where it is too large to be one of ours."""
    if len(document) > MAX_REQUEST:
        raise Refused(413, f"the request is larger than {MAX_REQUEST // 1024} KiB: shorten what you have entered")
    try:
        tree = json.loads(document)
        path = [part for part in str(tree["rest_path"]).split("/") if part]
        endpoint, rest = path[0], "/".join(unquote(part) for part in path[1:])
        form = {str(name): str(value) for name, value in tree.get("form") or () if name != "output_mode"}
        session_key, server_uri = str(tree["session"]["authtoken"]), str(tree["server"]["rest_uri"])
        method = str(tree["method"]).upper()
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise Refused(400, "splunkd's request cannot be read") from None
    return Request(method, endpoint, rest, form, session_key, server_uri)


def refuse_long_fields(form: Mapping[str, str]) -> None:
    """Refused 413 where a field is too long for any setting."""
    for field, value in form.items():
        if len(value) > MAX_FIELD:
            raise Refused(413, f"{tidy(field)} is longer than {MAX_FIELD // 1024} KiB: shorten it")


def without(form: Mapping[str, str], *fields: str) -> Dict[str, str]:
    """A copy of a form that lacks these fields."""
    return {field: value for field, value in form.items() if field not in fields}


def entered_secret(form: Mapping[str, str], field: str) -> str:
    """The secret of a form; what a page shows in its place is no secret, nor is the line end of a file."""
    secret = form.get(field, "").rstrip("\r\n")
    return secret if secret.strip("* ") else ""


def require_capability(splunkd: WritableSplunkd, *any_of: str) -> None:
    """Refused 403 where the caller has none of these capabilities."""
    if splunkd.capabilities.isdisjoint(any_of):
        raise Refused(403, _may_not(f"do this: it takes the capability {' or '.join(any_of)}"))


def require_write_permission(may_write: bool) -> None:
    """Refused 403 where splunkd says that the caller may not write."""
    if not may_write:
        raise Refused(403, _may_not("save this: it takes write permission on this app"))


def taken(what: str) -> Refused:
    """The refusal of a name that something has already."""
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
