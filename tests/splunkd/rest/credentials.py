"""storage/passwords: the secrets of the apps.

Rules (passwords.conf.spec, Splunk platform reference 3): a credential is `[credential:<realm>:<username>:]` in an app's
local/passwords.conf, encrypted with the instance's own secret, so that no file of the home holds it in plain; it is
named `<realm>:<username>:`, colons within realm and username escaped by a backslash. One that was encrypted
with another secret has no clear text.
"""

from __future__ import annotations

import base64
import os
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.splunkd.conf.layers import Confs
from tests.splunkd.rest.credential_name import name_of, split_name

_PREFIX = "credential:"
_MARK = "$7$"


class Credential(NamedTuple):
    """One secret and whose it is."""

    app: str
    realm: str
    username: str
    clear: str | None
    encrypted: str

    @property
    def name(self) -> str:
        return name_of(self.realm, self.username)


class Credentials:
    """Safe to share among threads, as Confs is."""

    def __init__(self, confs: Confs, secret: str) -> None:
        self._confs = confs
        self._cipher = AESGCM(bytes.fromhex(secret))

    def all(self, app: str | None) -> list[Credential]:
        """What an app holds, or all apps."""
        found = []
        for owner in [app] if app else self._confs.apps():
            for stanza, settings in self._confs.merged("passwords", owner).items():
                if stanza.startswith(_PREFIX) and "password" in settings:
                    found.append(self._read(owner, stanza[len(_PREFIX) :], settings))
        return found

    def find(self, app: str | None, name: str) -> Credential | None:
        """By its name; a username alone names the credential without a realm."""
        names = (name, f":{name}:" if ":" not in name.replace("\\:", "") else name)
        return next((credential for credential in self.all(app) if credential.name in names), None)

    def store(self, app: str, realm: str, username: str, clear: str) -> Credential:
        """Make or change one."""
        name = name_of(realm, username)
        nonce = os.urandom(12)
        sealed = _MARK + base64.b64encode(nonce + self._cipher.encrypt(nonce, clear.encode(), name.encode())).decode()
        self._confs.set("passwords", app, _PREFIX + name, {"password": sealed})
        return Credential(app, realm, username, clear, sealed)

    def remove(self, credential: Credential) -> None:
        self._confs.remove("passwords", credential.app, _PREFIX + credential.name)

    def _read(self, app: str, name: str, settings: dict[str, str]) -> Credential:
        realm, username = split_name(name)
        sealed = settings["password"]
        box = base64.b64decode(sealed[len(_MARK) :])
        try:
            clear = self._cipher.decrypt(box[:12], box[12:], name.encode()).decode()
        except InvalidTag:
            return Credential(app, realm, username, None, sealed)
        return Credential(app, realm, username, clear, sealed)
