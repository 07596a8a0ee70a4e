"""The package as a former commit builds it, from this repository's own history.

Rules: it is built by that commit's tools and in an environment that they make, in a worktree that is removed again: two
commits' tools would replace each other's environments in one `.venv`. The result is kept in `build/former`, by the
commit's name, so that this happens once.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMIT = "35c557f"  # the last one whose records are of revision 1
KEPT = ROOT / "build" / "former"


class NoHistory(Exception):
    """This checkout does not have the commit."""


def build() -> Path:
    """The former package. Raises NoHistory in a shallow clone, or in a tree without git."""
    kept = KEPT / f"{COMMIT}.tgz"
    if not kept.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with _worktree() as tree:
            shutil.copytree(ROOT / "lib", tree / "lib", dirs_exist_ok=True)
            subprocess.run([sys.executable, "-m", "tools.package"], cwd=tree, check=True, capture_output=True)
            (built,) = (tree / "dist").glob("*.tgz")
            shutil.copy(built, kept)
    return kept


@contextmanager
def _worktree() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "former"
        made = subprocess.run(["git", "worktree", "add", "--detach", str(tree), COMMIT], cwd=ROOT, capture_output=True)
        if made.returncode != 0:
            raise NoHistory(f"git has no commit {COMMIT} here: fetch the whole history (git fetch --unshallow)")
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, capture_output=True)
