"""The sample, run as `splunk cmd python3 falcon_event_streams_sample.py`: events, redacted for a public issue."""

from __future__ import annotations

import sys

from falcon_streams.command import sample

if __name__ == "__main__":
    sys.exit(sample.main(sys.argv[1:], sys.stdin.buffer, sys.stdout, sys.stderr))
