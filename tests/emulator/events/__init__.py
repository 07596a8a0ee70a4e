"""Generated events of every type that Falcon's Event Streams is known to carry, from a seed.

Rules: everything is invented, addresses are documentation ranges. A body is made once per variant and stamped per
event, so that a hundred thousand events take a second or two. `catalogue` says what is made and how often, `hard` what
is awkward yet legal, `lines` what is broken and only published on request.
"""

from __future__ import annotations

from tests.emulator.events.lines import HARD_LINES, hard_lines
from tests.emulator.events.tour import one_of_each

__all__ = ["HARD_LINES", "hard_lines", "one_of_each"]
