"""What is there now, of the vendor's add-on and of ours, as the caller may read it.

Rules: every call has the caller's own session, so reading a secret takes the right to read secrets. Only `switch`
writes, and only `disabled` of one of the vendor's inputs. A disabled app hides what it stores, so it has to be enabled
first. globalConfig.json is no secret: this process reads it from the app's folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from falcon_streams.errors import Refused, Undecipherable
from falcon_streams.splunk.accounts import ACCOUNT_CONF, SETTINGS_CONF
from falcon_streams.splunk.settings import is_true
from falcon_streams.splunk.splunkd import OwnedStanza
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.takeover import vendor
from falcon_streams.takeover.vendor import ConfNames

_MOST_CONFIG = 4 * 1024 * 1024  # bytes


class Theirs(NamedTuple):
    """What the vendor's add-on has. `checkpoints` is None if there is no collection of them; `is_installed` says that
    its inputs can run."""

    names: ConfNames
    is_installed: bool
    inputs: Tuple[OwnedStanza, ...]
    accounts: Mapping[str, Mapping[str, str]]
    proxy: Mapping[str, str]
    checkpoints: Optional[List[Dict[str, Any]]]

    def reads(self, stanza: OwnedStanza) -> bool:
        """Whether an input of theirs is on."""
        return self.is_installed and not is_true(stanza.settings.get("disabled", ""))


class Ours(NamedTuple):
    """What our add-on has. `follows_machine` says that files would follow the wrong machine."""

    inputs: Mapping[str, Mapping[str, str]]
    accounts: Mapping[str, Mapping[str, str]]
    settings: Mapping[str, Mapping[str, str]]
    follows_machine: bool

    def reads(self, name: str) -> bool:
        """Whether an input of ours is on."""
        return name in self.inputs and not is_true(self.inputs[name].get("disabled", ""))


class Inventory:
    """Reads both sides."""

    def __init__(self, splunkd: WritableSplunkd, apps: Path) -> None:
        """`apps` is the folder of the apps on this machine."""
        self._splunkd = splunkd
        self._theirs = splunkd.in_app(vendor.APP)
        self._folder = apps / vendor.APP

    def theirs(self) -> Theirs:
        """The vendor's add-on. Refused 404 if it is not here, 409 if it is disabled or its confs cannot be found."""
        self._require_app()
        names = self._conf_names()
        return Theirs(
            names,
            self._splunkd.has_scheme(vendor.SCHEME),
            tuple(self._splunkd.stanzas_of_inputs(vendor.SCHEME)),
            dict(self._theirs.stanzas(names.account)),
            self._theirs.stanza(names.settings, "proxy") or {},
            self.checkpoints(),
        )

    def ours(self) -> Ours:
        """Our add-on."""
        splunkd = self._splunkd
        return Ours(
            dict(splunkd.inputs()),
            dict(splunkd.stanzas(ACCOUNT_CONF)),
            dict(splunkd.stanzas(SETTINGS_CONF)),
            splunkd.info().follows_machine,
        )

    def checkpoints(self) -> Optional[List[Dict[str, Any]]]:
        """The vendor's checkpoints, None if there is no collection of them."""
        return self._theirs.documents(vendor.COLLECTION)

    def secret(self, conf: str, stanza: str, field: str) -> Optional[str]:
        """A secret of the vendor's, None if it is not there, not whole, or cannot be decrypted."""
        realm = vendor.realm_of(conf)
        try:
            return vendor.read_secret(lambda user: self._theirs.secret(realm, user), stanza, field)
        except Undecipherable:
            return None

    def switch(self, stanza: OwnedStanza, on: bool) -> None:
        """Enable or disable an input of the vendor's, in the app that has it."""
        self._splunkd.in_app(stanza.app).switch_input(stanza.name, on, vendor.SCHEME)

    def _require_app(self) -> None:
        disabled = self._theirs.is_app_disabled()
        if disabled is None:
            raise Refused(
                404,
                f"the vendor's add-on ({vendor.APP}) is not on this instance. Open this page on the instance that runs "
                "its inputs",
            )
        if disabled:
            raise Refused(
                409,
                f"the vendor's add-on ({vendor.APP}) is disabled, and Splunk hides what it stores. Enable it under "
                "Apps > Manage Apps, disable its inputs if they must not read, and open this page again",
            )

    def _conf_names(self) -> ConfNames:
        names = None
        try:
            with (self._folder / vendor.GLOBAL_CONFIG).open("rb") as file:
                names = vendor.conf_names(file.read(_MOST_CONFIG))
        except OSError:  # an admin has removed the package and left local/
            names = vendor.conf_names_in(path.name for path in sorted((self._folder / "local").glob("*.conf")))
        if names is None:
            raise Refused(
                409,
                f"what the vendor's add-on calls its confs cannot be read from {self._folder}. Install its package "
                "again, which keeps local/, and open this page again",
            )
        return names
