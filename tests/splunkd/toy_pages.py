"""A toy add-on with pages, static files and REST behind them, and a browser without a screen to visit it."""

from __future__ import annotations

from typing import Any

import requests

from tests.splunkd import Splunkd

_HANDLER = """
import json
from splunk.persistconn.application import PersistentServerConnectionApplication

class Echo(PersistentServerConnectionApplication):
    def __init__(self, command_line, command_arg):
        super().__init__()

    def handle(self, in_string):
        told = json.loads(in_string)
        return {"payload": told, "status": 409 if told.get("path_info") == "taken" else 200}
"""
_STANZA = """
[script:{name}]
match = /{name}
script = toy_rest.py
scripttype = persist
handler = toy_rest.Echo
output_modes = json
passPayload = true
{more}
"""
_WEB = """
[expose:toy_thing]
pattern = toy_thing
methods = GET, POST

[expose:toy_thing_one]
pattern = toy_thing/*
methods = GET,POST,DELETE

[expose:toy_guarded]
pattern = toy_guarded
"""
FILES = {
    "bin/toy_rest.py": _HANDLER,
    "default/data/ui/nav/default.xml": (
        '<nav><view name="inputs"/><collection label="More"><view name="configuration" default="true"/></collection>'
        '<view name="studio"/><a href="https://example.invalid/">Help &amp; more</a></nav>'
    ),
    "default/data/ui/views/configuration.xml": (
        '<view template="TA_toy:/templates/base.html" type="html" isDashboard="False">'
        "<label>Set &lt;it&gt; up</label></view>"
    ),
    "default/data/ui/views/inputs.xml": '<view template="TA_toy:/templates/base.html" type="html"/>',
    "default/data/ui/views/outside.xml": '<view template="TA_toy:/../default/app.conf" type="html"/>',
    "default/data/ui/views/studio.xml": '<dashboard version="2"><label>Studio</label></dashboard>',
    "default/data/ui/views/broken.xml": "<view",
    "appserver/templates/base.html": "<!DOCTYPE html><title>Toy ünder ${glass}</title>",
    "appserver/static/js/build/entry_page.js": "export const toy = 1;",
    "appserver/static/js/build/globalConfig.json": "{}",
    "appserver/static/toy.css": "a {}",
    "appserver/static/toy.unheard": "x",
    "appserver/secret.txt": "not static",
}
CONFS = {
    "restmap": "".join(
        _STANZA.format(name=name, more=more)
        for name, more in (("toy_thing", ""), ("toy_hidden", ""), ("toy_guarded", "capability.get = edit_toys"))
    ),
    "web": _WEB,
}
THING = "/en-US/splunkd/__raw/servicesNS/nobody/TA_toy/toy_thing"
STATIC = "/en-US/static/app/TA_toy"


class Browser:
    """A session of plain requests that follows no redirect."""

    def __init__(self, splunkd: Splunkd, user: str | None = "reader") -> None:
        self.uri = splunkd.web_uri
        self.port = splunkd.web_port
        self.session = requests.Session()
        self.session.trust_env = False
        if user:
            assert self.login(user).status_code == 303

    def __call__(self, method: str, path: str, **told: Any) -> requests.Response:
        return self.session.request(method, self.uri + path, allow_redirects=False, timeout=30, **told)

    def login(self, user: str, password: str = "pw", **more: str) -> requests.Response:
        return self("POST", "/en-US/account/login", data={"username": user, "password": password, **more})

    def cookie(self, name: str) -> str:
        return self.session.cookies.get(f"{name}_{self.port}") or ""

    @property
    def headers(self) -> dict[str, str]:
        """What a page's script sends along."""
        return {"X-Splunk-Form-Key": self.cookie("splunkweb_csrf_token"), "X-Requested-With": "XMLHttpRequest"}
