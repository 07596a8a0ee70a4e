"""A way between two ends on loopback that can be cut, as a network is: what was under way is neither delivered nor
refused, and who connects hears nothing.

Rules: bytes only, nothing is looked at. After `heal` the connections that were there are gone, new ones go through.
"""

from __future__ import annotations

import select
import socket
import threading

_POLL = 0.05


class Relay:
    """A context manager; `port` is where it listens."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._whole = threading.Event()
        self._whole.set()
        self._over = threading.Event()
        self._age = 0
        self._threads = [threading.Thread(target=self._accept, name="relay", daemon=True)]

    def __enter__(self) -> Relay:
        self._threads[0].start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._over.set()
        self._whole.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def cut(self) -> None:
        """Nothing gets through any more, and nobody is told."""
        self._whole.clear()

    def heal(self) -> None:
        """Let new connections through; those from before the cut end."""
        self._age += 1
        self._whole.set()

    def _accept(self) -> None:
        while not self._over.is_set():
            if select.select([self._listener], [], [], _POLL)[0]:
                near, _ = self._listener.accept()
                thread = threading.Thread(target=self._carry, args=(near, self._age), name="relay", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _carry(self, near: socket.socket, age: int) -> None:
        with near:
            if not self._goes_on(age):
                return
            try:
                with socket.create_connection(self._target, 5.0) as far:
                    self._exchange(near, far, age)
            except OSError:
                pass  # one of the two has gone; closing tells the other

    def _exchange(self, near: socket.socket, far: socket.socket, age: int) -> None:
        speaking = {near: far, far: near}
        while speaking and self._goes_on(age):
            for end in select.select(list(speaking), [], [], _POLL)[0]:
                data = end.recv(65536)
                if not self._goes_on(age):
                    return
                if data:
                    speaking[end].sendall(data)
                else:
                    speaking.pop(end).shutdown(socket.SHUT_WR)

    def _goes_on(self, age: int) -> bool:
        """Wait while the way is cut; whether this connection lives on after that."""
        while not self._whole.wait(_POLL):
            if self._over.is_set():
                return False
        return age == self._age and not self._over.is_set()
