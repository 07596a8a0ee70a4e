"""Runs the stand-in: `python -m tests.splunkd --home DIR --package TGZ --python PYTHON`.

Prints one line of JSON when it is ready, and runs until SIGTERM, SIGINT or its parent's death; then it stops its inputs
as splunkd does, and exits 0.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys

from tests.splunkd.instance import StandIn
from tests.splunkd.options import parse

_HEARTBEAT = 0.5


def main() -> int:
    parent = os.getppid()
    stopping: queue.SimpleQueue[int] = queue.SimpleQueue()  # an Event's lock may be held by the wait that we interrupt
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.put(0))
    stand_in = StandIn(parse(sys.argv[1:]))
    told = stand_in.start()
    print(json.dumps({**told, "pid": os.getpid()}), flush=True)
    while os.getppid() == parent:
        try:
            stopping.get(timeout=_HEARTBEAT)
            break
        except queue.Empty:
            pass
    stand_in.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
