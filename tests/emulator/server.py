"""A small HTTPS server whose handlers may do what no honest server does to a connection.

Rules: one thread per connection, the TLS handshake in it; all connections are known, so that `stop` ends them at once.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Mapping, Optional, Set
from urllib.parse import parse_qsl, urlsplit


class Server(ThreadingHTTPServer):
    """Serves on 127.0.0.1; `port` 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, exchange: type, port: int, context: Optional[ssl.SSLContext]) -> None:
        super().__init__(("127.0.0.1", port), exchange)
        self._context = context
        self._open: Set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and end every connection."""
        self.shutdown()
        self.server_close()
        self._thread.join()
        self.drop_connections()

    def drop_connections(self) -> None:
        """End every open connection."""
        with self._lock:
            for connection in self._open:
                end(connection)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        connection = request
        with self._lock:
            self._open.add(connection)
        try:
            connection.settimeout(60)
            if self._context is not None:
                secure = self._context.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._open.discard(connection)
                    self._open.add(secure)
                connection = secure
            self.finish_request(connection, client_address)
        except (OSError, ValueError):
            pass  # the client went away, or does not trust us
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def end(connection: socket.socket) -> None:
    """Shut a connection down below TLS."""
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass


def reset(connection: socket.socket) -> None:
    """Close a connection so that the other side gets a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw = connection.detach()
    socket.close(raw)


class Exchange(BaseHTTPRequestHandler):
    """One request and its answer."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are recorded by the tenant, not printed."""

    @property
    def query(self) -> Dict[str, str]:
        """The query's parameters; an empty one is kept."""
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    @property
    def route(self) -> str:
        """The path without the query."""
        return urlsplit(self.path).path

    def read_body(self) -> bytes:
        """The request's body."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Send one whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_json(self, status: int, tree: Any, headers: Mapping[str, str], indent: Optional[int] = None) -> None:
        """Send one answer of JSON."""
        body = json.dumps(tree, indent=indent).encode()
        self.answer(status, body, {"Content-Type": "application/json", **headers})
