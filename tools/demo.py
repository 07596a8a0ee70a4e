"""`make demo`: the main job, live. Falcon's emulator, splunkd's stand-in, the built package between them.

Rules: the demo makes the same REST calls as a page does for an admin. A backlog is read; then the input is killed, and
later stopped and started, while events come. At the end, the ledger check decides the exit status; `--drop N` loses N
events on purpose, and the check must notice and name them. `--web` leaves all of it running for a browser.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools import environments, package

if TYPE_CHECKING:
    from tools.demo_view import View

BACKLOG = 25_000  # of each partition
RATE = 40
# Seconds after the backlog: when the input is killed, when it is stopped, and when the demonstration ends.
KILLED_AT, STOPPED_AT, ENDS_AT = 7, 15, 20
MOST_SECONDS = 90
# Falcon keeps an app ID for up to six minutes after a reader has vanished, and 30 s are read again after a kill. Both
# are shorter here, so that the demonstration is.
LOCK, REPLAY = 4.0, "2"
NEXT = "Next: make demo WEB=1 (the pages in a browser), make test (the proof), README.md (your own Splunk)."


def main() -> None:
    """Set up, then run in the environment of the tests."""
    parser = argparse.ArgumentParser(description="Show the main job running.")
    parser.add_argument("--drop", type=int, default=0, help="lose that many events on purpose")
    parser.add_argument("--web", action="store_true", help="leave the pages open for a browser, until Ctrl-C")
    parser.add_argument("--ready", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ready:
        raise SystemExit(0 if show(arguments.drop, arguments.web) else 1)
    version, python = list(environments.interpreters().items())[-1]
    executable = str(environments.for_tests(version, python))
    given = ["--drop", str(arguments.drop), *(["--web"] if arguments.web else [])]
    os.execv(executable, [executable, "-m", "tools.demo", "--ready", *given])


def show(drop: int, web: bool) -> bool:
    """Run the demonstration; return whether the ledger check held."""
    from tests.integration.comparison import compare
    from tools.demo_view import View, verdict_of

    view = View()
    with tempfile.TemporaryDirectory() as folder:
        view.say("building the package")
        built = package.build(Path(folder))
        view.say(f"built {built.name}; starting Falcon's emulator (2 partitions, {2 * BACKLOG:,} events) and a splunkd")
        with stage(Path(folder), built, web) as (falcon, splunkd):
            view.say("storing an account and its secret, and creating the input `demo`, as the pages do")
            store_account(falcon, splunkd)
            splunkd.create_input("demo", account="demo", app_id="demo01", interval="1", replay_seconds=REPLAY)
            with view:
                watch(view, falcon, splunkd)
            falcon.set_rate(rate=0)
            ledger = falcon.ledger()
            view.say("no more events are made; waiting for the last ones")
            splunkd.wait_for(lambda: compare(ledger, splunkd.events()).missing == 0, 60, "all events")
            indexed = splunkd.events()[drop:]
            comparison = compare(ledger, indexed)
            tell(view, indexed)
            if comparison.missing:
                view.say(f"missing: {', '.join(missing_of(ledger, indexed))}")
            sent = sum(len(entries) for entries in ledger.values())
            verdict = verdict_of(sent, comparison.indexed, comparison.missing, comparison.repeated)
            view.end(verdict, comparison.holds, NEXT)
            if web:
                leave_open(view, falcon, splunkd)
        return bool(comparison.holds)


@contextmanager
def stage(folder: Path, built: Path, web: bool) -> Iterator[tuple[Any, Any]]:
    """The emulator and the stand-in, running."""
    from tests.emulator import AS_IN_LIFE, EmulatorProcess
    from tests.splunkd import Splunkd

    emulator = EmulatorProcess(partitions=2, preload=BACKLOG, rate=RATE, seed=7, lock=LOCK, **AS_IN_LIFE)
    with emulator as falcon, Splunkd(folder / "splunk", built, sys.executable, web=web) as splunkd:
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


def watch(view: View, falcon: Any, splunkd: Any) -> None:
    """Show each second; once the backlog is read, kill the input, and later stop it and start it again."""
    from tools.demo_view import Moment

    before: Counter[str] = Counter()
    started, read_at, stage_now = time.monotonic(), 0, "reading the backlog"
    for second in range(1, MOST_SECONDS + 1):
        time.sleep(max(0.0, started + second - time.monotonic()))
        partitions = partitions_of(splunkd, before)
        before = Counter({each.name: each.indexed for each in partitions})
        moment = Moment(second, stage_now, 2 * BACKLOG, partitions)
        view.show(moment)
        if not read_at and moment.left == 0:
            read_at, stage_now = second, "live: 80 events a second"
            view.say(f"the backlog is read, {2 * BACKLOG:,} events in {second} s")
        after = second - read_at if read_at else 0
        if after == KILLED_AT:
            pid = splunkd.signal_input("demo", signal.SIGKILL)
            view.say(f"killed the input's process {pid}; splunkd starts it again, and it goes on at its checkpoint")
        elif after == STOPPED_AT:
            splunkd.disable_input("demo")
            view.say("stopped the input, as an admin would: it has given the app ID back. Starting it again")
            splunkd.enable_input("demo")
        elif after >= ENDS_AT:
            return


def partitions_of(splunkd: Any, before: Counter[str]) -> list[Any]:
    """Each partition now; `before` is what the index had a second ago."""
    from tools.demo_view import Partition

    found = []
    states = read_state(splunkd)
    for name in ("0", "1"):
        indexed = splunkd.count("json_extract(fields, '$.falcon_partition') = ?", (name,))
        state = states.get(name, {})
        rate = float(indexed - before[name])
        found.append(
            Partition(name, state.get("state", "starting"), state.get("offset"), indexed, rate, state.get("lag_s"))
        )
    return found


def read_state(splunkd: Any) -> dict[str, Any]:
    """The partitions in the input's state file, which the Inputs page reads too."""
    for path in splunkd.home.rglob("state.json"):
        partitions: dict[str, Any] = json.loads(path.read_bytes())["partitions"]
        return partitions
    return {}


