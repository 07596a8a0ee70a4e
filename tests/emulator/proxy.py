"""A CONNECT proxy that answers as the real Falcon hosts, so that `us-1` and the region redirect run unmodified.

Rules: only the known hosts on port 443 lead anywhere, and they lead to the emulator; every target asked for is kept.
"""

from __future__ import annotations

import base64
import socket
import threading
from typing import List, Optional, Tuple

from tests.emulator.authority import HOSTS
from tests.emulator.server import Exchange, end


class ProxyExchange(Exchange):
    """One tunnel."""

    api_port: int
    feed_port: int
    login: Optional[Tuple[str, str]] = None
    targets: List[str]

    def do_CONNECT(self) -> None:
        """Tunnel to the emulator, or refuse."""
        self.targets.append(self.path)
        self.close_connection = True
        host, _, port = self.path.rpartition(":")
        if self.login is not None and not self._logged_in():
            self.answer(407, b"", {"Proxy-Authenticate": 'Basic realm="proxy"'})
            return
        inner = {"127.0.0.1": int(port)}.get(host)
        if inner is None and (host not in HOSTS or port != "443"):
            self.answer(502, b"", {})
            return
        target = inner or (self.feed_port if host.startswith("firehose.") else self.api_port)
        with socket.create_connection(("127.0.0.1", target)) as upstream:
            self.send_response(200, "Connection established")
            self.end_headers()
            self.wfile.flush()
            back = threading.Thread(target=pump, args=(upstream, self.connection), daemon=True)
            back.start()
            pump(self.connection, upstream)
            back.join()

    def _logged_in(self) -> bool:
        kind, _, value = self.headers.get("Proxy-Authorization", "").partition(" ")
        return kind == "Basic" and self.login is not None and base64.b64decode(value).decode() == ":".join(self.login)


def pump(source: socket.socket, target: socket.socket) -> None:
    """Carry bytes until the source ends, then pass the end on."""
    source.settimeout(None)
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        end(source)
        end(target)
