"""The ledger check in a block: what Falcon sent, what the index holds, what is missing, and what to do next.

Rules: the comparison decides, and no events are left out of it but those of `DROP`, which are said. A lost event is
named as the ledger knows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.integration.comparison import Comparison, Key, compare, lost
from tests.splunkd.intake.index import Event
from tools.demo.tally import place_of

_NAMED = 5
NEXT = (
    "make demo DROP=1   lose an event on purpose, and see this check fail",
    "make demo WEB=1    the same, then the pages and dashboards to click through",
    "README.md          install it into Splunk, and add your first account",
    "docs/delivery.md   what is promised, and where the promise ends",
)


class Verdict(NamedTuple):
    """What came out."""

    comparison: Comparison
    lost: Sequence[Key]

    @property
    def holds(self) -> bool:
        return self.comparison.holds

    @property
    def numbers(self) -> str:
        """The line to look at first."""
        found = self.comparison
        return (
            f"{found.sent:,} sent · {found.indexed:,} indexed · {found.missing:,} missing · {found.repeated:,} repeated"
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the numbers mean."""
        if self.holds:
            return (
                "The promise held: every event is in the index, in the order of its partition, through the stop and "
                "the SIGKILL.",
                "Compared by partition, offset, and SHA-256. What is repeated was read again to be sure: the last "
                "second before a stop, and after a SIGKILL replay_seconds (2 here, 30 by default).",
            )
        return ("THE PROMISE DID NOT HOLD.", *self._faults())

    @property
    def next(self) -> tuple[str, ...]:
        """What to run or read next."""
        if self.holds:
            return NEXT
        return ("make demo          without DROP nothing may be missing", "docs/delivery.md   what is promised")

    def _faults(self) -> tuple[str, ...]:
        found = self.comparison
        named = [
            f"Lost: partition {partition}, offset {offset}, SHA-256 {digest[:16]}"
            for partition, offset, digest in self.lost[:_NAMED]
        ]
        more = len(self.lost) - len(named)
        counted = [
            f"{count:,} {what}."
            for count, what in (
                (more, "more are lost"),
                (found.strangers, "in the index were never sent"),
                (found.disordered, "came out of order"),
            )
            if count > 0
        ]
        return (*named, *counted)


def judge(ledger: Mapping[str, Sequence[Sequence[object]]], events: Sequence[Event]) -> Verdict:
    """Hold the index against the ledger."""
    comparison = compare(ledger, events)
    return Verdict(comparison, lost(ledger, events) if comparison.missing else ())


def withhold(events: Sequence[Event], count: int) -> tuple[list[Event], list[Event]]:
    """Take so many events out, spread over all, with their repeats; what is left, and the first of each taken."""
    step = max(1, len(events) // (count + 1))
    taken = {place_of(event): event for event in events[step::step][:count]}
    return [event for event in events if place_of(event) not in taken] if taken else list(events), list(taken.values())
