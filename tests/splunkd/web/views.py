"""The views of the apps: which there are, how they are labelled, and what each looks like.

Rules (the app's data/ui/views and data/ui/nav): a file in local/ beats the one in default/; the navigation's default
view is the one with `default="true"`, else the first it names. A view `<view template="<app>:/<path>" type="html">` is
the file of that app's appserver folder, as it is: splunkweb would run it through Mako, and UCC's template has nothing
for Mako in it.

A Dashboard Studio view is `<dashboard version="2">` with its definition as JSON in `<definition>`: it is handed, as it
is, to a renderer (`studio.js`, `studio.css`) that the stand-in was given; splunkweb brings one of its own. Simple XML
is not shown: it needs splunkweb's own JavaScript.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Callable, NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree

from tests.splunkd.conf.layers import Confs
from tests.splunkd.web.files import give, within
from tests.splunkd.web.page import ROOT, Page, redirect, sentence


class Link(NamedTuple):
    """One entry of an app's navigation."""

    label: str
    href: str


class Views:
    """Read from the apps' folders at every question."""

    def __init__(self, confs: Confs, studio: Path | None, theme: Callable[[], str]) -> None:
        """`studio` is the folder of the renderer, None where there is none."""
        self._confs = confs
        self._studio = studio
        self._theme = theme

    def home(self) -> Page:
        """To the first app that has something to show."""
        for app in self._confs.apps():
            if next(self._named(app), None) is not None:
                return redirect(_address(app))
        return sentence(404, "No app has a navigation with a view in it.")

    def enter(self, app: str) -> Page:
        """To an app's default view."""
        named = list(self._named(app))
        if not named:
            return sentence(404, f"The app {app} has no navigation with a view in it.")
        view = next((name for name, default in named if default), named[0][0])
        return redirect(f"{_address(app)}/{quote(view, safe='')}")

    def show(self, app: str, view: str) -> Page:
        """A view of an app."""
        root = self._read(app, "views", view)
        if root is None:
            return sentence(404, f"The app {app} has no view {view}.")
        return self._shown(app, view, root)

    def navigations(self) -> dict[str, list[Link]]:
        """What each app's navigation links to; apps without one are not in it."""
        found = {app: list(self._links(app)) for app in self._confs.apps()}
        return {app: links for app, links in found.items() if links}

    def _shown(self, app: str, view: str, root: ElementTree.Element) -> Page:
        template = root.get("template", "")
        if root.tag == "view" and root.get("type") == "html" and template:
            return self._template(template)
        if root.tag == "dashboard" and root.get("version") == "2" and self._studio is not None:
            return self._dashboard(root)
        return sentence(404, f"The view {view} of {app} is a <{root.tag}>: this stand-in does not show those.")

    def renderer(self, name: str) -> Page:
        """A file of the renderer."""
        return give(self._studio, [name]) if self._studio is not None else sentence(404, "There is no such file.")

    def _dashboard(self, root: ElementTree.Element) -> Page:
        definition = (root.findtext("definition") or "").strip().replace("</", "<\\/")
        theme = self._theme()
        label = html.escape(root.findtext("label") or "")
        text = f"""<!DOCTYPE html>
<html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>{label}</title>
<link rel="stylesheet" href="{ROOT}/static/@1/studio/studio.css">
<script src="{ROOT}/config?autoload=1"></script>
<script src="{ROOT}/static/@1/js/i18n.js"></script></head>
<body style="margin: 0; background: {"#ffffff" if theme == "light" else "#171d21"}">
<script id="definition" type="application/json">{definition}</script>
<div id="root"></div>
<script src="{ROOT}/static/@1/studio/studio.js"></script></body></html>
"""
        return Page(200, text.encode("utf-8"))

    def _template(self, template: str) -> Page:
        owner, _, path = template.partition(":")
        if owner not in self._confs.apps():
            return sentence(404, f"There is no app {owner} for the template {template}.")
        return give(self._confs.app_home(owner) / "appserver", path.strip("/").split("/"))

    def _links(self, app: str) -> Iterator[Link]:
        navigation = self._read(app, "nav", "default")
        for element in navigation.iter() if navigation is not None else ():
            name, href = element.get("name"), element.get("href")
            if element.tag == "view" and name:
                yield Link(self._label(app, name), f"{_address(app)}/{quote(name, safe='')}")
            elif element.tag == "a" and href:
                yield Link("".join(element.itertext()).strip(), href)

    def _label(self, app: str, view: str) -> str:
        root = self._read(app, "views", view)
        label = root.findtext("label") if root is not None else None
        return (label or view).strip()

    def _named(self, app: str) -> Iterator[tuple[str, bool]]:
        navigation = self._read(app, "nav", "default")
        for element in navigation.iter("view") if navigation is not None else ():
            if element.get("name"):
                yield element.get("name", ""), element.get("default") == "true"

    def _read(self, app: str, kind: str, name: str) -> ElementTree.Element | None:
        """A file of the app's user interface; one that is no XML is a fault of the app and raises ParseError."""
        if app not in self._confs.apps():
            return None
        for layer in ("local", "default"):
            path = within(self._confs.app_home(app) / layer / "data" / "ui" / kind, [f"{name}.xml"])
            if path is not None:
                return ElementTree.fromstring(path.read_bytes())
        return None


def _address(app: str) -> str:
    return f"{ROOT}/app/{quote(app, safe='')}"
