"""The demo from its first look to its verdict, and the open pages after it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Union

from rich.console import Console

from tools.demo.sample import sample
from tools.demo.stage import INPUT, SUPPLIES, Stage, stage
from tools.demo.story import PATIENCE, Act, Scene, Story
from tools.demo.tally import metadata_of, place_of
from tools.demo.verdict import judge, withhold
from tools.demo.view import Lines, Terminal

_TICK = 0.25
View = Union[Lines, Terminal]


def perform(folder: Path, built: Path, drop: int, web: bool) -> bool:
    """Play the demo; whether the promise held."""
    view: View = Terminal(Console()) if is_terminal() else Lines()
    with stage(folder, built, web) as played:
        view.say(f"a backlog of {played.backlog:,} events in {len(SUPPLIES)} partitions; the input `{INPUT}` starts")
        try:
            play(played, view)
        finally:
            view.rest()
        held = present(played, view, drop)
        if web:
            keep_open(played)
    return held


def is_terminal() -> bool:
    """Whether somebody looks who can see a picture move."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def play(played: Stage, view: View) -> None:
    """Look and do what the story wants, until it is over."""
    story = Story()
    while story.scene is not Scene.OVER:
        look = played.look()
        view.show(look)
        step = story.next(look)
        for text in step.said:
            view.say(text)
        played.play(step.act)
        if step.act is not Act.END:
            played.go_on()
            time.sleep(_TICK)
        if story.stuck(look):
            raise SystemExit(f"not within {PATIENCE:.0f} s: {story.scene.value}. The input's log ends:\n{played.log()}")


def present(played: Stage, view: View, drop: int) -> bool:
    """Show what came out; whether the promise held."""
    ledger, events = played.outcome()
    shown = sample(events)
    events, withheld = withhold(events, drop)
    for event in withheld:
        place = place_of(event)
        view.say(
            f"DROP: the {metadata_of(event)['eventType']} at partition {place.partition}, offset {place.offset} "
            "is taken out, as if it had been lost"
        )
    verdict = judge(ledger, events)
    view.present(played.tally.types, shown, verdict)
    return verdict.holds


def keep_open(played: Stage) -> None:
    """Leave the pages to whoever wants to click, with live events, until Ctrl-C."""
    told = played.splunkd.told
    print(
        f"\nThe pages are open: {played.splunkd.web_uri}/en-US/app/{played.splunkd.app}\n"
        f"  log in as {told['username']} with the password {told['password']}\n"
        "  Configuration has the account, Inputs the running input; the dashboards show stored example rows,\n"
        "  because the stand-in cannot search. Ctrl-C ends it all.",
        flush=True,
    )
    try:
        while True:
            time.sleep(_TICK)
            played.go_on()
    except KeyboardInterrupt:
        print("\n-- closing", flush=True)
