"""The floor: the body of a feed, written out as urllib3's `stream` hands it over: chunk by chunk, 256 KiB at most."""

from __future__ import annotations

import os
import sys

sys.path.insert(0, sys.argv[1])

import requests

response = requests.get(sys.argv[2], headers={"Accept-Encoding": "identity"}, stream=True, verify=sys.argv[3])  # noqa: S113 - a feed may be quiet
for piece in response.raw.stream(256 * 1024):
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(1, rest) :]
