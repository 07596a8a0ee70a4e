"""How many examples the model and the fuzzers try: few in `make test`, `FUZZ` times as many in `make fuzz`."""

from __future__ import annotations

import os


def examples(few: int) -> int:
    """The number of examples where `make test` tries so few."""
    return few * int(os.environ.get("FUZZ", "1"))
