"""Falcon Event Streams for Splunk: the code behind the modular input `falcon_event_streams`.

The rooms: `core` decides (pure: bytes and instants in, events and intents out), `falcon` talks to Falcon, `splunk`
talks to splunkd, `reader` and `supervisor` move events between them through the `ports`, `app` puts it all together.
"""

from __future__ import annotations

__version__ = "0.1.0"
