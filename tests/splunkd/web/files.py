"""Files of an app as splunkweb gives them out.

Rules: nothing outside the folder that was meant, by no spelling of `..` and by no link; types by the name's ending,
never by the machine's own table.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.splunkd.web.page import Page, sentence

_TYPES = {
    ".css": "text/css; charset=UTF-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=UTF-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=UTF-8",
    ".json": "application/json; charset=UTF-8",
    ".map": "application/json; charset=UTF-8",
    ".mjs": "text/javascript; charset=UTF-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=UTF-8",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "text/xml; charset=UTF-8",
}


def within(folder: Path, parts: Sequence[str]) -> Path | None:
    """The file that lies there, None where none does or where it would lie outside."""
    if not parts or any(part in ("", ".", "..") or set(part) & set("/\\\0") for part in parts):
        return None
    path = folder.joinpath(*parts).resolve()
    return path if folder.resolve() in path.parents and path.is_file() else None


def give(folder: Path, parts: Sequence[str]) -> Page:
    """A file of a folder, 404 for anything else."""
    path = within(folder, parts)
    if path is None:
        return sentence(404, "There is no such file.")
    return Page(200, path.read_bytes(), _TYPES.get(path.suffix.lower(), "application/octet-stream"))
