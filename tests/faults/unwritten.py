"""Rows that the table shall have and has not yet: each shows as not run, with what it waits for."""

from __future__ import annotations

from tests.faults.row import Row

_LONG = "it takes minutes of Falcon's time: on the scaled clock"
_WRITTEN = "it is not written yet"
_ROOT = "it needs an unprivileged user"
_WAITING = {
    _LONG: (
        ("discovery", "resources [] for 8 min"),
        ("discovery", "siblings null"),
        ("feed", "quiet for 1 h without heartbeats"),
        ("refresh", "answered after the session ended"),
        ("splunkd", "pipe full for 10 min"),
        ("machine", "SIGSTOP for 5 min"),
        ("machine", "clock stepped 1 h both ways"),
    ),
    _WRITTEN: (
        ("discovery", "partition missing, added, renamed"),
        ("discovery", "URL with another port"),
        ("feed", "TLS: unknown CA, expired, wrong name"),
        ("feed", "no newline at the end"),
        ("feed", "not JSON, binary, NUL, lone surrogates, invalid UTF-8, ]]>, </event>, event null"),
        ("feed", "decreasing and reset offsets"),
        ("splunkd", "pipe closed"),
        ("splunkd", "stdin garbage"),
        ("splunkd", "KV store 503"),
        ("machine", "foreign and future-version checkpoint"),
        ("machine", "DNS failure"),
        ("machine", "proxy refusing, or asking for a password with @:/ in it"),
        ("machine", "thread limit"),
    ),
    _ROOT: (("machine", "disk full"),),
}


def row(group: str, name: str, reason: str) -> Row:
    return Row(group, name, "", unless=lambda: reason)


UNWRITTEN = [row(group, name, reason) for reason, names in _WAITING.items() for group, name in names]
