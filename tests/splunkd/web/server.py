"""The HTTP server in front of the site.

Rules: plain HTTP as splunkweb is by default; every answer has splunkweb's X-Frame-Options and X-Content-Type-Options;
nothing is cached, so that a test sees what it changed.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from tests.splunkd.rest.exchange import pairs
from tests.splunkd.web.page import Page, Visit, sentence
from tests.splunkd.web.site import Site
from tests.splunkd.wire import Conversation, Listener

_SECURITY = (("X-Frame-Options", "SAMEORIGIN"), ("X-Content-Type-Options", "nosniff"))


class WebServer(Listener):
    """splunkweb's port."""

    def __init__(self, port: int, site: Site) -> None:
        super().__init__(port, _Browsing)
        self.site = site

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Browsing(Conversation):
    server: WebServer

    def respond(self) -> None:
        page = self._page(self.body())
        self.send(page.status, page.content_type, page.body, (*_SECURITY, *page.headers))

    def _page(self, body: bytes | None) -> Page:
        if body is None:
            return sentence(413, "Content-Length too large")
        address = urlsplit(self.path)
        visit = Visit(
            self.command,
            address.path,
            pairs(address.query),
            {name.lower(): value for name, value in self.headers.items()},
            self._cookies(),
            body,
            self.client_address[0],
            self.server.port,
        )
        return self.server.site.answer(visit)

    def _cookies(self) -> dict[str, str]:
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("Cookie", "")).items()}
        except CookieError:
            return {}
