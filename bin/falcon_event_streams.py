"""splunkd's entry: puts the vendored libraries first on the path and starts the add-on."""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

from falcon_streams import app
from falcon_streams.run.process import leave

if __name__ == "__main__":
    leave(app.main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer))
