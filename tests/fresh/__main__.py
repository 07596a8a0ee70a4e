"""Runs README's two commands on machines that have nothing yet (`make fresh`).

Rules: every visit is one row of the table at the end: distribution, user, folder, command, network, status and time.
A visit without network follows one with it, in the same folder. The whole `make test` runs once on each distribution.
Transcripts are in build/fresh. The exit status is 0 only if every visit ended with 0.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from typing import List

from tests.fresh import roots
from tools import environments, program

DISTRIBUTIONS = ("bookworm", "trixie")
BUILD = environments.ROOT / "build" / "fresh"
PLAIN, ODD = "/opt/checkout", "/home/user/Fälle and events"
QUICK = "quick"


@dataclass(frozen=True)
class Visit:
    """One command on one machine."""

    distribution: str
    user: str
    folder: str
    target: str
    online: bool

    def __str__(self) -> str:
        network = "online" if self.online else "offline"
        return f"{self.distribution:9} {self.user:5} {self.folder:28} make {self.target:6} {network:8}"

    @property
    def file(self) -> str:
        """The transcript's name."""
        place = "odd" if self.folder == ODD else "plain"
        network = "online" if self.online else "offline"
        return f"{self.distribution}-{self.user}-{place}-{self.target}-{network}.txt"


def plan() -> List[Visit]:
    """All visits, in order."""
    visits = []
    for distribution in DISTRIBUTIONS:
        for online in (True, False):
            for user, folder in (("root", PLAIN), ("user", ODD)):
                # the whole suite once, where it is hardest: as a user, in the odd folder, with the network
                target = "test" if user == "user" and online else QUICK
                visits += [Visit(distribution, user, folder, each, online) for each in ("demo", target)]
    return visits


def main() -> None:
    """Make the roots, run every visit, print the table."""
    parser = argparse.ArgumentParser(description="Run README's commands on fresh machines.")
    parser.add_argument("--only", default="", help="the visits whose transcript's name holds this text")
    arguments = parser.parse_args()
    if os.name != "posix" or os.geteuid() != 0:
        raise SystemExit(f"fresh machines are made by root\ntry: {program.as_root('make fresh')}")
    rows, failed, ready = [], 0, set()
    for visit in (each for each in plan() if arguments.only in each.file):
        root = roots.make(visit.distribution, BUILD / "roots")
        if (root, visit.folder) not in ready:
            ready.add((root, visit.folder))
            roots.copy_checkout(root, visit.user, visit.folder)
        print(f"{visit} ...", flush=True)
        began = time.monotonic()
        code = roots.visit(root, visit.user, visit.folder, visit.target, visit.online, BUILD / visit.file)
        failed += code != 0
        rows.append(f"{visit} exit {code}  {time.monotonic() - began:5.0f} s  build/fresh/{visit.file}")
        print(rows[-1], flush=True)
    print("\n".join(["", *rows]))
    if failed or not rows:
        raise SystemExit(f"{failed} of {len(rows)} visits failed")


if __name__ == "__main__":
    main()
