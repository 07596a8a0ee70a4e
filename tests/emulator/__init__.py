"""An emulator of CrowdStrike Falcon's Event Streams API, written from the Event Streams reference, importing none of
ours.

Rules: where the reference names an unknown (its section 8), the emulator has the reference's default and an option. It
is held to clients that nobody here wrote: FalconPy, and plain requests as a reader of feeds. The picture: `tenant`
knows clients, tokens, partitions and who is connected; `api` and `firehose` answer for it over TLS; `control` scripts
it from other processes.
"""

from __future__ import annotations

from tests.emulator.emulator import Emulator, Options
from tests.emulator.process import EmulatorProcess

__all__ = ["Emulator", "EmulatorProcess", "Options"]