def tell(view: View, indexed: Sequence[Any]) -> None:
    """The event types that came most, and one event as the index has it."""
    types = Counter(json.loads(event.raw)["metadata"]["eventType"] for event in indexed)
    most = ", ".join(f"{count:,} {name}" for name, count in types.most_common(6))
    view.say(f"in the index, the types that came most: {most}")
    one = next((event for event in indexed if b"EppDetectionSummaryEvent" in event.raw), indexed[0])
    tree = json.loads(one.raw)
    shortened = dict(list(tree["event"].items())[:8])
    view.say("one event as the index has it, the first of its fields:")
    text = json.dumps({"metadata": tree["metadata"], "event": shortened}, indent=2, ensure_ascii=False)
    view.console.print(text, soft_wrap=True, markup=False)


def missing_of(ledger: dict[str, Any], indexed: Sequence[Any]) -> list[str]:
    """The first of the events that the index lacks: partition and offset."""
    places = ((json.loads(each.fields), json.loads(each.raw)) for each in indexed)
    have = {(fields.get("falcon_partition"), tree["metadata"]["offset"]) for fields, tree in places}
    lacking = [(name, row[0]) for name, rows in ledger.items() for row in rows if (name, row[0]) not in have]
    return [f"partition {name} offset {offset}" for name, offset in lacking[:5]]


def leave_open(view: View, falcon: Any, splunkd: Any) -> None:
    """Let events come, and the pages be looked at, until Ctrl-C."""
    falcon.set_rate(rate=RATE)
    told = splunkd.told
    address = f"{splunkd.web_uri}/en-US/app/TA_falcon_event_streams/inputs"
    view.say(f"open {address} and log in as {told['username']} with {told['password']}; Ctrl-C ends it")
    try:
        while True:
            time.sleep(1.0)
    except KeyboardInterrupt:
        view.say("ended")


if __name__ == "__main__":
    main()
