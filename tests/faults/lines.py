"""Lines that are broken, or that break what reads them, among good ones.

Rules: each is one line on partition 0, given with the bytes that must stand in the index: its own, but for what XML
cannot carry.
"""

from __future__ import annotations

from functools import partial

from tests.faults.row import Row
from tests.integration.scene import Scene

_HEAD = b'{"metadata":{"customerIDString":"c","offset":900000001,"eventType":"AuthActivityAuditEvent",'
_HEAD += b'"eventCreationTime":1769000131000},"event":'
U_FFFD = "\ufffd".encode()
RUNNING, MALFORMED = "state_changed .*partition=0 state=running", "malformed_line .*partition=0"
BINARY = bytes(range(1, 10)) + bytes(range(11, 32)) + b"\x80\xfe\xff"


def text(value: bytes) -> bytes:
    """A good line with this text in it."""
    return _HEAD + b'{"UserId":"' + value + b'"}}'


def publish(line: bytes, scene: Scene) -> None:
    """The line, once both feeds are open."""
    scene.wait_until_open()
    scene.falcon.publish("0", line)


_CASES = (
    ("not JSON", MALFORMED, b"this is no JSON at all", b"this is no JSON at all"),
    ("binary", MALFORMED, BINARY, U_FFFD * 8 + b"\t" + U_FFFD * 2 + b" " + U_FFFD * 18 + U_FFFD * 3),
    ("NUL", RUNNING, text(b"a\x00b"), text(b"a" + U_FFFD + b"b")),
    ("a lone surrogate, escaped", RUNNING, text(b"\\ud800"), text(b"\\ud800")),
    ("a lone surrogate, encoded", RUNNING, text(b"\xed\xa0\x80"), text(U_FFFD * 3)),
    ("invalid UTF-8", RUNNING, text(b"caf\xe9\xff"), text(b"caf" + U_FFFD * 2)),
    ("]]>", RUNNING, text(b"]]>"), text(b"]]>")),
    ("</event>", RUNNING, text(b"</data></event></stream>"), text(b"</data></event></stream>")),
    ("event null", RUNNING, _HEAD + b"null}", _HEAD + b"null}"),
)
LINES = [
    Row("feed", f"line: {name}", says, act=partial(publish, line), indexed={line: indexed})
    for name, says, line, indexed in _CASES
]
