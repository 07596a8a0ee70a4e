"""A way that is cut carries nothing and says nothing; healed, it carries what is new."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.splunkd.relay import Relay


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says back what it hears."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(1000):
                connection.sendall(data)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def connect(relay: Relay) -> socket.socket:
    return socket.create_connection(("127.0.0.1", relay.port), 5.0)


def said(end: socket.socket, text: bytes, patience: float = 5.0) -> bytes:
    """What comes back, b"" for the end, b"..." for silence."""
    end.settimeout(patience)
    end.sendall(text)
    try:
        return end.recv(1000)
    except socket.timeout:
        return b"..."


def over(end: socket.socket) -> bool:
    """Whether a connection ends, politely or not."""
    end.settimeout(5.0)
    try:
        return end.recv(10) == b""
    except ConnectionResetError:
        return True


def test_bytes_go_both_ways_and_an_end_is_passed_on(echo: int) -> None:
    with Relay("127.0.0.1", echo) as relay, connect(relay) as end:
        assert said(end, b"one") == b"one"
        end.shutdown(socket.SHUT_WR)
        assert end.recv(10) == b""


def test_a_cut_way_is_silent_for_old_and_new_connections(echo: int) -> None:
    with Relay("127.0.0.1", echo) as relay, connect(relay) as old:
        assert said(old, b"one") == b"one"
        relay.cut()
        with connect(relay) as new:
            assert said(old, b"two", 0.3) == said(new, b"three", 0.3) == b"..."
            relay.heal()
            assert over(old) and over(new)
        with connect(relay) as newer:
            assert said(newer, b"four") == b"four"


def test_a_target_that_is_not_there_ends_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Relay("127.0.0.1", port) as relay, connect(relay) as end:
        end.settimeout(5.0)
        assert end.recv(10) == b""
