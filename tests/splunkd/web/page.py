"""One visit of a browser and the page it gets."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from tests.splunkd.rest.exchange import Pairs, form_pairs

ROOT = "/en-US"
_HTML = "text/html; charset=UTF-8"
_JAVASCRIPT = "text/javascript; charset=UTF-8"


class Visit(NamedTuple):
    """A request to splunkweb. `path` is still percent-encoded; names of headers are in small letters."""

    method: str
    path: str
    query: Pairs
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes
    source_ip: str
    port: int

    @property
    def segments(self) -> list[str]:
        """The path's elements, decoded one by one; the last is empty where it ends with a slash."""
        return [unquote(segment) for segment in self.path.split("/")[1:]]

    @property
    def form(self) -> Pairs:
        return form_pairs(self.body, self.headers.get("content-type", ""))

    @property
    def reading(self) -> bool:
        return self.method in ("GET", "HEAD")


class Page(NamedTuple):
    """What goes back."""

    status: int = 200
    body: bytes = b""
    content_type: str = _HTML
    headers: Pairs = ()


def document(title: str, inner: str, status: int = 200) -> Page:
    """A whole HTML page around some HTML."""
    text = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{html.escape(title)}</title></head>\n'
        f"<body>\n{inner}\n</body>\n</html>\n"
    )
    return Page(status, text.encode("utf-8"))


def sentence(status: int, text: str) -> Page:
    """A page that says one thing."""
    return document(f"{status}", f"<p>{html.escape(text)}</p>", status)


def script(text: str) -> Page:
    return Page(200, text.encode("utf-8"), _JAVASCRIPT)


def redirect(address: str, headers: Pairs = ()) -> Page:
    """Go there and GET it."""
    return Page(303, b"", _HTML, (("Location", address), *headers))
