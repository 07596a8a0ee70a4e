"""The rows of the bench: a measure, its value, what it has to reach, and whether it does."""

from __future__ import annotations

import statistics
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

AT_MOST, AT_LEAST = "at most", "at least"


class Target(NamedTuple):
    """What a value has to reach; `gross` is a miss by more than the double, which no noise explains."""

    side: str
    limit: float

    def met(self, value: float) -> bool:
        """Whether the value reaches it."""
        return value <= self.limit if self.side == AT_MOST else value >= self.limit

    def grossly_missed(self, value: float) -> bool:
        """Whether it is missed by more than half."""
        return value > 2 * self.limit if self.side == AT_MOST else value < self.limit / 2

    def __str__(self) -> str:
        return f"{self.side} {self.limit:g}"


class Row(NamedTuple):
    """One line of the table. `spread` are the least and the greatest value of the runs, None where there was one."""

    measure: str
    python: str
    value: float
    unit: str
    target: Optional[Target]
    spread: Optional[Tuple[float, float]] = None

    @property
    def met(self) -> Optional[bool]:
        """Whether the target is met, None where there is none."""
        return None if self.target is None else self.target.met(self.value)

    def record(self) -> Dict[str, object]:
        """The row as it stands in dist/bench.json."""
        target = None if self.target is None else str(self.target)
        known = {"measure": self.measure, "python": self.python, "value": self.value, "unit": self.unit}
        return {**known, "target": target, "met": self.met, "spread": self.spread}

    def __str__(self) -> str:
        target = "" if self.target is None else str(self.target)
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        spread = "" if self.spread is None else f"{shown(self.spread[0])} - {shown(self.spread[1])}"
        unit = self.unit
        return (
            f"{self.python:>5} {self.measure:<58} {shown(self.value):>9} {unit:<7} {target:<15} {verdict:<7} {spread}"
        )


def shown(value: float) -> str:
    """Three digits, or the whole number."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def over_rounds(
    measure: str, python: str, values: Sequence[float], unit: str = "x", target: Optional[Target] = None
) -> Row:
    """The median of some rounds, with their spread."""
    return Row(measure, python, statistics.median(values), unit, target, (min(values), max(values)))


class Table:
    """Collects rows, and prints each as it comes."""

    def __init__(self) -> None:
        self.rows: List[Row] = []

    def add(self, *rows: Row) -> None:
        """Take these rows."""
        for row in rows:
            self.rows.append(row)
            print(row, flush=True)

    def missed(self) -> List[Row]:
        """Rows that do not reach their target."""
        return [row for row in self.rows if row.met is False]
