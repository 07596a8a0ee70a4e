"""This add-on's own endpoints, as the command line calls them.

Rules: a call has the session of the user who logged in, so splunkd decides what it may do, as it does for a page. A
refusal carries the endpoint's sentence. The password goes to splunkd's management port only, and only if that is on
this machine or has a certificate that this machine trusts (`Splunkd`).
"""

from __future__ import annotations

import json
import ssl
from http.client import HTTPException
from typing import Any, Dict, List, Mapping, Tuple

from splunklib import binding

from falcon_streams.errors import Refused
from falcon_streams.splunk.splunkd import Splunkd, quoted
from falcon_streams.splunk.writable_splunkd import words_of

SECONDS = 120.0  # an endpoint may ask Falcon about several accounts first
LOGIN_SECONDS = 10.0
Entries = List[Tuple[str, Dict[str, Any]]]
"""The objects of an answer: name and content."""


class OurEndpoints:
    """Calls the endpoints that restmap.conf names. Every call may raise Refused."""

    def __init__(self, uri: str, session_key: str) -> None:
        self._context = Splunkd(uri, session_key).context(SECONDS)

    def get(self, endpoint: str, name: str = "") -> Entries:
        """All objects of an endpoint, or one."""
        return self._call(self._context.get, endpoint, name, {})

    def post(self, endpoint: str, name: str, form: Mapping[str, str]) -> Entries:
        """Change an object, or without a name make one."""
        return self._call(self._context.post, endpoint, name, form)

    def _call(self, call: Any, endpoint: str, name: str, form: Mapping[str, str]) -> Entries:
        path = f"{endpoint}/{quoted(name)}" if name else endpoint
        try:
            answer = call(binding.UrlEncoded(path, skip_encode=True), output_mode="json", **form)
            entries = json.loads(answer.body.read())["entry"]
            return [(str(entry["name"]), dict(entry["content"])) for entry in entries]
        except binding.AuthenticationError:
            raise Refused(401, "your session has ended: log in again") from None
        except binding.HTTPError as error:
            raise Refused(error.status, words_of(error)) from None
        except (OSError, HTTPException) as error:
            raise _unanswered(error) from None
        except (ValueError, KeyError, TypeError):
            raise Refused(502, f"splunkd's answer about {endpoint} cannot be read: see splunkd.log") from None


def log_in(uri: str, user: str, password: str) -> str:
    """The session key of a user of splunkd. Raises Refused, and Fatal if `uri` is not an address."""
    context = Splunkd(uri, "").context(LOGIN_SECONDS)
    context.username, context.password = user, password
    try:
        return str(context.login().token)
    except (binding.AuthenticationError, binding.HTTPError):
        raise Refused(401, f"splunkd refuses this password of {user}: enter user and password again") from None
    except (OSError, HTTPException) as error:
        raise _unanswered(error) from None


def _unanswered(error: Exception) -> Refused:
    remedy = "check that Splunk runs, and that --splunkd is the address of its management port"
    if isinstance(error, ssl.SSLError):
        remedy = "run this command on Splunk's own machine, or give the port a certificate that this machine trusts"
    return Refused(503, f"splunkd did not answer ({type(error).__name__}): {remedy}")
