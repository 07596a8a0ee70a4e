"""What goes into a diag: the doctor's findings, the states and logs of the inputs, and the confs without secrets.

Rules: the whole stays below `data_limit` in app.conf. Of a conf goes what a schema knows and accepts: somebody may have
written a secret beside it, into a comment, or into the wrong setting. Client IDs and user names are left out too.
`passwords.conf` is not opened.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Tuple

from falcon_streams.doctor.trace import folders
from falcon_streams.errors import Fatal
from falcon_streams.splunk.accounts import ACCOUNT_CONF, SETTINGS_CONF
from falcon_streams.splunk.settings import check_name, check_stanza, read_schema, stanza_schema, without_login
from falcon_streams.splunk.splunkd import SCHEME
from falcon_streams.splunk.state import STATE_FILE

LIMIT = 16_000_000  # bytes; data_limit in app.conf is 20 MB
TAIL, MOST_LOGS = 1_000_000, 12
_MOST_STATE, _MOST_CONF = 1_000_000, 1_000_000
_WITHHELD = frozenset(("client_id", "member_cid", "username"))
_STANZA = re.compile(r"\[([^\]]*)\]\s*")
_SETTING = re.compile(r"([A-Za-z0-9_.]+)\s*=\s*(.*)")

Piece = Tuple[str, str]
"""A name in the diag, and a text."""


class Sources(NamedTuple):
    """Where the pieces are found."""

    app: Path
    checkpoint_dir: Path
    logs: Path


class Bundle:
    """The pieces of a diag."""

    def __init__(self, sources: Sources, findings: Callable[[], Iterable[Piece]]) -> None:
        """`findings` examines, and gives its result as pieces."""
        self._sources = sources
        self._findings = findings

    def pieces(self) -> Iterator[Piece]:
        """Everything, as far as it fits."""
        left = LIMIT
        for name, text in self._all():
            left -= len(text.encode())
            if left < 0:
                yield (
                    "left_out.txt",
                    f"From {name} on, the rest was left out: it is larger than {LIMIT:,} bytes.\n",
                )
                return
            yield name, text

    def _all(self) -> Iterator[Piece]:
        yield from self._findings()
        for layer in ("default", "local"):
            for conf in ("inputs", ACCOUNT_CONF, SETTINGS_CONF):
                text = _start(self._sources.app / layer / f"{conf}.conf", _MOST_CONF)
                if text:
                    yield f"{layer}/{conf}.conf", cleaned(conf, text)
        for folder in folders(self._sources.checkpoint_dir):
            text = _start(folder / STATE_FILE, _MOST_STATE)
            if text:
                yield f"states/{folder.name}.json", text
        logs = self._sources.logs.glob("falcon_event_streams_*.log")
        for path in sorted(logs, key=_age, reverse=True)[:MOST_LOGS]:
            yield f"logs/{path.name}", _end(path)


def cleaned(conf: str, text: str) -> str:
    """A conf of ours with what its schema knows and accepts."""
    lines: List[str] = []
    stanza, schema = "", _schema_of(conf, "")
    for line in map(str.strip, text.splitlines()):
        header, setting = _STANZA.fullmatch(line), _SETTING.fullmatch(line)
        if header:
            stanza = header[1]
            schema = _schema_of(conf, stanza)
            lines.append(f"[{stanza}]" if schema else "[left out: not a stanza of this add-on]")
        elif setting and schema:
            lines.append(_cleaned_setting(schema, stanza, setting[1], setting[2]))
    return "\n".join([*filter(None, lines), ""])


def _cleaned_setting(schema: Mapping[str, Any], stanza: str, name: str, value: str) -> str:
    properties = schema["properties"]
    if name not in properties:
        return ""
    if name in _WITHHELD:
        return f"{name} = (left out)"
    one = {"type": "object", "properties": {name: properties[name]}, "$defs": schema.get("$defs", {})}
    try:
        check_stanza(one, stanza, {name: value})
    except Fatal:
        return f"{name} = (left out: not a value of this setting)"
    return f"{name} = {without_login(value)}"


def _schema_of(conf: str, stanza: str) -> Dict[str, Any]:
    """The schema of a stanza, empty if that is none of ours."""
    kind, _, name = stanza.partition("://" if conf == "inputs" else ":")
    try:
        if name:
            check_name("stanza", name)
        if conf == "inputs":
            return read_schema("input") if kind == SCHEME else {}
        if conf == ACCOUNT_CONF:
            check_name("stanza", stanza)
            return read_schema("account")
        return stanza_schema("settings", kind) if kind in ("logging", "proxy", "checkpoint") else {}
    except Fatal:
        return {}


def _start(path: Path, most: int) -> str:
    """The start of a file as text, empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(most).decode("utf-8", "replace")
    except OSError:
        return ""


def _end(path: Path) -> str:
    """The last lines of a log."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            text = file.read(TAIL).decode("utf-8", "replace")
    except OSError:
        return ""
    return text if size <= TAIL else text.partition("\n")[2]


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
