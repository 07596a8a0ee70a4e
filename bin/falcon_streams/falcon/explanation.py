"""Says in a sentence what went wrong on the way to a host, from the causes of an error, and what to do.

Rules: each hop is named as the admin has entered it: a proxy by its address and its stanza, so that nobody looks for
the fault at Falcon. Of what a proxy answers, only the status and the login schemes are told: the rest is its own text.
"""

from __future__ import annotations

import re
import socket
import ssl
from typing import Any, List, Optional

from falcon_streams.core.account import Proxy
from falcon_streams.trust import refusal

_OTHER_NAME = "look for what answers in this host's place: DNS, a proxy, the account's base_url"
_OTHER_PROXY = "look for what answers in the proxy's place, and check its host"
# http.client's wording of a proxy's refusal
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})\b")
_LOGIN_WANTED = "407"
_TIMEOUTS = {"ConnectTimeout", "ConnectTimeoutError", "ReadTimeout", "ReadTimeoutError", "timeout", "TimeoutError"}


class LoginUnspoken(OSError):
    """A proxy asks for a login and accepts no scheme that we speak; the message lists those it offers."""


def explain(error: BaseException) -> str:
    """What went wrong on the way to a host, and what to do."""
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return refusal(cause, "the account's ca_bundle", _OTHER_NAME)
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "reason", None) or "connection closed"  # Python's own errors have no reason
            return f"TLS failed ({reason}): look for a proxy that inspects TLS"
        if isinstance(cause, socket.gaierror):
            return "the host name could not be resolved: check DNS, or set a proxy for this account"
    names = {type(cause).__name__ for cause in chain}
    if names & {"ConnectTimeout", "ConnectTimeoutError"}:
        return "no connection in time: check the firewall, or set a proxy for this account"
    if names & {"ReadTimeout", "ReadTimeoutError", "timeout", "TimeoutError"}:
        return "no answer in time"
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain):
        return "the connection was refused: check the host and port"
    if "DecodeError" in names:
        return "the answer cannot be unpacked: look for a proxy that compresses"
    if names & {"ProtocolError", "IncompleteRead", "InvalidChunkLength", "ConnectionResetError", "RemoteDisconnected"}:
        return "the connection ended early"
    return f"the connection failed ({type(chain[-1]).__name__})"


def _causes(error: Optional[BaseException]) -> Any:
    seen = set()
    waiting = [error]
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__, getattr(current, "reason", None)]
        waiting += [argument for argument in current.args if isinstance(argument, BaseException)]
        waiting = [candidate for candidate in waiting if isinstance(candidate, BaseException)]


def explain_proxy(error: BaseException, proxy: Proxy, host: str) -> str:
    """What went wrong at a proxy on the way to a host, and what to do; empty if it was not the proxy's fault."""
    chain = list(_causes(error))
    if not any(type(cause).__name__ == "ProxyError" or isinstance(cause, LoginUnspoken) for cause in chain):
        return ""
    return f"{proxy.label} {_at_proxy(chain, proxy, host)} Falcon was not reached"


def _at_proxy(chain: List[BaseException], proxy: Proxy, host: str) -> str:
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"was not trusted: {refusal(cause, 'the ca_bundle of the account', _OTHER_PROXY)}."
        if isinstance(cause, socket.gaierror):
            return "cannot be resolved. Check its host name, and DNS."
        if isinstance(cause, LoginUnspoken):
            return (
                f"wants a login by {cause}, and this add-on speaks Basic only. Allow Basic there, or let this machine "
                "through without a login."
            )
    answered = next(filter(None, (_TUNNEL.match(str(cause)) for cause in chain)), None)
    if answered is not None and answered[1] == _LOGIN_WANTED:
        wants = "did not take the login" if proxy.username else "wants a login"
        return f"{wants} (407). Enter its user name and password."
    if answered is not None:
        return f"refused the way to {host} ({answered[1]}). Allow that host there."
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain):
        return "refused the connection. Check that it runs, and its port."
    if {type(cause).__name__ for cause in chain} & _TIMEOUTS:
        return "did not answer in time. Check that it runs, its port, and the firewall."
    return "broke the connection off. Check its type, host, and port."
