"""What calls to Falcon cost our process: prints the CPU seconds of a token, a discovery, and a refresh, as JSON."""

from __future__ import annotations

import json
import sys
import time
from typing import Callable

sys.path[:0] = [f"{sys.argv[1]}/bin", f"{sys.argv[1]}/lib"]

from falcon_streams.clock import SystemClock  # noqa: E402
from falcon_streams.core.account import Credentials  # noqa: E402
from falcon_streams.core.clouds import origin_of  # noqa: E402
from falcon_streams.falcon.auth import Bearers  # noqa: E402
from falcon_streams.falcon.event_streams import EventStreams, EventStreamsInput  # noqa: E402
from falcon_streams.falcon.feed import HttpFeeds  # noqa: E402
from falcon_streams.falcon.transport import Transport  # noqa: E402

TIMES = 60
app, base_url, client_id, client_secret, ca_file, cid = sys.argv[1:]
clock = SystemClock()
transport = Transport(clock, ca_file)
account = Bearers(transport, clock, origin_of("custom", base_url), Credentials(client_id, client_secret))


def cost(call: Callable[[], object]) -> float:
    """CPU seconds of one of these calls."""
    call()
    began = time.process_time()
    for _ in range(TIMES):
        call()
    return (time.process_time() - began) / TIMES


bearers = account.of_child(cid)
api = EventStreamsInput(EventStreams(transport, bearers), bearers, clock, "calls", "json", cid)
token = cost(lambda: account.of_child(cid).current())
discovery = cost(api.discover)
stream = api.discover().streams[0]
feed = HttpFeeds(transport, clock, ()).open(stream, "whence=0")
print(json.dumps({"token": token, "discovery": discovery, "refresh": cost(lambda: api.refresh(stream))}))
feed.close()
