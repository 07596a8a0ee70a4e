"""What one form asks of splunkd, request by request, so that no request is added unseen."""

from __future__ import annotations
import json
from pathlib import Path
from typing import Any
import pytest
from falcon_streams.pages.account_collection import Accounts
from falcon_streams.pages.input_collection import Inputs
from falcon_streams.pages.rest import Endpoints
from falcon_streams.pages.settings_collection import AddonSettings
from splunklib import binding
from tests.fakes.clock import FakeClock
from tests.fakes.management_port import ManagementPort

class Lock:
    def __init__(self, asked): self.asked = asked
    def __enter__(self): self.asked.append("-- lock --")
    def __exit__(self, *p): pass

def walk(tmp_path, monkeypatch):
    port = ManagementPort()
    monkeypatch.setattr(binding, "handler", port.handler)
    ends = Endpoints({"account": lambda e: Accounts(e, lambda a: port.asked.append("-- Falcon --")),
      "settings": AddonSettings, "input": lambda e: Inputs(e, FakeClock(), tmp_path)}, Lock(port.asked))
    def save(method, path, **form):
        port.asked.clear()
        a = ends.answer(json.dumps({"method": method, "rest_path": path, "form": list(form.items()), "session": {"authtoken": "k"}, "server": {"rest_uri": "https://127.0.0.1:8089"}}))
        print("\n##", method, path, form, a["status"], a["payload"][-120:] if a["status"]>=400 else "", len([x for x in port.asked if x[0] != "-"]))
        print("\n".join("   "+x for x in port.asked))
    return port, save

def test_x(tmp_path, monkeypatch):
    port, save = walk(tmp_path, monkeypatch)
    conf="configs/conf-falcon_event_streams_settings/"
    for n in ("logging","checkpoint","proxy"): port.things[conf+n] = {}
    acc = dict(cloud="us-1", client_id="1"*32, client_secret="s"*40)
    save("POST", "/account", name="prod", **acc)
    save("POST", "/account/prod", member_cid="a"*32)
    save("POST", "/account/prod", client_secret="t"*40)
    px = dict(enabled="1", host="p.example", port="3128", username="u", password="p")
    save("POST", "/settings", name="proxy:lab", **px)
    save("POST", "/settings/proxy%3Alab", no_proxy="a.example")
    save("POST", "/settings/proxy%3Alab", password="q")
    save("POST", "/settings/proxy", enabled="0")
    save("POST", "/settings/logging", level="DEBUG")
    save("POST", "/account", name="via", proxy="lab", **acc)
    save("POST", "/account/via", member_cid="a"*32)
    save("POST", "/input", name="main", account="prod", app_id="main", disabled="1")
    save("POST", "/input/main", app_id="x", disabled="0")
    save("POST", "/input/main", app_id="y")
    save("DELETE", "/input/main")
    save("DELETE", "/account/prod")
    save("DELETE", "/account/via")
    save("DELETE", "/settings/proxy%3Alab")
    for p in ("/account", "/settings", "/settings/proxy", "/input"): save("GET", p)
