"""The reader of the vendor's add-on, as far as it is known: a thread for each partition, offsets by the real solnlib.

It asks for last + 1, writes an event, then stores its offset. It reaches Falcon by its real names, through the
emulator's proxy. The partition in the source is for the proof, which has to know it of each event. The interpreter of
the environment `vendor` takes the place of the one that started it.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import sys
import threading
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any, Dict, List, Optional
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
APP, COLLECTION = HERE.parent.name, "TA_crowdstrike_falcon_event_streams_checkpointer"
ARGUMENTS = ("cloud_environment", "account", "app_id", "event_types", "initial_start")
SCHEME = (
    "<scheme><title>CrowdStrike Event Streams</title><use_external_validation>false</use_external_validation>"
    "<streaming_mode>xml</streaming_mode><endpoint><args>"
    + "".join(f'<arg name="{each}"><required_on_create>false</required_on_create></arg>' for each in ARGUMENTS)
    + "</args></endpoint></scheme>"
)
STOP = threading.Event()
OUT = threading.Lock()


class Reader:
    """All partitions of one input."""

    def __init__(self, document: str) -> None:
        root = ElementTree.fromstring(document)
        item = root.find("configuration/stanza")
        assert item is not None
        self.name = str(item.get("name")).partition("://")[2]
        self.params = {each.get("name"): each.text or "" for each in item}
        self.falcon = json.loads((HERE.parent / "local" / "falcon.json").read_text())
        self.trust = ssl.create_default_context(cafile=self.falcon["ca_file"])
        uri = urlsplit(root.findtext("server_uri") or "")
        from solnlib.modular_input.checkpointer import KVStoreCheckpointer

        place = {"scheme": uri.scheme, "host": uri.hostname, "port": uri.port}
        self.checkpoints = KVStoreCheckpointer(COLLECTION, root.findtext("session_key"), APP, **place)
        self.lock = threading.Lock()
        self.open: List[Any] = []

    def connect(self, host: str) -> HTTPSConnection:
        """A way to one of Falcon's hosts."""
        connection = HTTPSConnection("127.0.0.1", self.falcon["proxy_port"], context=self.trust, timeout=60)
        connection.set_tunnel(host, 443)
        return connection

    def ask(
        self, method: str, host: str, path: str, body: Optional[str] = None, headers: Optional[Dict[str, str]] = None
    ) -> Any:
        """One call of the API."""
        connection = self.connect(host)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return json.loads(answer.read() or b"{}")

    def run(self) -> None:
        """Read until a stop."""
        api = "api.crowdstrike.com"
        form = urlencode({"client_id": self.falcon["client_id"], "client_secret": self.falcon["client_secret"]})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        bearer = self.ask("POST", api, "/oauth2/token", form, kind)["access_token"]
        path = f"/sensors/entities/datafeed/v2?appId={self.params['app_id']}"
        streams = self.ask("GET", api, path, None, {"Authorization": f"Bearer {bearer}"})["resources"] or []
        threads = [threading.Thread(target=self.read, args=(each,)) for each in streams]
        for thread in threads:
            thread.start()
        STOP.wait()
        for sock in self.open:
            try:
                sock.shutdown(2)
            except OSError:
                pass
        for thread in threads:
            thread.join()

    def read(self, stream: Dict[str, Any]) -> None:
        """Read one partition."""
        url = stream["dataFeedURL"]
        parts = urlsplit(url)
        partition = parts.path.rpartition("/")[2]
        key = f"{self.name}_feed_num_{partition}"
        with self.lock:
            state = self.checkpoints.get(key) or {}
        begin = state.get(url, 0)
        more = f"&offset={begin + 1}" if begin else ""
        connection = self.connect(parts.hostname or "")
        connection.request(
            "GET",
            f"{parts.path}?{parts.query}{more}",
            headers={"Authorization": f"Token {stream['sessionToken']['token']}"},
        )
        self.open.append(connection.sock)
        answer = connection.getresponse()
        for line in iter(answer.readline, b""):
            if STOP.is_set() or not line.endswith(b"\n"):
                return
            event = line.strip()
            if event:
                with OUT:
                    sys.stdout.write(
                        f'<event unbroken="1"><source>CrowdStrike:Event:Streams:{partition}</source>'
                        f"<sourcetype>CrowdStrike:Event:Streams:JSON</sourcetype><data>{escape(event.decode())}</data>"
                        "<done/></event>"
                    )
                    sys.stdout.flush()
                with self.lock:
                    self.checkpoints.update(key, {**state, url: json.loads(event)["metadata"]["offset"]})


def main() -> None:
    """Say what the scheme is, or read."""
    python = (HERE / "vendor_python").read_text()
    if sys.argv[1:] == ["--scheme"]:
        sys.stdout.write(SCHEME)
    elif os.path.realpath(sys.prefix) != os.path.realpath(Path(python).parents[1]):
        os.execv(python, [python, __file__, *sys.argv[1:]])  # noqa: S606 - the pid stays, so splunkd's stop arrives
    else:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=STOP.set).start())
        sys.stdout.write("<stream>")
        Reader(sys.stdin.read()).run()
        sys.stdout.write("</stream>")
        sys.stdout.flush()


main()
