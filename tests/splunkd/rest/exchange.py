"""One question and one answer of splunkd's REST, before HTTP and after it.

Rules ("REST API user manual", splunklib.binding): `/services/...` and `/servicesNS/<owner>/<app>/...` name the same
things, the latter in a namespace, where `-` stands for any; arguments come in the query or as a form; the answer is an
Atom feed, or JSON where `output_mode=json`; an error is a list of messages with a type and a text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape, quoteattr

from tests.splunkd.rest.sessions import Session

_DEFAULT_COUNT = 30  # "count: 30" ("Pagination and filtering parameters", REST API reference)
_ATOM = "http://www.w3.org/2005/Atom"
_REST = "http://dev.splunk.com/ns/rest"
_OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, text: str, kind: str = "ERROR") -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.kind = kind


Pairs = tuple[tuple[str, str], ...]

_FORM = "application/x-www-form-urlencoded"


class Request(NamedTuple):
    """A request as it came in: `path` still percent-encoded, arguments in their order and as often as they came."""

    method: str
    path: str
    query: Pairs = ()
    form: Pairs = ()
    body: bytes = b""
    authorization: str = ""
    source_ip: str = "127.0.0.1"
    content_type: str = ""

    @property
    def arguments(self) -> dict[str, str]:
        """Query and form in one, the last of a name wins."""
        return dict(self.query + self.form)

    @property
    def json(self) -> bool:
        return self.arguments.get("output_mode") == "json"


def pairs(text: str) -> Pairs:
    """The arguments of a query or of a form's body."""
    return tuple(parse_qsl(text, keep_blank_values=True))


def form_pairs(body: bytes, content_type: str) -> Pairs:
    """The arguments of a body, none where it says that it is no form."""
    return pairs(body.decode("utf-8", "replace")) if content_type.partition(";")[0].strip() in ("", _FORM) else ()


class Question(NamedTuple):
    """A request whose session is known to be good; `path` is what follows the namespace, decoded, by segment."""

    method: str
    path: list[str]
    owner: str | None
    app: str | None
    arguments: dict[str, str]
    session: Session
    request: Request

    @property
    def json(self) -> bool:
        return self.arguments.get("output_mode") == "json"

    def settings(self) -> dict[str, str]:
        """The arguments that are meant for the endpoint: a POST's, less what steers the answer."""
        return {name: value for name, value in self.arguments.items() if name != "output_mode"}


class Entry(NamedTuple):
    """One object of an answer; `collection` is the path it is found under, behind the namespace."""

    name: str
    collection: str
    content: Mapping[str, Any]
    app: str = "system"
    removable: bool = False
    actions: tuple[str, ...] = ()
    writable: bool = True


class Answer(NamedTuple):
    """What goes back: entries, or a body as it is."""

    status: int = 200
    entries: list[Entry] | None = None
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: Pairs = ()


def split_path(path: str) -> tuple[str | None, str | None, list[str]]:
    """Owner, app and decoded segments of a path."""
    segments = [unquote(segment) for segment in path.split("/") if segment]
    if segments[:1] == ["services"]:
        return None, None, segments[1:]
    if segments[:1] == ["servicesNS"] and len(segments) >= 3:
        owner, app = (None if name == "-" else name for name in segments[1:3])
        return owner, app, segments[3:]
    return None, None, segments


def page(question: Question, entries: list[Entry]) -> list[Entry]:
    """The part of a list that was asked for."""
    if question.method != "GET":
        return entries
    arguments = question.arguments
    sought = arguments.get("search", "").strip("*")
    if sought:
        name, equals, value = sought.partition("=")
        entries = [
            entry
            for entry in entries
            if (str(entry.content.get(name, "")) == value.strip('"*') if equals else sought in entry.name)
        ]
    offset = int(arguments.get("offset", "0"))
    count = int(arguments.get("count", _DEFAULT_COUNT))
    return entries[offset : offset + count] if count > 0 else entries[offset:]


def render(question_path: str, entries: list[Entry], as_json: bool) -> bytes:
    """A list of entries as the client wants it."""
    return _json_feed(question_path, entries) if as_json else _atom_feed(question_path, entries)


def render_messages(refused: Refused, as_json: bool) -> bytes:
    if as_json:
        return json.dumps({"messages": [{"type": refused.kind, "text": refused.text}]}).encode()
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<response>\n  <messages>\n'
        f"    <msg type={quoteattr(refused.kind)}>{escape(refused.text)}</msg>\n  </messages>\n</response>\n"
    ).encode()


def _links(entry: Entry) -> dict[str, str]:
    base = f"/servicesNS/nobody/{entry.app}/{entry.collection}/{quote(entry.name, safe='')}"
    links = {"alternate": base, "list": base, "edit": base}
    if entry.removable:
        links["remove"] = base
    for action in entry.actions:
        links[action] = f"{base}/{action}"
    return links


def _acl(entry: Entry) -> dict[str, Any]:
    return {
        "app": entry.app,
        "owner": "nobody",
        "sharing": "system" if entry.app == "system" else "app",
        "can_write": entry.writable,
        "modifiable": True,
        "removable": entry.removable,
        "perms": {"read": ["*"], "write": ["admin", "sc_admin"]},
    }


def _json_feed(path: str, entries: list[Entry]) -> bytes:
    told = [
        {
            "name": entry.name,
            "id": _links(entry)["alternate"],
            "author": "nobody",
            "links": _links(entry),
            "acl": _acl(entry),
            "content": {**entry.content, "eai:acl": None},
        }
        for entry in entries
    ]
    feed = {
        "links": {"create": f"{path}/_new"},
        "origin": path,
        "generator": {"build": "stand-in", "version": "10.0.0"},
        "entry": told,
        "paging": {"total": len(entries), "perPage": _DEFAULT_COUNT, "offset": 0},
        "messages": [],
    }
    return json.dumps(feed).encode()


def _atom_feed(path: str, entries: list[Entry]) -> bytes:
    parts = [
        (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="{_ATOM}" xmlns:s="{_REST}" '
            f'xmlns:opensearch="{_OPENSEARCH}">\n<title>{escape(path)}</title><id>{escape(path)}</id>\n'
            f"<opensearch:totalResults>{len(entries)}</opensearch:totalResults>"
            f"<opensearch:itemsPerPage>{_DEFAULT_COUNT}</opensearch:itemsPerPage>"
            "<opensearch:startIndex>0</opensearch:startIndex>\n<s:messages/>\n"
        )
    ]
    for entry in entries:
        links = "".join(f"<link href={quoteattr(href)} rel={quoteattr(rel)}/>" for rel, href in _links(entry).items())
        content = {**entry.content, "eai:acl": _acl(entry)}
        parts.append(
            f"<entry><title>{escape(entry.name)}</title><id>{escape(_links(entry)['alternate'])}</id>"
            f"<author><name>nobody</name></author>{links}"
            f'<content type="text/xml">{_rest_value(content)}</content></entry>\n'
        )
    return "".join([*parts, "</feed>\n"]).encode()


def _rest_value(value: Any) -> str:
    if isinstance(value, Mapping):
        keys = (f"<s:key name={quoteattr(str(name))}>{_rest_value(held)}</s:key>" for name, held in value.items())
        return f"<s:dict>{''.join(keys)}</s:dict>"
    if isinstance(value, (list, tuple)):
        return f"<s:list>{''.join(f'<s:item>{_rest_value(held)}</s:item>' for held in value)}</s:list>"
    if value is None:
        return ""
    return escape(str(int(value)) if isinstance(value, bool) else str(value))
