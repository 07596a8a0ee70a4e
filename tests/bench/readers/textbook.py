"""The textbook: a modular input as the SDK's examples and public connectors write it. No checkpoint, no refresh."""

from __future__ import annotations

import json
import sys

sys.path.insert(0, sys.argv[1])

import requests
from splunklib.modularinput import Event, EventWriter

response = requests.get(sys.argv[2], headers={"Accept-Encoding": "identity"}, stream=True, verify=sys.argv[3])  # noqa: S113 - a feed may be quiet
writer = EventWriter()
for line in response.iter_lines():
    if not line:
        continue
    metadata = json.loads(line)["metadata"]
    event = Event(
        data=line.decode("utf-8"),
        time="%.3f" % (metadata["eventCreationTime"] / 1000),
        source="CrowdStrike:Event:Streams",
        sourcetype="CrowdStrike:Event:Streams:JSON",
        stanza="falcon_event_streams://main",
    )
    writer.write_event(event)
