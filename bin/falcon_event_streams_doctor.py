"""The doctor, run as `splunk cmd python3 falcon_event_streams_doctor.py`: the command `doctor` of the admin's command
line, under a name that is easy to find."""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

from falcon_streams.command import line

if __name__ == "__main__":
    alone = [each for each in sys.argv[1:] if each == "--alone"]
    others = [each for each in sys.argv[1:] if each != "--alone"]
    sys.exit(line.main([*others, "doctor", *alone], sys.stdin, sys.stdout, sys.stderr))
