"""Builds Splunk's dashboard renderer for the tests, once for a list of packages: `build/studio/studio.js`.

Rules: npm's packages are for the tests only and never ship. What is installed is what the lock file says, whose entries
name no registry. A second build of the same list needs no network.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import List

from tools import environments

SOURCE = environments.ROOT / "tests" / "ui" / "studio"
TARGET = environments.ROOT / "build" / "studio"
_LOADERS = ("svg", "woff", "woff2", "ttf", "png", "gif")


def build() -> Path:
    """The folder with studio.js and studio.css. Ends with a sentence where npm is missing or fails."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SOURCE.iterdir()) if path.is_file()))
    stamp = TARGET / "stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return TARGET
    if shutil.which("npm") is None:
        raise SystemExit("no npm here; install it with: sudo apt-get install -y nodejs npm")
    print("building the dashboards' renderer (once)", flush=True)
    shutil.rmtree(TARGET, ignore_errors=True)
    work = TARGET / "work"
    shutil.copytree(SOURCE, work)
    _run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], work)
    command = [str(work / "node_modules" / ".bin" / "esbuild"), "page.jsx", "--bundle", "--minify", "--log-level=error"]
    command += [f"--loader:.{each}=dataurl" for each in _LOADERS]
    _run([*command, '--define:process.env.NODE_ENV="production"', f"--outfile={TARGET / 'studio.js'}"], work)
    shutil.rmtree(work)
    stamp.write_text(digest.hexdigest())
    return TARGET


def _run(command: List[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
