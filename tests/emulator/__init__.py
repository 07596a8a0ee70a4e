"""An emulator of CrowdStrike Falcon's Event Streams API, written from the Event Streams reference, importing none of
ours.

Rules: where the reference names an unknown (its section 8), the emulator has the reference's default and an option. It
is held to clients that nobody here wrote: FalconPy, and plain requests as reader of the feed. The picture: `options`
say what is wanted, `tenant` is what all share, `api`, `firehose` and `proxy` answer on `listener`s, `stream` serves
one feed, `faults` is the script of what goes wrong, `ledger` says who was sent what, `levers` are what a test may do,
`control` the same for other processes.
"""

from __future__ import annotations

from tests.emulator.clock import EmulatedClock
from tests.emulator.emulator import Emulator
from tests.emulator.options import AS_IN_LIFE, Options
from tests.emulator.process import EmulatorProcess

__all__ = ["AS_IN_LIFE", "EmulatedClock", "Emulator", "EmulatorProcess", "Options"]
