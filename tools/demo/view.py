"""What the demo shows: a picture that moves in a terminal, plain lines anywhere else.

Rules: a view decides nothing. Both say the same sentences; a pipe or a file gets no colour and no control character.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Optional

from rich import box
from rich.console import Console, Group, RenderableType
from rich.json import JSON
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tools.demo import wording
from tools.demo.look import READING, WORDS, Look
from tools.demo.sample import Sample
from tools.demo.verdict import Verdict

TOP = 6
EVERY = 2.0  # seconds between two plain lines
_FIELD_WIDTH = 18


class Lines:
    """Plain lines, each with the seconds since the input was made."""

    def __init__(self) -> None:
        self._shown = -EVERY
        self._at = 0.0

    def say(self, text: str) -> None:
        """A sentence of the story."""
        print(f"{self._at:5.1f} s  -- {text}", flush=True)

    def show(self, look: Look) -> None:
        """A look, where the last one is old enough."""
        self._at = look.at
        if look.at - self._shown >= EVERY:
            self._shown = look.at
            rows = " | ".join(
                f"partition {row.partition}: {WORDS[row.state]}, {row.rate:,.0f}/s, {wording.behind(row.behind)}"
                for row in look.rows
            )
            print(f"{look.at:5.1f} s  {_progress(look)} | {rows}", flush=True)

    def rest(self) -> None:
        """The story is over."""

    def present(self, types: Counter[str], event: Optional[Sample], verdict: Verdict) -> None:
        """What came out."""
        print(f"\nThe {TOP} most frequent of {len(types)} event types in the index:")
        for name, count in types.most_common(TOP):
            print(f"  {count:>7,}  {name}")
        if event is not None:
            print(f"\nOne event as the index has it ({event.event_type}):\n{event.pretty}\n\nIts fields in a search:")
            for name, value in event.fields:
                print(f"  {name:<{_FIELD_WIDTH}} {value}")
        print(
            "\n".join(("", verdict.numbers, *verdict.sentences, "", "Next:", *(f"  {each}" for each in verdict.next)))
        )
        sys.stdout.flush()


class Terminal:
    """A bar and a table that move, sentences above them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._at = 0.0
        self._live = Live(console=console, refresh_per_second=8, transient=True)

    def say(self, text: str) -> None:
        """A sentence of the story."""
        self._console.print(Text.assemble((f"{self._at:5.1f} s  ", "dim"), text))

    def show(self, look: Look) -> None:
        """A look."""
        self._at = look.at
        self._live.start()
        self._live.update(Group(_bar(look), _table(look)))

    def rest(self) -> None:
        """The story is over: the picture goes, what was said stays."""
        self._live.stop()

    def present(self, types: Counter[str], event: Optional[Sample], verdict: Verdict) -> None:
        """What came out."""
        self._console.print(_types(types))
        if event is not None:
            self._console.print(self._event(event))
        style = "green" if verdict.holds else "bold red"
        lines = [
            Text(verdict.numbers, "bold"),
            *map(Text, verdict.sentences),
            Text("\nNext:"),
            *(Text(f"  {each}", "cyan") for each in verdict.next),
        ]
        self._console.print(Panel(Group(*lines), border_style=style, title="The verdict", title_align="left"))

    def _event(self, event: Sample) -> RenderableType:
        fields = Table.grid(padding=(0, 2))
        for name, value in event.fields:
            fields.add_row(Text(name, "cyan"), Text(value))
        raw = Panel(JSON(event.pretty), title=f"One event as the index has it: {event.event_type}", title_align="left")
        seen = Panel(fields, title="Its fields in a search", title_align="left")
        if self._console.width < 120:
            return Group(raw, seen)
        both = Table.grid(expand=True)
        both.add_column(ratio=1)
        both.add_column(ratio=1)
        both.add_row(raw, seen)
        return both


def _progress(look: Look) -> str:
    if look.share >= 1:
        return f"live, {look.arrived:,} events"
    return f"{look.share:3.0%} of the backlog, {look.arrived:,} events, {wording.estimate(look.seconds_left)}"


def _bar(look: Look) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_row(
        Text("Backlog", "bold"),
        ProgressBar(total=look.backlog, completed=min(look.arrived, look.backlog), width=36),
        Text(f"{look.share:.0%}"),
        Text(f"{min(look.arrived, look.backlog):,} of {look.backlog:,}"),
        Text(wording.estimate(look.seconds_left)),
    )
    return grid


def _table(look: Look) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Partition", "State"):
        table.add_column(name)
    for name in ("Events", "Events/s", "Behind Falcon"):
        table.add_column(name, justify="right")
    for row in look.rows:
        state = Text(WORDS[row.state], "green" if row.state == READING else "yellow")
        table.add_row(
            row.partition,
            state,
            f"{row.arrived:,}",
            f"{row.rate:,.0f}",
            wording.behind(row.behind).replace(" behind", ""),
        )
    return table


def _types(types: Counter[str]) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, title=f"The {TOP} most frequent of {len(types)} event types", title_justify="left"
    )
    table.add_column("Event type")
    table.add_column("In the index", justify="right")
    for name, count in types.most_common(TOP):
        table.add_row(name, f"{count:,}")
    return table
