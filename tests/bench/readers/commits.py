"""What a commit costs our process: prints the CPU seconds of one, fsync and rename included, over a hundred."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path[:0] = [f"{sys.argv[1]}/bin", f"{sys.argv[1]}/lib"]

from falcon_streams.core.record import Owner, StartPosition, first_record  # noqa: E402
from falcon_streams.store.files import FileStore  # noqa: E402

TIMES = 100
record = first_record("bench", "0", Owner("api.example", "client", ""), StartPosition(), 1_790_000_000.0, None)
store = FileStore(Path(sys.argv[2]), "bench", lambda: True)
store.save([record])
began = time.process_time()
for offset in range(TIMES):
    store.save([replace(record, offset=offset)])
print((time.process_time() - began) / TIMES)
