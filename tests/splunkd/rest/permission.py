"""What a session may not do is answered 403.

Capabilities as in authorize.conf.spec. A real instance also asks the app's metadata for write permission; here
`admin_all_objects` stands for it, and `edit_modinput_<scheme>` for a role that may edit inputs only.
"""

from __future__ import annotations

from tests.splunkd.rest.exchange import Answer, Refused
from tests.splunkd.rest.sessions import Session


def demand(session: Session, *any_of: str) -> None:
    """Go on only with one of these capabilities."""
    if not session.may(*any_of):
        raise Refused(
            403,
            f"You (user={session.user}) do not have permission to perform this operation "
            f"(requires capability: {any_of[0]}).",
        )


def marked(answer: Answer, session: Session) -> Answer:
    """The answer, its entries saying whether this session may write them (`can_write` of an entry's acl)."""
    may = session.may("admin_all_objects")
    return answer._replace(entries=[entry._replace(writable=may) for entry in answer.entries or []])
