"""Log lines: one shape, `key=value` in a fixed order, with quotes around values that need them.

Rules: a call reads `LOG.info("feed_ended", {"partition": p, "reason": r})`: the message is the action, the mapping its
fields; None is left out. Whatever a value holds, a record stays one line of printable text. Each input has a rotated
file of its own (several processes on one rotating file lose lines); splunkd already monitors the folder. Errors and an
input's turning points also go to stderr, with splunkd's own words for levels, so that they reach splunkd.log even if
the file cannot be written.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import sys
from datetime import datetime, timezone
from io import TextIOWrapper
from pathlib import Path
from typing import Dict, List, Mapping, Optional, TextIO

from falcon_streams.splunk.private_file import NO_LINK, tighten

_WORDS = {"WARNING": "WARN", "CRITICAL": "FATAL"}
_LEVELS = {"DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARN": logging.WARNING, "ERROR": logging.ERROR}
_TURNING_POINTS = frozenset({"started", "ended", "finished", "state_changed"})
_FILE_BYTES, _FILES = 25_000_000, 5  # as solnlib does
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.,:/*+@#%")


def start_logging(name: str) -> None:
    """Send the records of this process to the input's file and to stderr."""
    root = logging.getLogger()
    root.setLevel(logging.WARNING)  # libraries' messages at lower levels are not for an admin
    set_level("INFO")
    root.addHandler(_stderr_handler(name))
    home = os.environ.get("SPLUNK_HOME")
    if not home:
        return
    path = Path(home, "var", "log", "splunk", f"falcon_event_streams_{name[:100]}.log")
    try:
        handler = _PrivateFile(path, maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8")
    except OSError as error:
        logging.getLogger(__name__).error("log_file_refused", {"path": str(path), "error": error.strerror})
        return
    handler.setFormatter(LineFormatter(name, with_time=True))
    root.addHandler(handler)
    for former in path.parent.glob(f"{path.name}*"):
        _tighten(former)


def start_page_logging(stream: Optional[TextIO] = None) -> None:
    """Send the records of the pages' process to stderr, and so to splunkd.log, in the shape of an input's lines:
    Python's own format shows an exception's text, which could hold a secret."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter("pages", with_time=False))
    ours = logging.getLogger("falcon_streams")
    ours.handlers = [handler]
    ours.propagate = False


def set_level(word: str) -> None:
    """Log our records from this level on; `word` is a level of the settings."""
    logging.getLogger("falcon_streams").setLevel(_LEVELS[word])


class LineFormatter(logging.Formatter):
    """Formats a record as one line, after the time with `with_time`, otherwise after splunkd's level word."""

    def __init__(self, name: str, with_time: bool) -> None:
        super().__init__()
        self._name = name
        self._with_time = with_time

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        word = _WORDS.get(record.levelname, record.levelname)
        ours = isinstance(record.args, Mapping) or record.name.startswith("falcon_streams")
        fields: Dict[str, object] = {"level": word, "action": record.msg if ours else "library_message"}
        fields["input"] = self._name
        fields.update(_fields(record) if ours else {"logger": record.name, "message": record.getMessage()})
        if record.exc_info and record.exc_info[1] is not None:
            fields.update(place_of(record.exc_info[1]))
        line = render_fields(fields)
        if not self._with_time:
            return f"{word} {line}"
        instant = datetime.fromtimestamp(record.created, timezone.utc)
        return f"{instant.isoformat(timespec='milliseconds')} {line}"


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """Only its owner can read it, whatever the umask; splunkd, which reads it, is that owner."""

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding=self.encoding, opener=_open_private)


def render_fields(fields: Mapping[str, object]) -> str:
    """Fields as `key=value`, in their order; None is left out."""
    return " ".join(f"{key}={_quoted(value)}" for key, value in fields.items() if value is not None)


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    return dict(record.args) if isinstance(record.args, Mapping) else {}


def place_of(error: BaseException) -> Dict[str, object]:
    """Kind and place of an unexpected error, without its text, which could hold anything, even a secret."""
    places: List[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}")
        trace = trace.tb_next
    return {"exception": type(error).__name__, "at": ",".join(places[-8:])}


def _quoted(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if text and _PLAIN.issuperset(text):
        return text
    printable = "".join(c if c.isprintable() else " " for c in text)
    return '"' + printable.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | NO_LINK, 0o600)


def _tighten(path: Path) -> None:
    try:
        tighten(path)
    except OSError as error:
        logging.getLogger(__name__).error("log_file_refused", {"path": str(path), "error": error.strerror})


def _stderr_handler(name: str) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(name, with_time=False))
    handler.addFilter(lambda record: record.levelno >= logging.ERROR or record.msg in _TURNING_POINTS)
    return handler
