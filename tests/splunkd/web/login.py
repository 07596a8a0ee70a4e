"""`/en-US/account/...`: who sits before the browser.

Rules: a login makes a session of splunkd, kept in the cookie `splunkd_<port>` that no script can read, and a token
against forged requests in `splunkweb_csrf_token_<port>` that the pages read; a logout ends the session. After a login
the browser goes where it was sent from, within this site only. The form is plain HTML; splunkweb's own is made by its
JavaScript and has further cookies.
"""

from __future__ import annotations

import html
import secrets
from urllib.parse import quote

from tests.splunkd.rest.sessions import Session, Sessions
from tests.splunkd.web.page import ROOT, Page, Visit, document, redirect

_ADDRESS = f"{ROOT}/account/login"
_FORM = """<main>
<h1>Sign in</h1>
{fault}<form method="post" action="{address}">
<input type="hidden" name="return_to" value="{return_to}">
<p><label for="username">Username</label> <input id="username" name="username" autocomplete="username" required></p>
<p><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required></p>
<p><button type="submit">Sign In</button></p>
</form>
</main>"""


class Login:
    """Sessions by their cookies."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def session_of(self, visit: Visit) -> Session | None:
        """The session whose cookie the browser sends, None for none or one that is over."""
        return self._sessions.find(visit.cookies.get(_session_cookie(visit), ""))

    def csrf_token_of(self, visit: Visit) -> str:
        return visit.cookies.get(_csrf_cookie(visit), "")

    def first(self, visit: Visit) -> Page:
        """To the login, and back afterwards."""
        query = "&".join(f"{quote(name)}={quote(value)}" for name, value in visit.query)
        wanted = f"{visit.path}?{query}" if query else visit.path
        return redirect(f"{_ADDRESS}?return_to={quote(wanted, safe='')}")

    def answer(self, visit: Visit) -> Page:
        """The form, and what it sends."""
        if visit.reading:
            return _form(_local(dict(visit.query).get("return_to", "")))
        told = dict(visit.form)
        session = self._sessions.login(told.get("username", ""), told.get("password", ""))
        return_to = _local(told.get("return_to", ""))
        if session is None:
            return _form(return_to, "Login failed")
        cookies = (
            ("Set-Cookie", f"{_session_cookie(visit)}={session.key}; Path=/; HttpOnly; SameSite=Lax"),
            ("Set-Cookie", f"{_csrf_cookie(visit)}={secrets.token_hex(20)}; Path=/; SameSite=Lax"),
        )
        return redirect(return_to, cookies)

    def logout(self, visit: Visit) -> Page:
        session = self.session_of(visit)
        if session is not None:
            self._sessions.revoke(session.key)
        names = (_session_cookie(visit), _csrf_cookie(visit))
        return redirect(_ADDRESS, tuple(("Set-Cookie", f"{name}=; Path=/; Max-Age=0") for name in names))


def _session_cookie(visit: Visit) -> str:
    return f"splunkd_{visit.port}"


def _csrf_cookie(visit: Visit) -> str:
    return f"splunkweb_csrf_token_{visit.port}"


def _local(address: str) -> str:
    """An address of this site, whatever was asked for."""
    strange = any(sign in address for sign in "\\\r\n\0") or not address.isascii()
    return address if address.startswith(f"{ROOT}/") and not strange else f"{ROOT}/"


def _form(return_to: str, fault: str = "") -> Page:
    told = f'<p role="alert">{html.escape(fault)}</p>\n' if fault else ""
    inner = _FORM.format(address=_ADDRESS, return_to=html.escape(return_to), fault=told)
    return document("Login", inner, 401 if fault else 200)
