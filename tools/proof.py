"""The long proofs (`make restarts`, `day`, `faults`, `soak`, `family`, `standby`, `takeover`, `upgrade`, `fuzz`,
`defences`).

Each ends with a verdict."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools import environments, package

SEED = 20261123


def main() -> None:
    """Set up, then run the proof that is asked for."""
    parser = argparse.ArgumentParser(description="Run one of the long proofs.")
    parser.add_argument(
        "which",
        choices=(
            *("restarts", "day", "faults", "soak", "family", "standby", "takeover", "upgrade", "fuzz", "defences"),
            "real-splunk-image",
        ),
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", default="", help="of the faults and defences, those whose name holds this")
    parser.add_argument(
        "--times", type=int, default=10, help="of the fuzzers, how many times the examples of make test"
    )
    parser.add_argument("--share", type=float, default=1.0, help="run only this share of it")
    parser.add_argument("--ready", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.ready:
        version, python = next(iter(environments.interpreters().items()))
        executable = str(environments.for_tests(version, python))
        environments.fill_lib()
        os.execv(executable, [executable, "-m", "tools.proof", "--ready", *sys.argv[1:]])
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.which == "faults":
            held = faults(Path(folder), arguments.only)
        elif arguments.which == "defences":
            held = defences(Path(folder), arguments.only)
        elif arguments.which == "fuzz":
            held = fuzz(arguments.seed, arguments.times)
        elif arguments.which == "real-splunk-image":
            held = image(Path(folder))
        elif arguments.which == "standby":
            held = standby(Path(folder))
        elif arguments.which == "upgrade":
            held = upgrade(Path(folder))
        else:
            proofs = {"restarts": restarts, "day": day, "soak": soak, "family": family, "takeover": takeover}
            proof = proofs[arguments.which]
            held = proof(Path(folder), arguments.seed, arguments.share)
    print(f"{'held' if held else 'DID NOT HOLD'} after {time.monotonic() - started:.0f} s", flush=True)
    raise SystemExit(0 if held else 1)


def defences(folder: Path, only: str) -> bool:
    """Remove every defence of the security page in turn."""
    from tests.security.defences import prove

    return prove(folder, say, only)


def faults(folder: Path, only: str) -> bool:
    """Every fault by name."""
    from tests.faults.table import prove

    return not any(outcome.fault for outcome in prove(package.build(folder), say, only))


def fuzz(seed: int, times: int) -> bool:
    """The model and the fuzzers, each with its number of examples; the same seed gives the same examples."""
    say(f"seed {seed}, {times} times the examples of make test")
    options = ["-q", "-s", "--timeout=0", f"--hypothesis-seed={seed}", "--hypothesis-show-statistics"]
    command = [sys.executable, "-m", "pytest", *options, "tests/fuzz", "tests/model"]
    return subprocess.run(command, env={**os.environ, "FUZZ": str(times)}).returncode == 0


def image(folder: Path) -> bool:
    """Run the Dockerfile of the kit for a real Splunk in a bare Debian."""
    from tests.real_splunk.image import prove

    return prove(folder / "root")


def standby(folder: Path) -> bool:
    """One of two forwarders is lost in every way."""
    from tests.standby.takeovers import prove

    return not any(outcome.fault for outcome in prove(folder, package.build(folder), say))


def takeover(folder: Path, seed: int, share: float) -> bool:
    """An input of the vendor's add-on is taken over with 20,000 events, and 20 times with a kill."""
    from tests.takeover.takeovers import prove

    return prove(folder, package.build(folder / "package"), seed, share, say)


def upgrade(folder: Path) -> bool:
    """Install this package over an older one, put the older one back, and again; and over a whole instance."""
    from tests.upgrade import estate, former
    from tests.upgrade.upgrades import FORMER, PRESENT, prove

    packages = {FORMER: former.build(), PRESENT: package.build(folder)}
    faults = list(estate.prove(folder / "estate", packages))
    say(f"accounts, secrets, both stores, alerts: {'; '.join(faults) or 'held'}")
    return not any(leg.fault for leg in prove(folder, packages, say)) and not faults


def soak(folder: Path, seed: int, share: float) -> bool:
    """A million events through random faults and 300 kills."""
    from tests.soak.schedule import draw_schedule
    from tests.soak.soak import play

    schedule = draw_schedule(seed, events=int(1_000_000 * share), kills=int(300 * share))
    print(schedule, flush=True)
    outcome = play(schedule, folder, package.build(folder), say)
    print(outcome, flush=True)
    return outcome.holds


def family(folder: Path, seed: int, share: float) -> bool:
    """50 children of a parent through their changes, faults of theirs, and kills."""
    from tests.soak.family import play
    from tests.soak.family_schedule import draw_family

    schedule = draw_family(seed, children=50, moments=int(60 * share), leavers=max(1, int(6 * share)))
    print(schedule, flush=True)
    outcome = play(schedule, folder, package.build(folder), say)
    print(outcome, flush=True)
    return outcome.holds


def restarts(folder: Path, seed: int, share: float) -> bool:
    """200 stops, 50 kills of the input and 10 of splunkd over 20,000 events in 3 partitions."""
    from tests.integration.restarts import Schedule, prove

    schedule = Schedule(
        stops=int(200 * share),
        input_kills=int(50 * share),
        splunkd_kills=int(10 * share),
        events=int(20_000 * share),
        partitions=3,
        seed=seed,
        long_locks=2 if share == 1.0 else 0,
    )
    print(f"{schedule}", flush=True)
    outcome = prove(schedule, folder, package.build(folder), sys.executable, say)
    print(outcome, flush=True)
    return outcome.holds


def day(folder: Path, seed: int, share: float) -> bool:
    """Six hours at 200 times the speed of time; the seed is not used."""
    from tests.integration.day import live_through

    outcome = live_through(6.0 * share, folder, package.build(folder), say)
    print(outcome, flush=True)
    return outcome.holds


def say(text: str) -> None:
    """A line of progress."""
    print(f"-- {text}", flush=True)


if __name__ == "__main__":
    main()
