"""What `make demo` shows: a moment of the demonstration as a panel in a terminal, and as one line where there is none.

Rules: pure, but for the view itself. Where stdout is no terminal, each second is a line of its own and nothing is drawn
anew, so that a log of it can be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple, Optional

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

_COLOURS = {"running": "green", "error": "red", "waiting_app_id": "yellow", "starting": "yellow"}
_WORDS = {"waiting_app_id": "waiting for Falcon to free the app ID"}


class Partition(NamedTuple):
    """One partition, as the input's state has it, and what came into the index of it within the last second."""

    name: str
    state: str
    offset: Optional[int]
    indexed: int
    rate: float
    lag: Optional[float]


class Moment(NamedTuple):
    """One second: since when, what goes on, how much of the backlog is in the index, and each partition."""

    second: int
    stage: str
    backlog: int
    partitions: Sequence[Partition]

    @property
    def indexed(self) -> int:
        """Events in the index."""
        return sum(each.indexed for each in self.partitions)

    @property
    def rate(self) -> float:
        """Events a second, all partitions together."""
        return sum(each.rate for each in self.partitions)

    @property
    def left(self) -> Optional[float]:
        """Seconds until the backlog is in the index, at this pace; None without one, 0 once it is."""
        missing = max(self.backlog - self.indexed, 0)
        return 0.0 if not missing else missing / self.rate if self.rate > 0 else None


def line_of(moment: Moment) -> str:
    """A moment in one line."""
    parts = [f"partition {each.name} {_state(each.state)}, {each.rate:,.0f}/s" for each in moment.partitions]
    return f"{moment.second:>3} s  {moment.indexed:>7,} indexed  {'; '.join(parts)}"


def panel_of(moment: Moment) -> RenderableType:
    """A moment as a panel: the backlog as a bar, the partitions as a table."""
    table = Table(box=None, padding=(0, 2), header_style="bold")
    for name in ("partition", "state", "offset", "indexed", "events/s", "lag"):
        table.add_column(name, justify="left" if name in ("partition", "state") else "right")
    for each in moment.partitions:
        state = Text(_state(each.state), style=_COLOURS.get(each.state, ""))
        offset, lag = _shown(each.offset), "-" if each.lag is None else f"{each.lag:,.1f} s"
        table.add_row(each.name, state, offset, f"{each.indexed:,}", f"{each.rate:,.0f}", lag)
    bar = ProgressBar(total=max(moment.backlog, 1), completed=min(moment.indexed, moment.backlog), width=50)
    left = moment.left
    told = "no estimate yet" if left is None else "read" if left == 0 else f"read in about {left:.0f} s"
    head = Table.grid(padding=(0, 2))
    head.add_row(Text("backlog"), bar, Text(f"{told}"))
    return Panel(Group(head, Text(""), table), title=f"{moment.second} s  {moment.stage}", title_align="left")


def verdict_of(sent: int, indexed: int, missing: int, repeated: int) -> str:
    """The numbers that decide."""
    return f"{sent:,} sent \u00b7 {indexed:,} indexed \u00b7 {missing:,} missing \u00b7 {repeated:,} repeated"


def _state(state: str) -> str:
    return _WORDS.get(state, state)


def _shown(number: Optional[int]) -> str:
    return "-" if number is None else f"{number:,}"


class View:
    """What is shown. A context manager."""

    def __init__(self, console: Optional[Console] = None) -> None:
        self.console = console or Console(highlight=False)
        self._live = Live(console=self.console, auto_refresh=False) if self.console.is_terminal else None

    def __enter__(self) -> View:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, moment: Moment) -> None:
        """Show a moment."""
        if self._live is None:
            self.console.print(line_of(moment), soft_wrap=True)
        else:
            self._live.update(panel_of(moment), refresh=True)

    def say(self, text: str) -> None:
        """A line that stays."""
        self.console.print(f"-- {text}", style="bold" if self.console.is_terminal else None, soft_wrap=True)

    def end(self, verdict: str, held: bool, further: str) -> None:
        """The verdict, and what to look at next."""
        word = "The promise held: every event, in order." if held else "THE PROMISE DID NOT HOLD."
        if self.console.is_terminal:
            style = "green" if held else "red"
            self.console.print(Panel(Group(Text(verdict, style="bold"), Text(word), Text(further)), border_style=style))
        else:
            self.console.print(f"\n{verdict}\n{word}\n{further}", soft_wrap=True)
