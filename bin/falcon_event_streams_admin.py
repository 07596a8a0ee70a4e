"""The command line of an admin, run as `splunk cmd python3 falcon_event_streams_admin.py`."""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

from falcon_streams.command import line

if __name__ == "__main__":
    sys.exit(line.main(sys.argv[1:], sys.stdin, sys.stdout, sys.stderr))
