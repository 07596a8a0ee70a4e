"""From a path of splunkweb to what answers it.

Rules: everything lies under /en-US; views need a session and send who has none to the login; static files, the
configuration and the login need none. `/static/@<n>/...` is `/static/...`: the number only keeps caches apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Callable, Optional
from urllib.parse import urlsplit
from xml.etree import ElementTree

from tests.splunkd.conf.layers import Confs
from tests.splunkd.switches import Switches
from tests.splunkd.web import scripts
from tests.splunkd.web.files import give
from tests.splunkd.web.login import Login
from tests.splunkd.web.page import ROOT, Page, Visit, redirect, sentence
from tests.splunkd.web.proxy import Proxy
from tests.splunkd.web.views import Views

_RAW = f"{ROOT}/splunkd/__raw"
_APP = re.compile(rf"{ROOT}/app/([^/]+)")


class Site:
    """All of splunkweb."""

    def __init__(
        self, confs: Confs, login: Login, proxy: Proxy, switches: Switches, studio: Optional[Path] = None
    ) -> None:
        """`studio` is the folder of a renderer for Dashboard Studio's views."""
        self._confs = confs
        self._login = login
        self._proxy = proxy
        self._views = Views(confs, studio, lambda: switches.theme)
        self._switches = switches

    def answer(self, visit: Visit) -> Page:
        """A page for anything."""
        if visit.path.startswith(f"{_RAW}/"):
            return self._proxy.answer(visit, visit.path[len(_RAW) :])
        segments = [segment for segment in visit.segments if segment]
        if segments[1:] == ["account", "login"] and visit.method == "POST":
            return self._login.answer(visit)
        if not visit.reading:
            return sentence(405, "Method Not Allowed")
        if not segments:
            return redirect(f"{ROOT}/")
        if segments == ["favicon.ico"]:
            return Page(204)
        if segments[0] != ROOT.strip("/"):
            return sentence(404, "There is no such page.")
        try:
            return self._page(visit, segments[1:])
        except ElementTree.ParseError as error:
            return sentence(500, f"A view or the navigation of the app is no XML: {error}")

    def _page(self, visit: Visit, segments: list[str]) -> Page:
        if segments[:1] == ["static"]:
            rest = segments[2:] if segments[1:] and segments[1].startswith("@") else segments[1:]
            return self._static(rest)
        open_pages: dict[str, Callable[[], Page]] = {
            "account/login": lambda: self._login.answer(visit),
            "account/logout": lambda: self._login.logout(visit),
            "config": lambda: self._config(visit),
            "i18ncatalog": scripts.catalog,
        }
        page = open_pages.get("/".join(segments))
        if page is not None:
            return page()
        if self._login.session_of(visit) is None:
            return self._login.first(visit)
        if not segments:
            return self._views.home()
        if segments[0] == "app" and len(segments) == 2:
            return self._views.enter(segments[1])
        if segments[0] == "app" and len(segments) == 3:
            return self._views.show(segments[1], segments[2])
        return sentence(404, "There is no such page.")

    def _static(self, path: Sequence[str]) -> Page:
        if path[:1] == ["app"] and len(path) > 2 and path[1] in self._confs.apps():
            return give(self._confs.app_home(path[1]) / "appserver" / "static", path[2:])
        if path[:1] == ["studio"] and len(path) == 2:
            return self._views.renderer(path[1])
        theme = self._switches.theme
        made: dict[str, Callable[[], Page]] = {
            "js/i18n.js": scripts.translation,
            "build/api/get_theme.js": lambda: scripts.theme(theme),
            "build/api/layout.js": lambda: scripts.layout(self._views.navigations(), "light"),
            "build/api/layout-dark.js": lambda: scripts.layout(self._views.navigations(), "dark"),
            "build/api/layout-modern-nav.js": lambda: scripts.layout(self._views.navigations(), theme),
        }
        page = made.get("/".join(path))
        return page() if page is not None else sentence(404, "There is no such file.")

    def _config(self, visit: Visit) -> Page:
        session = self._login.session_of(visit)
        app = _APP.match(urlsplit(visit.headers.get("referer", "")).path)
        return scripts.config(visit.port, session.user if session else "", app.group(1) if app else "")
