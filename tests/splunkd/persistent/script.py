"""A `[script:<name>]` of an app's restmap.conf.

Rules (restmap.conf.spec): only `scripttype = persist` is done here; `match` is the path below the namespace, `script`
lies in the app's bin folder, `handler` is `module.Class` in there and names it in messages. Scripts with equal driver
settings share one process. Defaults are the spec's: a session is required,
the stanza and the session are handed over, the body and a system token are not, output_modes is xml.
`max_content_length` is in bytes of the body, `maxConcurrent` is per stanza; both are absent unless a stanza has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Callable, NamedTuple

from tests.splunkd.conf.layers import Confs
from tests.splunkd.persistent import capability

_PREFIX = "script:"
_NOT_DONE = ("admin:", "admin_external:")
_ARGUMENT = re.compile(r"script\.arg\.[0-9]+\Z")
_METHODS = ("GET", "POST", "PUT", "DELETE")


class Script(NamedTuple):
    """One endpoint of an app, as its stanza describes it. `conf` is what the stanza itself says."""

    name: str
    app: str
    match: str
    path: Path
    handler: str
    conf: Mapping[str, str]

    @property
    def arguments(self) -> list[str]:
        """What the handler is made with: the script and its `script.arg.<n>`."""
        numbered = sorted(
            (int(key.rpartition(".")[2]), value) for key, value in self.conf.items() if _ARGUMENT.match(key)
        )
        return [str(self.path), *(value for _, value in numbered)]

    @property
    def param(self) -> str | None:
        return self.conf.get("script.param")

    @property
    def driver(self) -> frozenset[tuple[str, str]]:
        """The settings of the process that it may share."""
        return frozenset(
            (key, value) for key, value in self.conf.items() if key == "driver" or key.startswith("driver.")
        )

    @property
    def driver_environment(self) -> dict[str, str]:
        prefix = "driver.env."
        return {key[len(prefix) :]: value for key, value in self.conf.items() if key.startswith(prefix)}

    @property
    def for_all(self) -> bool:
        return not self._true("requireAuthentication", True)

    @property
    def pass_payload(self) -> str:
        """false, true or base64."""
        said = self.conf.get("passPayload", "false").lower()
        return "base64" if said == "base64" else "true" if said in ("1", "true") else "false"

    @property
    def pass_system_auth(self) -> bool:
        return self._true("passSystemAuth", False)

    @property
    def pass_conf(self) -> bool:
        return self._true("passConf", True)

    @property
    def pass_session(self) -> bool:
        return self._true("passSession", True)

    @property
    def output_modes(self) -> list[str]:
        return [mode.strip() for mode in self.conf.get("output_modes", "xml").split(",") if mode.strip()]

    @property
    def most_bytes(self) -> int | None:
        """The longest body that is handed over, None for any."""
        return self._number("max_content_length")

    @property
    def most_at_once(self) -> int | None:
        """How many requests may be under way, None for any number."""
        return self._number("maxConcurrent")

    def refused(self, method: str, capabilities: frozenset[str]) -> str | None:
        """The demand that somebody with these capabilities does not meet."""
        unmet = (said for said in capability.demanded(self.conf, method) if not capability.holds(said, capabilities))
        return next(unmet, None)

    def _number(self, setting: str) -> int | None:
        return int(self.conf[setting]) if setting in self.conf else None

    def _true(self, setting: str, default: bool) -> bool:
        return self.conf.get(setting, str(default)).lower() in ("1", "true")


def declared(confs: Confs, complain: Callable[[str], None]) -> Iterator[Script]:
    """What the apps' restmap.conf say; a stanza that cannot be served is complained of."""
    for stanza, conf in confs.stanzas("restmap").items():
        if stanza.startswith(_NOT_DONE):
            complain(f"[{stanza}] of restmap.conf is not served: this stand-in does persistent scripts only")
        if not stanza.startswith(_PREFIX):
            continue
        app = confs.owner("restmap", stanza)
        fault = _fault(conf)
        if fault:
            complain(f"[{stanza}] of restmap.conf in {app} is not served: {fault}")
            continue
        yield Script(
            stanza,
            app,
            conf["match"].strip("/"),
            confs.app_home(app) / "bin" / conf["script"],
            conf["handler"],
            conf,
        )


def _fault(conf: Mapping[str, str]) -> str | None:
    missing = [name for name in ("match", "script", "handler") if not conf.get(name)]
    if missing:
        return f"it has no {missing[0]}"
    if conf.get("scripttype") != "persist":
        return "this stand-in does scripttype = persist only"
    if "." not in conf["handler"]:
        return f"handler {conf['handler']!r} is not module.Class"
    for limit in ("max_content_length", "maxConcurrent"):
        if not conf.get(limit, "1").isdigit():
            return f"{limit} = {conf[limit]} is no number"
    try:
        for method in _METHODS:
            for said in capability.demanded(conf, method):
                capability.holds(said, frozenset())
    except capability.ExpressionRefused as error:
        return str(error)
    return None
