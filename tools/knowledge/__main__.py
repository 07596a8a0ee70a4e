"""`python -m tools.knowledge` writes the files; with `--check` it says which are not as `knowledge/` has them."""

from __future__ import annotations

import sys

from tools.knowledge.compiled import files
from tools.package import ROOT


def main() -> int:
    """Write or check; 1 where a file differs."""
    differing = {path: text for path, text in files().items() if _now(path) != text}
    for path, text in differing.items():
        if "--check" in sys.argv:
            print(f"{path} is not as knowledge/ has it: run make knowledge")
        else:
            (ROOT / path).write_bytes(text.encode("utf-8"))
            print(f"wrote {path}")
    return int(bool(differing) and "--check" in sys.argv)


def _now(path: str) -> str:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
