"""HTTP/1.1 as the emulator reads and writes it: a request, an answer, and nothing that a fault could not bend.

Rules: no socket and no clock in here. An answer is rendered whole; where it is to arrive truncated, it declares the
length of the whole and carries a part.
"""

from __future__ import annotations

import http.client
import json
from http import HTTPStatus
from typing import Any, BinaryIO, Mapping, NamedTuple, Optional
from urllib.parse import parse_qsl, urlsplit

_LONGEST_LINE = 65536
_LONGEST_BODY = 1 << 20


class BadRequest(Exception):
    """What arrived is not HTTP."""


class Request(NamedTuple):
    """One request."""

    method: str
    target: str
    headers: http.client.HTTPMessage
    body: bytes
    peer: str

    @property
    def path(self) -> str:
        """The path, without the query."""
        return urlsplit(self.target).path

    @property
    def raw_query(self) -> str:
        """The query as it was written."""
        return urlsplit(self.target).query

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; an empty one is kept, of a repeated one the last counts."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The body's fields, where it is a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def host(self) -> str:
        """The Host that the client named."""
        return str(self.headers.get("Host", ""))

    @property
    def authorization(self) -> tuple[str, str]:
        """Kind and credentials of the Authorization header, both empty without one."""
        kind, _, credentials = str(self.headers.get("Authorization", "")).partition(" ")
        return kind, credentials.strip()

    @property
    def content_type(self) -> str:
        """The media type of the body, without parameters."""
        return str(self.headers.get("Content-Type", "")).partition(";")[0].strip().lower()

    @property
    def wants_close(self) -> bool:
        """Whether the client expects the connection to end with the answer."""
        return "close" in str(self.headers.get("Connection", "")).lower()


class Answer(NamedTuple):
    """One answer; `cut_after` is how much of the body arrives before the connection breaks off."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut_after: Optional[int] = None


def read_request(stream: BinaryIO, peer: str) -> Optional[Request]:
    """The next request, None where the client has nothing more to ask."""
    line = stream.readline(_LONGEST_LINE)
    if not line:
        return None
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest(line[:80])
    try:
        headers = http.client.parse_headers(stream)
        length = int(headers.get("Content-Length") or 0)
    except (http.client.HTTPException, ValueError) as error:
        raise BadRequest(str(error)) from None
    if not 0 <= length <= _LONGEST_BODY:
        raise BadRequest(f"a body of {length} bytes")
    return Request(words[0], words[1], headers, stream.read(length), peer)


def json_answer(status: int, tree: Any, indent: Optional[int] = None) -> Answer:
    """An answer whose body is JSON."""
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(tree, indent=indent).encode())


def render_head(status: int, headers: Mapping[str, str]) -> bytes:
    """The status line and the headers."""
    reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def render(answer: Answer) -> bytes:
    """The answer's bytes, as many as are to arrive."""
    head = render_head(answer.status, {**answer.headers, "Content-Length": str(len(answer.body))})
    return head + answer.body[: answer.cut_after]


def chunk(payload: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(payload), payload)


LAST_CHUNK = b"0\r\n\r\n"
