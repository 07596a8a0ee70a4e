"""Falcon Event Streams for Splunk: the code behind the modular input `falcon_event_streams`.

The rooms: `core` decides (pure: bytes and instants in, events and intents out). `falcon` talks to Falcon, `splunk` to
splunkd, and `store` keeps offsets. `run` moves events between them through the `ports` while an input runs. `pages`
answers Splunk's pages in a process of its own, `command` an admin's terminal, and `doctor` says what is wrong. `app` is
the front door.
"""

from __future__ import annotations

__version__ = "0.1.0"
