"""A toy add-on's REST scripts: a handler that tells what it was told, its stanzas, and a client to ask it."""

from __future__ import annotations

from typing import Any

import requests

from tests.splunkd import Splunkd
from tests.splunkd.client_session import client_session

HANDLER = """
import json, os, sys, time
from splunk.persistconn.application import PersistentServerConnectionApplication

MADE = 0

class Echo(PersistentServerConnectionApplication):
    def __init__(self, command_line, command_arg):
        global MADE
        super().__init__()
        MADE += 1
        self.born = [command_line, command_arg]

    def handle(self, in_string):
        told = json.loads(in_string)
        last = told.get("path_info", "").rpartition("/")[2]
        if last == "slow":
            time.sleep(2.0)
        if last == "crash":
            raise KeyError("a made-up secret")
        if last == "exit":
            os._exit(3)
        if last == "print":
            print("hello from the handler")
        if last == "taken":
            return {"status": 409, "payload": {"messages": [{"type": "ERROR", "text": "already there"}]}}
        if last == "text":
            return json.dumps({"status": 201, "payload": "plain \\u00fc", "headers": {"X-Toy": "yes"}})
        if last == "pairs":
            return {"payload": "<a/>", "headers": [["Content-Type", "text/html"], ["X-Toy", "1"], ["X-Toy", "2"]]}
        if last == "bytes":
            return json.dumps({"payload": "b"}).encode()
        if last in ("list", "strange", "broken"):
            return {"list": ["no"], "strange": {"status": "soon"}, "broken": "no JSON"}[last]
        sys.stderr.write("WARN asked for %s\\n" % told["rest_path"])
        sys.stderr.flush()
        told["child"] = {"pid": os.getpid(), "asked": MADE, "born": self.born, "path": sys.path,
                         "env": dict(os.environ), "kind": type(in_string).__name__, "cwd": os.getcwd(),
                         "module": __name__}
        return {"payload": told, "status": 200, "headers": {}}
"""

RESTMAP = """
[script:echo]
match = /toy_echo
script = toy_rest.py
scripttype = persist
handler = toy_rest.Echo
output_modes = json
passPayload = true
passSystemAuth = false
capability = list_settings
capability.post = edit_toys or (edit_monitor and list_settings)
capability.delete = edit_toys

[script:open]
match = /toy_open/deep
script = toy_rest.py
scripttype = persist
handler = toy_rest.Echo
output_modes = json, xml
requireAuthentication = false
passConf = false
script.param = a parameter

[script:trusted]
match = /toy_trusted
script = toy_rest.py
scripttype = persist
handler = toy_rest.Echo
driver.env.TOY = trusted
output_modes = json
passSystemAuth = true
passPayload = base64

[script:missing]
match = /toy_missing
script = toy_missing.py
scripttype = persist
handler = toy_missing.Echo
driver.env.TOY = missing

[script:two]
match = /toy_two
script = toy_two.py
scripttype = persist
handler = toy_two.First
driver.env.TOY = two

[script:narrow]
match = /toy_narrow
script = toy_rest.py
scripttype = persist
handler = toy_rest.Echo
output_modes = json
capability.post = edit_toys
max_content_length = 100
maxConcurrent = 1

[script:old]
match = /toy_old
script = toy_rest.py
handler = toy_rest.Echo

[script:vague]
match = /toy_vague
script = toy_rest.py
scripttype = persist
handler = toy_rest.Echo
max_content_length = 256KB

[admin_external:toy]
handlertype = python
"""

FILES = {
    "bin/toy_rest.py": HANDLER,
    "bin/toy_missing.py": "import toy_rest\n" + HANDLER,
    "bin/toy_two.py": HANDLER + "\nclass Second(Echo):\n    pass\n",
}
USERS = (("maker", "pw", "list_settings,edit_toys"), ("reader", "pw", "list_settings"), ("nobody_much", "pw", ""))
ECHO = "/servicesNS/nobody/TA_toy/toy_echo"
NARROW = "/servicesNS/nobody/TA_toy/toy_narrow"


class Client:
    """Plain HTTPS with Basic authentication."""

    def __init__(self, splunkd: Splunkd, user: str | None = "maker") -> None:
        self._splunkd = splunkd
        self._auth = (user, "pw") if user else None

    def __call__(self, method: str, path: str, **told: Any) -> requests.Response:
        told.setdefault("params", {"output_mode": "json"})
        address = self._splunkd.management_uri + path
        with client_session(self._splunkd.ca_file) as session:
            return session.request(method, address, auth=self._auth, timeout=30, **told)

    def told(self, method: str, path: str, **told: Any) -> dict[str, Any]:
        """What the handler was told."""
        reply = self(method, path, **told)
        assert reply.status_code == 200, reply.text
        document: dict[str, Any] = reply.json()
        return document
