"""What an input does once it has passed `stop_at`: it says so, and has splunkd disable it.

Rules: all is committed and given back before this begins. splunkd may stop this process before it answers the request,
so the request runs in a thread, and a stop ends the wait for the answer. If splunkd refuses, the input stays and does
nothing until somebody stops it: splunkd would start an input that ends again and again.
"""

from __future__ import annotations

import logging
from queue import SimpleQueue
from typing import Callable, Mapping

from falcon_streams.core.roster import FINISHED
from falcon_streams.errors import StreamsError
from falcon_streams.ports import Clock, StartThread
from falcon_streams.run.claimant import Vigil
from falcon_streams.run.happenings import Ending, Happening, Stop, SwitchedOff
from falcon_streams.run.progress import Progress

LOG = logging.getLogger(__name__)
TICK = 1.0


def tell_finished(partitions: Mapping[str, Progress]) -> None:
    """Log the end, with what this run did for it."""
    counters = [progress.counters for progress in partitions.values()]
    counted = ("events", "excluded", "before_start", "gaps", "resets")
    sums = {name: sum(getattr(each, name) for each in counters) for name in counted}
    LOG.info("finished", {"partitions": len(partitions), **sums})


def retire(
    switch_off: Callable[[], None],
    clock: Clock,
    inbox: SimpleQueue[Happening],
    start_thread: StartThread,
    on_tick: Callable[[], None],
) -> Stop:
    """Have the input disabled, and return when it has to end. `on_tick` may raise SplunkdGone."""

    def ask() -> None:
        try:
            switch_off()
            inbox.put(SwitchedOff(""))
        except StreamsError as error:
            inbox.put(SwitchedOff(str(error)))

    start_thread("switch off", ask)
    vigil, trouble = Vigil(clock), ""
    while True:
        happening = clock.take(inbox, TICK)
        on_tick()
        if isinstance(happening, SwitchedOff) and happening.refusal:
            trouble = f"this input has finished, and splunkd did not disable it ({happening.refusal}). Disable it"
        if isinstance(happening, Stop) or (isinstance(happening, SwitchedOff) and not trouble):
            return Stop(Ending.FINISHED)
        if trouble:
            vigil.tell(FINISHED, "not_disabled", trouble, whom="")
