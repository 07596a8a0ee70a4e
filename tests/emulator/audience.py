"""An audience for all feeds of all children at once, in one thread: with it the emulator is held to its size.

`python -m tests.emulator.audience --children 1000 --rate 5000` starts an emulator in a process of its own, reads every
feed of every child, and prints what that process takes, quiet and with so many events a second in all. Linux only.

Rules: it is not what is measured, so it may read as plainly as it likes: raw sockets, lines counted and not looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import selectors
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional
from urllib.parse import urlsplit

import requests

from tests.emulator.process import EmulatorProcess

_CPUCLOCK_SCHED = 2
_PATIENCE = 60.0
_AT_ONCE = 8


class Audience:
    """Readers of every partition of these tenants."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self._emulator = emulator
        self._context = ssl.create_default_context(cafile=emulator.address["ca_file"])
        self._selector = selectors.DefaultSelector()
        self.feeds = 0
        self.lines = self.beats = self.ended = 0

    def open(self, children: list[str], app_id: str = "audience") -> None:
        """Open every feed of these children."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            shares = [children[number::_AT_ONCE] for number in range(_AT_ONCE)]
            for socks in pool.map(lambda share: self._open_share(share, app_id), shares):
                for sock in socks:
                    sock.setblocking(False)
                    self._selector.register(sock, selectors.EVENT_READ)
                    self.feeds += 1

    def read(self, seconds: float) -> None:
        """Read for so long; `lines`, `beats` and `ended` say what came."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for key, _ in self._selector.select(max(0.0, until - time.monotonic())):
                self._receive(key.fileobj)

    def close(self) -> None:
        """Leave all feeds."""
        for key in list(self._selector.get_map().values()):
            self._leave(key.fileobj)
        self._selector.close()

    def _receive(self, sock: Any) -> None:
        try:
            while True:
                data = sock.recv(65536)
                if not data:
                    self.ended += 1
                    self._leave(sock)
                    return
                beats = data.count(b"\r\n\r\n\r\n")  # a chunk with nothing but a line end
                self.beats += beats
                self.lines += data.count(b"}\n")
        except (ssl.SSLWantReadError, BlockingIOError):
            return
        except OSError:
            self.ended += 1
            self._leave(sock)

    def _leave(self, sock: Any) -> None:
        self._selector.unregister(sock)
        sock.close()

    def _open_share(self, children: list[str], app_id: str) -> list[ssl.SSLSocket]:
        address = self._emulator.address
        pair = {name: address[name] for name in ("client_id", "client_secret")}
        with requests.Session() as session:
            session.trust_env, session.verify = False, address["ca_file"]
            found = []
            for cid in children:
                form = {**pair, "member_cid": cid}
                token = session.post(f"{address['api']}/oauth2/token", data=form, timeout=_PATIENCE).json()
                bearer = {"Authorization": f"Bearer {token['access_token']}"}
                url = f"{address['api']}/sensors/entities/datafeed/v2?appId={app_id}"
                tree = session.get(url, headers=bearer, timeout=_PATIENCE).json()
                found += [self._open_feed(resource) for resource in tree["resources"]]
        return found

    def _open_feed(self, resource: dict[str, Any]) -> ssl.SSLSocket:
        url = urlsplit(resource["dataFeedURL"])
        plain = socket.create_connection(("127.0.0.1", int(url.port or 0)), _PATIENCE)
        sock = self._context.wrap_socket(plain, server_hostname="127.0.0.1")
        head = f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n"
        sock.sendall(f"{head}Authorization: Token {resource['sessionToken']['token']}\r\n\r\n".encode())
        if not sock.recv(4096).startswith(b"HTTP/1.1 200"):
            raise OSError("the feed did not open")
        return sock


def measure(
    children: int, partitions: int, rate: float, seconds: float, settle: float = 2.0, **options: Any
) -> dict[str, float]:
    """What the emulator's process takes with an audience for all: in cores, MB, and per second.

    Each state is watched for `seconds`, after `settle` seconds of it.
    """
    usual: dict[str, Any] = {"heartbeat": 10.0, "token_limit": 0, "floor": 412_345_678}
    with EmulatorProcess(children=children, partitions=partitions, **{**usual, **options}) as emulator:
        audience = Audience(emulator)
        try:
            began, before = time.monotonic(), _cpu(emulator.pid)
            audience.open(list(emulator.address["children"]))
            found = {"feeds": audience.feeds, "opening, s": time.monotonic() - began}
            found["opening, s of CPU"] = _cpu(emulator.pid) - before
            audience.read(settle)
            found.update(_watch(emulator, audience, seconds, "quiet"))
            emulator.set_rate(rate / audience.feeds)
            audience.read(settle)
            found.update(_watch(emulator, audience, seconds, "busy"))
            found["violations"] = len(emulator.violations()) + len(emulator.crossings())
        finally:
            audience.close()
    return found


def _watch(emulator: EmulatorProcess, audience: Audience, seconds: float, name: str) -> dict[str, float]:
    before, lines, beats = _cpu(emulator.pid), audience.lines, audience.beats
    began = time.monotonic()
    audience.read(seconds)
    lasted = time.monotonic() - began
    return {
        f"{name}, cores": (_cpu(emulator.pid) - before) / lasted,
        f"{name}, events/s": (audience.lines - lines) / lasted,
        f"{name}, heartbeats/s": (audience.beats - beats) / lasted,
        f"{name}, MB": _resident(emulator.pid),
        f"{name}, feeds lost": audience.ended,
    }


def _cpu(pid: int) -> float:
    return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)  # clock_getcpuclockid(3)


def _resident(pid: int) -> float:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(arguments: Optional[list[str]] = None) -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.emulator.audience")
    parser.add_argument("--children", type=int, default=1000)
    parser.add_argument("--partitions", type=int, default=2)
    parser.add_argument("--rate", type=float, default=5000.0, help="events a second in all")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each state is watched")
    asked = parser.parse_args(arguments)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    found = measure(asked.children, asked.partitions, asked.rate, asked.seconds)
    print(json.dumps({name: round(value, 3) for name, value in found.items()}, indent=1))


if __name__ == "__main__":
    main()
