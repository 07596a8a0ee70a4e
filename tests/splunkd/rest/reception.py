"""What every request meets first, over TLS or through splunkweb: the switches, the router, the refusals.

Rules: the switches `rest_delay_s` and `rest_status` act here, never on /stand-in; what is refused is answered with
splunkd's messages.
"""

from __future__ import annotations

import time
from urllib.parse import unquote

from tests.splunkd.rest.exchange import Answer, Refused, Request, render_messages
from tests.splunkd.rest.router import Router
from tests.splunkd.switches import Switches


class Reception:
    """Answers anything; raises nothing that a client could cause."""

    def __init__(self, router: Router, switches: Switches) -> None:
        self._router = router
        self._switches = switches

    def answer(self, request: Request) -> Answer:
        try:
            self._misbehave(request)
            return self._router.answer(request)
        except Refused as refused:
            return refusal(refused, request.json)

    def _misbehave(self, request: Request) -> None:
        switches = self._switches
        path = unquote(request.path)
        if path.startswith("/stand-in") or switches.rest_path not in path:
            return
        if switches.rest_method not in ("", request.method):
            return
        if switches.inputs_only:
            session = self._router.session_of(request.authorization)
            if session is None or session.stanza is None:
                return
        if switches.rest_delay_s > 0:
            time.sleep(switches.rest_delay_s)
        if switches.rest_status:
            raise Refused(switches.rest_status, "The server is busy.")


def refusal(refused: Refused, as_json: bool) -> Answer:
    """A refusal as it goes over the wire."""
    kind = "application/json" if as_json else "text/xml"
    return Answer(refused.status, None, render_messages(refused, as_json), f"{kind}; charset=UTF-8")
