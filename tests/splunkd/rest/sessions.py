"""Who may ask: users with their capabilities, and the session keys that stand for them.

Rules (Splunk platform reference 1.6, 3): login gives a key; each run of an input gets a key of its own that acts as
the system user; a key that is revoked, or whose run is over, is answered 401. Keys live in memory: a restart of splunkd
ends them all. Passwords are kept as salted hashes in etc/passwd of the home, tokens as hashes beside them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

ADMIN_CAPABILITIES = frozenset(
    (
        "admin_all_objects",
        "edit_monitor",
        "edit_scripted",
        "edit_storage_passwords",
        "list_inputs",
        "list_settings",
        "list_storage_passwords",
    )
)
SYSTEM_USER = "splunk-system-user"
_ROUNDS = 1000


class Session(NamedTuple):
    """What a key stands for; `stanza` names the input where it is an input's key."""

    key: str
    user: str
    capabilities: frozenset[str]
    stanza: str | None = None
    roles: frozenset[str] = frozenset()

    def may(self, *any_of: str) -> bool:
        """admin_all_objects "bypasses ACLs" (authorize.conf.spec)."""
        return "admin_all_objects" in self.capabilities or bool(self.capabilities & set(any_of))


NOBODY = Session("", "", frozenset())


class Sessions:
    """Users and keys, safe to share among threads."""

    def __init__(self, users_file: Path) -> None:
        self._file = users_file
        self._lock = threading.Lock()
        self._tokens = users_file.with_name("tokens")
        self._keys: dict[str, Session] = {}

    def add_token(self, user: str, roles: Iterable[str], capabilities: Iterable[str]) -> str:
        """An authentication token (Settings > Tokens) of a user with these roles; it outlives a restart."""
        token = secrets.token_urlsafe(48)
        with self._lock:
            known = _read(self._tokens)
            known[_digest(token)] = {"user": user, "roles": sorted(roles), "capabilities": sorted(capabilities)}
            _write(self._tokens, known)
        return token

    def revoke_tokens(self, user: str) -> int:
        """End the tokens of a user; how many there were."""
        with self._lock:
            known = _read(self._tokens)
            left = {digest: told for digest, told in known.items() if told["user"] != user}
            _write(self._tokens, left)
            return len(known) - len(left)

    def find_token(self, token: str) -> Session | None:
        """Whom a token stands for."""
        told = _read(self._tokens).get(_digest(token))
        if told is None:
            return None
        return Session(token, told["user"], frozenset(told["capabilities"]), None, frozenset(told["roles"]))

    def add_user(self, name: str, password: str, capabilities: Iterable[str]) -> None:
        """Make or replace a user."""
        with self._lock:
            users = _read(self._file)
            salt = secrets.token_hex(8)
            users[name] = {"salt": salt, "hash": _hashed(password, salt), "capabilities": sorted(capabilities)}
            _write(self._file, users)

    def knows(self, name: str) -> bool:
        return name in _read(self._file)

    def login(self, name: str, password: str) -> Session | None:
        """A new session, None for a wrong name or password."""
        user = _read(self._file).get(name)
        if user is None or not hmac.compare_digest(_hashed(password, user["salt"]), user["hash"]):
            return None
        return self._open(name, frozenset(user["capabilities"]), None)

    def open_for_input(self, stanza: str) -> Session:
        return self._open(SYSTEM_USER, ADMIN_CAPABILITIES, stanza)

    def open_for_system(self) -> Session:
        """A system token, for a script whose restmap.conf asks for one (`passSystemAuth`)."""
        return self._open(SYSTEM_USER, ADMIN_CAPABILITIES, None)

    def find(self, key: str) -> Session | None:
        return self._keys.get(key)

    def revoke(self, key: str) -> None:
        with self._lock:
            self._keys.pop(key, None)

    def revoke_inputs(self, stanza: str | None = None) -> int:
        """End the keys of one input, or of all; how many there were."""
        with self._lock:
            ended: list[str] = [
                session.key
                for session in self._keys.values()
                if session.stanza is not None and stanza in (None, session.stanza)
            ]
            for key in ended:
                del self._keys[key]
            return len(ended)

    def _open(self, user: str, capabilities: frozenset[str], stanza: str | None) -> Session:
        session = Session(secrets.token_urlsafe(48), user, capabilities, stanza)
        with self._lock:
            self._keys[session.key] = session
        return session


def _read(path: Path) -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return known


def _write(path: Path, known: dict[str, dict[str, Any]]) -> None:
    path.write_text(json.dumps(known, indent=1), encoding="utf-8")
    path.chmod(0o600)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hashed(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), _ROUNDS).hex()
