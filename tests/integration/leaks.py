"""A search for secrets in every byte that the product wrote.

Rules: a secret is looked for as it is, URL-quoted, as base64 at each of its three alignments, and as Python writes it
in a repr. The stand-in's own store of secrets is the one place where they belong.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

_MOST = 60


def forms(secret: str) -> set[bytes]:
    """How a secret could stand in a file."""
    raw = secret.encode()
    found = {raw, quote(secret, safe="").encode(), quote_plus(secret).encode(), repr(secret)[1:-1].encode()}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        # the first and last characters depend on the neighbours
        found.add(encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4])
    return {form for form in found if len(form) >= 8}


def find(secrets: Iterable[str], files: Iterable[tuple[Path, bytes]]) -> Iterator[str]:
    """Where a secret stands; of very many secrets the first and the last are looked for."""
    chosen = list(dict.fromkeys(secrets))
    if len(chosen) > _MOST:
        chosen = chosen[: _MOST // 2] + chosen[-_MOST // 2 :]
    wanted = [form for secret in chosen for form in forms(secret)]
    for path, data in files:
        if any(form in data for form in wanted):
            yield str(path)
