"""`make demo`: the main job, live. Falcon's emulator, splunkd's stand-in, the built package between them.

Rules: the demo makes the same REST calls as a page does for an admin. Half-way, it stops the input and starts it again.
At the end, the ledger check decides the exit status; `--drop N` loses N events on purpose, and the check must notice.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools import environments, package

SECONDS = 20
RATE = 40
BACKLOG = 2000


def main() -> None:
    """Set up, then run in the environment of the tests."""
    parser = argparse.ArgumentParser(description="Show the main job running.")
    parser.add_argument("--drop", type=int, default=0, help="lose that many events on purpose")
    parser.add_argument("--ready", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ready:
        raise SystemExit(0 if show(arguments.drop) else 1)
    version, python = list(environments.interpreters().items())[-1]
    executable = str(environments.for_tests(version, python))
    os.execv(executable, [executable, "-m", "tools.demo", "--ready", "--drop", str(arguments.drop)])


def show(drop: int) -> bool:
    """Run the demonstration; return whether the ledger check held."""
    from tests.integration.comparison import compare

    with tempfile.TemporaryDirectory() as folder:
        say("building the package")
        built = package.build(Path(folder))
        say(f"built {built.name}; starting Falcon's emulator (2 partitions) and splunkd's stand-in")
        with stage(Path(folder), built) as (falcon, splunkd):
            say("storing an account and its secret, creating the input `demo`, over REST as a page would")
            store_account(falcon, splunkd)
            splunkd.create_input("demo", account="demo", app_id="demo01", interval="1")
            watch(falcon, splunkd)
            falcon.set_rate(rate=0)
            ledger = falcon.ledger()
            wanted = sum(len(entries) for entries in ledger.values())
            say("no more events are made; waiting for the last ones")
            splunkd.wait_for(lambda: compare(ledger, splunkd.events()).missing == 0, 60, "all events")
            indexed = splunkd.events()[drop:]
        print_types(indexed)
        comparison = compare(ledger, indexed)
        print(
            f"\n{wanted:,} sent, {comparison.indexed:,} indexed, {comparison.missing:,} missing, "
            f"{comparison.repeated:,} repeated (compared by partition, offset and SHA-256)"
        )
        held = comparison.holds
        print("the promise held: every event, in order" if held else "THE PROMISE DID NOT HOLD", flush=True)
        return held


@contextmanager
def stage(folder: Path, built: Path) -> Iterator[tuple[Any, Any]]:
    """The emulator and the stand-in, running."""
    from tests.emulator import AS_IN_LIFE, EmulatorProcess
    from tests.splunkd import Splunkd

    emulator = EmulatorProcess(partitions=2, preload=BACKLOG, rate=RATE, seed=7, **AS_IN_LIFE)
    with emulator as falcon, Splunkd(folder / "splunk", built, sys.executable) as splunkd:
        yield falcon, splunkd


def store_account(falcon: Any, splunkd: Any) -> None:
    """What the Configuration page does when an account is saved."""
    address = falcon.address
    splunkd.create_conf_stanza(
        "falcon_event_streams_account",
        "demo",
        cloud="custom",
        base_url=address["api"],
        client_id=address["client_id"],
        ca_bundle=address["ca_file"],
    )
    splunkd.create_password("TA_falcon_event_streams#account#demo", "client_secret", address["client_secret"])


def watch(falcon: Any, splunkd: Any) -> None:
    """Show the live table; in the middle, stop the input and start it again."""
    print(f"\n{'s':>3} {'partition':>9} {'state':<15} {'offset':>8} {'committed':>9} {'events/s':>8} {'lag s':>6}")
    before: Counter[str] = Counter()
    started = time.monotonic()
    for second in range(1, SECONDS + 1):
        time.sleep(max(0.0, started + second - time.monotonic()))
        if second == SECONDS // 2:
            say("stopping the input, as an admin would")
            splunkd.disable_input("demo")
            say("starting it again")
            splunkd.enable_input("demo")
        before = print_rows(second, splunkd, before)


def print_rows(second: int, splunkd: Any, before: Counter[str]) -> Counter[str]:
    """Print one second of the table, a row for each partition; return the counts for the next one."""
    now: Counter[str] = Counter()
    for partition in ("0", "1"):
        now[partition] = splunkd.count("json_extract(fields, '$.falcon_partition') = ?", (partition,))
        state = read_state(splunkd).get(partition, {})
        print(
            f"{second:>3} {partition:>9} {state.get('state', 'starting'):<15} {shown(state.get('offset')):>8} "
            f"{shown(state.get('committed')):>9} {now[partition] - before[partition]:>8} "
            f"{shown(state.get('lag_s')):>6}",
            flush=True,
        )
    return now


def read_state(splunkd: Any) -> dict[str, Any]:
    """The partitions in the input's state file, which the Inputs page reads too."""
    for path in splunkd.home.rglob("state.json"):
        partitions: dict[str, Any] = json.loads(path.read_bytes())["partitions"]
        return partitions
    return {}


def shown(value: Any) -> str:
    """A number for the table."""
    return "-" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)


def print_types(indexed: list[Any]) -> None:
    """What the index holds, by event type."""
    types = Counter(json.loads(event.raw)["metadata"]["eventType"] for event in indexed)
    print("\nin the index, by event type:")
    for name, count in types.most_common():
        print(f"  {count:>6,}  {name}")


def say(text: str) -> None:
    """A line of progress."""
    print(f"-- {text}", flush=True)


if __name__ == "__main__":
    main()
