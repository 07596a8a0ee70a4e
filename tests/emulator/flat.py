"""`format=flatjson`: one level of keys. Non-authoritative.

No public sample of the flat output exists (Event Streams reference 6). What is written here is the reference's
placeholder, read off the format's name: nested names joined by a separator, array elements by their number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def flatten(line: bytes, separator: str) -> bytes:
    """The line with one level of keys; a line that is no JSON object stays as it is."""
    try:
        tree = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(tree, dict):
        return line
    flat = {separator.join(path): value for path, value in leaves(tree, ())}
    text = json.dumps(flat, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What holds nothing further, and the names on the way there."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    if not pairs or not value:
        yield path, value
        return
    for name, each in pairs:
        yield from leaves(each, (*path, str(name)))
