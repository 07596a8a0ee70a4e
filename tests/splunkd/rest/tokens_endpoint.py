"""`/stand-in/tokens`: authentication tokens (Settings > Tokens), made for a user who needs no login here.

Rules: an admin's session; POST `user` and `roles` (comma list) gives a token, which may what authorize.conf gives
these roles and what metadata allows them; DELETE `user` ends that user's. A role that no authorize.conf has is 400, and
so is one whose stanza sets nothing: whether splunkd registers such a role is not documented.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from tests.splunkd.conf.layers import Confs
from tests.splunkd.rest.exchange import Answer, Question, Refused
from tests.splunkd.rest.permission import demand
from tests.splunkd.rest.sessions import Sessions


class TokensEndpoint:
    """Makes and ends tokens."""

    def __init__(self, confs: Confs, sessions: Sessions) -> None:
        self._confs = confs
        self._sessions = sessions

    def answer(self, question: Question, rest: list[str]) -> Answer:
        demand(question.session, "admin_all_objects")
        user = question.arguments.get("user", "")
        if question.method == "DELETE":
            return Answer(body=json.dumps({"revoked": self._sessions.revoke_tokens(user)}).encode())
        roles = [role for role in question.arguments.get("roles", "").split(",") if role]
        token = self._sessions.add_token(user, roles, self._capabilities(roles))
        return Answer(201, body=json.dumps({"token": token}).encode())

    def _capabilities(self, roles: Iterable[str]) -> list[str]:
        stanzas = self._confs.stanzas("authorize")
        found: list[str] = []
        for role in roles:
            if not any(stanzas.get(f"role_{role}", {}).values()):
                raise Refused(400, f"There is no role {role}")
            found += [name for name, value in stanzas[f"role_{role}"].items() if value == "enabled"]
        return found
