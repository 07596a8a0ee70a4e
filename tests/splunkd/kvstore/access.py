"""Who may read and write a collection.

Rules (default.meta.conf.spec): `access = read : [ roles ], write : [ roles ]` of `[collections/<name>]` in the app's
metadata, else of the app's own `[]`; local.meta over default.meta; `*` is everybody. admin_all_objects bypasses it
(authorize.conf.spec).
"""

from __future__ import annotations

import re

from tests.splunkd.conf import ini
from tests.splunkd.conf.layers import Confs
from tests.splunkd.rest.exchange import Refused
from tests.splunkd.rest.sessions import Session

_PART = re.compile(r"(read|write)\s*:\s*\[([^\]]*)\]")


def demand(confs: Confs, session: Session, app: str, collection: str, verb: str) -> None:
    """Go on only where the session's roles may `read` or `write`."""
    allowed = _allowed(confs, app, collection).get(verb, frozenset())
    if not (session.may() or "*" in allowed or session.roles & allowed):
        raise Refused(403, f"You (user={session.user}) do not have permission to perform this operation.")


def _allowed(confs: Confs, app: str, collection: str) -> dict[str, frozenset[str]]:
    folder = confs.app_home(app) / "metadata"
    allowed: dict[str, frozenset[str]] = {}
    for stanza in (ini.DEFAULT, f"collections/{collection}"):
        for name in ("default.meta", "local.meta"):
            access = ini.read(folder / name).get(stanza, {}).get("access", "")
            allowed.update({verb: frozenset(roles.replace(",", " ").split()) for verb, roles in _PART.findall(access)})
    return allowed
