"""Runs every long proof in turn and prints one table of them (`make nightly`).

Rules: if a proof fails, the others still run, and the whole run fails. Each proof is a target that a person can call,
so that a row can be run again alone."""

from __future__ import annotations

import argparse
import subprocess
import time
from typing import List, NamedTuple

from tools import environments

# Proofs without a target: the tests that are too long for `make test`, and the stand-ins' own.
_PYTEST = ["-m", "pytest", "-q", "-n", "2"]
PROOFS = {
    "test": ["make", "test"],
    "test-ui": ["make", "test-ui"],
    "long tests": [*_PYTEST, "-m", "nightly", "tests"],
    "stand-ins": [*_PYTEST, "tests/emulator", "tests/splunkd", "tests/searchtime", "tests/pcre"],
    "restarts": ["make", "restarts"],
    "day": ["make", "day"],
    "faults": ["make", "faults"],
    "fuzz": ["make", "fuzz"],
    "defences": ["make", "defences"],
    "soak": ["make", "soak"],
    "family": ["make", "family"],
    "standby": ["make", "standby"],
    "takeover": ["make", "takeover"],
    "upgrade": ["make", "upgrade"],
    "bench": ["make", "bench"],
    "real-splunk-image": ["make", "real-splunk-image"],
    "fresh": ["make", "fresh"],
}


class Outcome(NamedTuple):
    """The result of one proof."""

    name: str
    held: bool
    seconds: float


def play(name: str, command: List[str]) -> Outcome:
    """Run one proof to its end."""
    print(f"\n==== {name}: {' '.join(command)}", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, cwd=environments.ROOT).returncode
    return Outcome(name, code == 0, time.monotonic() - started)


def table(outcomes: List[Outcome]) -> str:
    """The rows, and how many held."""
    rows = [f"{each.name:<20}{'held' if each.held else 'DID NOT HOLD':<14}{each.seconds:>7.0f} s" for each in outcomes]
    held = sum(each.held for each in outcomes)
    return "\n".join([*rows, f"{held} of {len(outcomes)} held after {sum(each.seconds for each in outcomes):.0f} s"])


def main() -> None:
    """Run the chosen proofs, and fail if one fails."""
    parser = argparse.ArgumentParser(description="Run the long proofs.")
    parser.add_argument("--only", default="", help="those whose name holds this")
    only = parser.parse_args().only
    version, python = next(iter(environments.interpreters().items()))
    executable = str(environments.for_tests(version, python))
    environments.fill_lib()
    outcomes = []
    for name, command in PROOFS.items():
        if only in name:
            outcomes.append(play(name, command if command[0] == "make" else [executable, *command]))
    print("\n" + table(outcomes), flush=True)
    raise SystemExit(0 if outcomes and all(each.held for each in outcomes) else 1)


if __name__ == "__main__":
    main()
