"""`make bench`: sets up, then runs tests/bench in the environment of the tests."""

from __future__ import annotations

import os
import sys

from tools import environments


def main() -> None:
    """Set up, then become the bench."""
    found = environments.interpreters()
    pythons = [str(environments.for_tests(version, python)) for version, python in found.items()]
    environments.fill_lib()
    here = environments.ROOT
    os.environ["PYTHONPATH"] = os.pathsep.join(str(folder) for folder in (here, here / "bin", here / "lib"))
    os.execv(pythons[0], [pythons[0], "-m", "tests.bench", *sys.argv[1:]])


if __name__ == "__main__":
    main()
