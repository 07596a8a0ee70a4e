"""Builds Splunk's dashboard renderer for the tests, once for a list of packages: `build/studio/studio.js`.

Rules: npm's packages are for the tests only and never ship. Only what the lock file names is installed; its entries
name no registry. A second build of the same list needs no network.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from tools import environments, program

SOURCE = environments.ROOT / "tests" / "ui" / "studio"
TARGET = environments.ROOT / "build" / "studio"
_LOADERS = ("svg", "woff", "woff2", "ttf", "png", "gif")


def build() -> Path:
    """The folder with studio.js and studio.css. Ends with a sentence if npm is missing or fails."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SOURCE.iterdir()) if path.is_file()))
    stamp = TARGET / "stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return TARGET
    if shutil.which("npm") is None:
        raise SystemExit(f"no npm here; install it with: {program.by_apt('nodejs', 'npm')}")
    print("building the dashboards' renderer (once)", flush=True)
    shutil.rmtree(TARGET, ignore_errors=True)
    work = TARGET / "work"
    with program.writing("build the dashboards' renderer"):
        work.parent.mkdir(parents=True)
    shutil.copytree(SOURCE, work)
    program.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], "install npm's packages", work)
    command = [str(work / "node_modules" / ".bin" / "esbuild"), "page.jsx", "--bundle", "--minify", "--log-level=error"]
    command += [f"--loader:.{each}=dataurl" for each in _LOADERS]
    command += ['--define:process.env.NODE_ENV="production"', f"--outfile={TARGET / 'studio.js'}"]
    program.run(command, "build the dashboards' renderer", work)
    shutil.rmtree(work)
    stamp.write_text(digest.hexdigest())
    return TARGET
