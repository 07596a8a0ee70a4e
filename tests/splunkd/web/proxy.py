"""`/en-US/splunkd/__raw/...`: splunkd as a page may ask it.

Rules: what is not exposed is 404, for its method too; then a good session cookie (401); then, for everything but GET,
the header X-Splunk-Form-Key with the value of the CSRF cookie, and X-Requested-With: XMLHttpRequest. Where one of the
two is missing the answer is 401 with the sentence that splunkweb is quoted with in public threads ("Splunk cannot
authenticate the request. CSRF validation failed."), as an HTML page. jQuery's cache buster `_` is taken out of the
query. Everything else goes on to splunkd with the user's session, and its answer comes back as it is.

search/jobs is exposed and goes to splunkd like the rest, which has no search yet: it belongs to splunkd's side
(rest/, mounted in instance.py), nothing has to be added here.
"""

from __future__ import annotations

import hmac

from tests.splunkd.rest.exchange import Request, split_path
from tests.splunkd.rest.reception import Reception
from tests.splunkd.web.exposure import Exposure
from tests.splunkd.web.login import Login
from tests.splunkd.web.page import Page, Visit, sentence

_HIERARCHIES = ("services", "servicesNS")


class Proxy:
    """Between the pages and splunkd's reception."""

    def __init__(self, reception: Reception, exposure: Exposure, login: Login) -> None:
        self._reception = reception
        self._exposure = exposure
        self._login = login

    def answer(self, visit: Visit, path: str) -> Page:
        """`path` is splunkd's, as it came."""
        _, _, segments = split_path(path)
        method = "GET" if visit.method == "HEAD" else visit.method
        if path.split("/")[1] not in _HIERARCHIES or not self._exposure.allows(method, segments):
            return sentence(404, f"Resource not found: {path}")
        session = self._login.session_of(visit)
        if session is None:
            return sentence(401, "Splunk cannot authenticate the request. There is no session.")
        if not visit.reading and not self._meant(visit):
            return sentence(401, "Splunk cannot authenticate the request. CSRF validation failed.")
        answer = self._reception.answer(
            Request(
                method,
                path,
                tuple((name, value) for name, value in visit.query if name != "_"),
                visit.form,
                visit.body,
                f"Splunk {session.key}",
                visit.source_ip,
                visit.headers.get("content-type", ""),
            )
        )
        return Page(answer.status, answer.body, answer.content_type, answer.headers)

    def _meant(self, visit: Visit) -> bool:
        """Whether a page of this site sent it."""
        cookie = self._login.csrf_token_of(visit)
        key = visit.headers.get("x-splunk-form-key", "")
        by_script = visit.headers.get("x-requested-with", "").lower() == "xmlhttprequest"
        return by_script and bool(cookie) and hmac.compare_digest(cookie.encode(), key.encode())
