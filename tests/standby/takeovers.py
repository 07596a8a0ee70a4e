"""Every way in which one of two forwarders is lost, with how long the other took, and the ledger check over both.

Rules: events flow on both partitions all the while. Times are the inputs' own seconds, which run SCALE times as fast as
the world's. `late` counts events that the former reader still delivered more than a second of the world after the
other's first: there must be none. Falcon must never see two feeds on one place, unless it is asked to let a second one
take over.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from tests.faults.load import load
from tests.integration.comparison import Comparison
from tests.integration.scene import INPUT
from tests.standby.pair import Forwarder, Pair

SCALE = 10.0
REAL_SECONDS = 90.0
SLACK = 1.0
REPLAY = 30

Act = Callable[[Pair, Forwarder], None]


def nothing(pair: Pair, reader: Forwarder) -> None:
    """Let it be."""


def lose_the_machine(pair: Pair, reader: Forwarder) -> None:
    reader.lose()


def bring_it_back(pair: Pair, reader: Forwarder) -> None:
    reader.splunkd.start()


def kill_the_input(pair: Pair, reader: Forwarder) -> None:
    """Its splunkd starts it again: the same forwarder, which goes on at once."""
    reader.splunkd.signal_input(INPUT, signal.SIGKILL)


def stop_in_order(pair: Pair, reader: Forwarder) -> None:
    reader.splunkd.disable_input(INPUT)


def enable_again(pair: Pair, reader: Forwarder) -> None:
    reader.splunkd.enable_input(INPUT)


def cut_the_store(pair: Pair, reader: Forwarder) -> None:
    """Falcon is still there, the store is not: it must stop reading by itself."""
    reader.to_store.cut()


def cut_everything(pair: Pair, reader: Forwarder) -> None:
    reader.cut()


def heal(pair: Pair, reader: Forwarder) -> None:
    reader.to_store.heal()
    reader.to_falcon.heal()


def suspend(pair: Pair, reader: Forwarder) -> None:
    """In the middle of whatever it does."""
    reader.splunkd.signal_input(INPUT, signal.SIGSTOP)


def wake(pair: Pair, reader: Forwarder) -> None:
    reader.splunkd.signal_input(INPUT, signal.SIGCONT)


class Loss(NamedTuple):
    """A way to be lost: what happens to the reader, and what is done once the other reads. `within` bounds the
    takeover in seconds: 45 s of watching, a look every 5, and as long as Falcon holds the app id."""

    title: str
    act: Act
    after: Act
    within: float
    falcon: Mapping[str, Any] = {}


LOCK = 60.0
# Watching, looks, Falcon's lock, the longest wait between two discoveries, and this machine's slowness.
TAKEOVER = 45.0 + 2 * 5.0 + LOCK + 30.0 + 20.0
SESSION = 240.0
SHORT = {"refresh_interval": int(SESSION), "session_life": SESSION}
VARIANTS = [(siblings, takeover) for siblings in ("free", "all", "null") for takeover in (False, True)]
LOSSES: Sequence[Loss] = (
    *(
        Loss(
            f"machine lost; siblings {siblings}, second reader {'takes over' if takeover else 'rejected'}",
            lose_the_machine,
            bring_it_back,
            TAKEOVER,
            {"siblings": siblings, "takeover": takeover, "lock": LOCK},
        )
        for siblings, takeover in VARIANTS
    ),
    Loss("stopped in order", stop_in_order, enable_again, 60.0),
    Loss("cut off from the store", cut_the_store, heal, TAKEOVER),
    # Falcon does not see that these two are gone, and ends their sessions for want of a refresh: at the latest then it
    # lets go of the app id. Half an hour at Falcon; four minutes here.
    Loss("cut off from everything", cut_everything, heal, SESSION + TAKEOVER, SHORT),
    Loss("suspended, and awake again", suspend, wake, SESSION + TAKEOVER, SHORT),
)


class Outcome(NamedTuple):
    """What came of a loss."""

    title: str
    takeover: Optional[float]
    comparison: Comparison
    late: int
    seconds_feeds: int
    fault: str = ""
    told: str = ""

    def __str__(self) -> str:
        taken = "no takeover" if self.takeover is None else f"takeover {self.takeover:5.1f} s"
        verdict = f"FAILED: {self.fault}" if self.fault else "passed"
        return f"{self.title:58} {taken:16} {self.comparison}, {self.late} late {self.told} -- {verdict}"


def play(loss: Loss, folder: Path, package: Path) -> Outcome:
    """Lose the reader, see the other one take its place, and the former one stand by."""
    with Pair(folder, package, scale=SCALE, **loss.falcon) as pair:
        pair.begin(replay_seconds=str(REPLAY))
        with load(pair.falcon):
            reader = _busy_reader(pair)
            other = pair.other(reader)
            lost_at = time.time()
            loss.act(pair, reader)
            pair.wait(lambda: other.splunkd.count() > 0, REAL_SECONDS, "the other one to read")
            takeover = (other.splunkd.events()[0].indextime - lost_at) * pair.scale
            loss.after(pair, reader)
            pair.wait(lambda: pair.state(reader) == "standby", REAL_SECONDS, "the former reader to stand by")
            time.sleep(1.0)
        comparison = pair.wait_until_all_arrived(REAL_SECONDS)
        return _judge(loss, pair, reader, takeover, comparison)


def _busy_reader(pair: Pair) -> Forwarder:
    """Who reads, once it has delivered something of both partitions and committed."""
    pair.wait(lambda: pair.reader() is not None, REAL_SECONDS, "a reader")
    reader = pair.reader()
    assert reader is not None
    pair.wait(lambda: reader.splunkd.count() > 20, REAL_SECONDS, "some events")
    time.sleep(1.0)
    return reader


def _judge(loss: Loss, pair: Pair, reader: Forwarder, takeover: float, comparison: Comparison) -> Outcome:
    first = pair.other(reader).splunkd.events()[0].indextime
    late = sum(1 for row in reader.splunkd.events() if row.indextime > first + SLACK)
    violations = len(pair.falcon.violations())
    faults = [
        "" if comparison.holds else str(comparison),
        f"{late} events of the former reader came late" if late else "",
        f"it took more than {loss.within:.0f} s" if takeover > loss.within else "",
        f"{violations} second feeds" if violations else "",
        "" if pair.state(pair.other(reader)) == "running" else "the other one does not read any more",
    ]
    fault = "; ".join(each for each in faults if each)
    return Outcome(loss.title, takeover, comparison, late, violations, fault)


# -- what must not make a takeover -------------------------------------------------------------------------------------


def outlive_the_store(seconds: float, folder: Path, package: Path) -> Outcome:
    """The store is gone for so long, under load; whoever read goes on, or another one, and memory stays."""
    with Pair(folder, package, scale=SCALE) as pair:
        pair.begin(replay_seconds=str(REPLAY))
        with load(pair.falcon):
            _busy_reader(pair)
            before = largest_memory(pair)
            pair.store.kill()
            until, most = time.monotonic() + seconds / pair.scale, before
            while time.monotonic() < until:
                most = max(most, largest_memory(pair))
                time.sleep(0.2)
            pair.store.start()
            pair.wait(lambda: pair.reader() is not None, REAL_SECONDS, "a reader again")
            time.sleep(1.0)
        comparison = pair.wait_until_all_arrived(REAL_SECONDS)
        violations = len(pair.falcon.violations())
        fault = "" if comparison.holds and not violations and most < before * 1.1 + 2 else "see the numbers"
        told = f"memory {before:.1f} -> at most {most:.1f} MB"
        return Outcome(f"store gone for {seconds:.0f} s", None, comparison, 0, violations, fault, told)


def watch_feeds_being_cut(seconds: float, folder: Path, package: Path) -> Outcome:
    """Falcon ends every feed after two minutes; the standby must not be moved by that."""
    with Pair(folder, package, scale=SCALE, longest_session=120.0, linger=1.0, lock=1.0) as pair:
        pair.begin(replay_seconds=str(REPLAY))
        with load(pair.falcon):
            reader = _busy_reader(pair)
            time.sleep(seconds / pair.scale)
        comparison = pair.wait_until_all_arrived(REAL_SECONDS)
        feeds, violations = len(pair.falcon.feeds()), len(pair.falcon.violations())
        moved = pair.other(reader).splunkd.count() > 0
        fault = "the standby took over" if moved else "" if comparison.holds and not violations else "see the numbers"
        return Outcome("feeds cut every two minutes", None, comparison, 0, violations, fault, f"{feeds} feeds")


def restart_after_a_kill(folder: Path, package: Path) -> Outcome:
    """The input is killed and its own splunkd starts it again: the same forwarder goes on, the standby stays."""
    with Pair(folder, package, scale=SCALE, lock=5.0) as pair:
        pair.begin(replay_seconds=str(REPLAY))
        with load(pair.falcon):
            reader = _busy_reader(pair)
            count = reader.splunkd.count()
            kill_the_input(pair, reader)
            pair.wait(lambda: reader.splunkd.count() > count + 20, REAL_SECONDS, "the same one to read on")
        comparison = pair.wait_until_all_arrived(REAL_SECONDS)
        violations = len(pair.falcon.violations())
        moved = pair.other(reader).splunkd.count() > 0
        fault = "the standby took over" if moved else "" if comparison.holds and not violations else "see the numbers"
        return Outcome("input killed, started again by its splunkd", None, comparison, 0, violations, fault)


def largest_memory(pair: Pair) -> float:
    """Resident MB of the larger one of the two inputs."""
    return max((each.splunkd.resident_mb(INPUT) for each in pair), default=0.0)


def prove(folder: Path, package: Path, say: Callable[[str], None]) -> list[Outcome]:
    """All of it; a line for each as it ends."""
    rows: list[Callable[[Path], Outcome]] = [lambda place, loss=loss: play(loss, place, package) for loss in LOSSES]  # type: ignore[misc]
    rows += [
        lambda place: restart_after_a_kill(place, package),
        lambda place: watch_feeds_being_cut(600.0, place, package),
        lambda place: outlive_the_store(20.0, place, package),
        lambda place: outlive_the_store(300.0, place, package),
    ]
    outcomes = []
    for number, row in enumerate(rows):
        outcomes.append(row(folder / str(number)))
        say(str(outcomes[-1]))
    return outcomes
