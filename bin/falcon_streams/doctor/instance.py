"""This instance of Splunk: who asks, the add-on's settings, its inputs, and splunkd's queues.

Rules: splunkd is asked as the caller. What a caller may not list is not checked.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional

from falcon_streams.doctor.finding import Outcome, Said, shortened
from falcon_streams.errors import Fatal, RestartNeeded, Retryable
from falcon_streams.splunk.accounts import ACCOUNT_CONF, SETTINGS_CONF
from falcon_streams.splunk.settings import check_stanza, is_true, stanza_schema
from falcon_streams.splunk.splunkd import ServerInfo
from falcon_streams.splunk.writable_splunkd import WritableSplunkd

LIST = "list_inputs"
FULL = 0.95


class Instance:
    """This instance under examination."""

    def __init__(self, splunkd: WritableSplunkd) -> None:
        self._splunkd = splunkd
        self._info: Optional[ServerInfo] = None
        self.inputs: Dict[str, Dict[str, str]] = {}
        self.accounts: List[str] = []

    @property
    def info(self) -> ServerInfo:
        """What splunkd says of itself, once it has answered."""
        if self._info is None:
            raise Retryable("splunkd has not answered")
        return self._info

    def check_splunkd(self) -> Outcome:
        """Whether splunkd answers, and to whom."""
        try:
            user = self._splunkd.username
            self._info = self._splunkd.info()
        except (Retryable, RestartNeeded) as error:
            return Said.SPLUNKD_SILENT.about(sentence=error)
        return Said.SPLUNKD.about(user=user, kind=self._info.kind)

    def check_settings(self) -> Outcome:
        """The stanzas that every input reads."""
        try:
            for name, raw in self._splunkd.stanzas(SETTINGS_CONF):
                kind = name.partition(":")[0]
                if kind in ("logging", "proxy", "checkpoint"):
                    check_stanza(stanza_schema("settings", kind), name, raw)
        except Fatal as error:
            return Said.SETTINGS_WRONG.about(sentence=error)
        return Said.SETTINGS.about()

    def check_inputs(self) -> Outcome:
        """Which inputs there are. Raises Retryable with status 403 for callers who may not list them."""
        if LIST not in self._splunkd.capabilities:
            raise Retryable("no right to list inputs", status=403)
        self.inputs = dict(self._splunkd.inputs())
        enabled = [name for name in self.inputs if self.is_enabled(name)]
        used = [self.inputs[name].get("account", "") for name in enabled]
        self.accounts = sorted(set(filter(None, used))) or [name for name, _ in self._splunkd.stanzas(ACCOUNT_CONF)]
        if not enabled:
            return Said.NO_INPUT.about()
        disabled = [name for name in self.inputs if name not in enabled]
        return Said.INPUTS.about(enabled=shortened(enabled), disabled=shortened(disabled))

    def is_enabled(self, name: str) -> bool:
        """Whether an input is enabled."""
        return not is_true(self.inputs[name].get("disabled", ""))

    def check_queues(self) -> Outcome:
        """Whether splunkd takes events on."""
        queues = self._splunkd.queues()
        if queues is None:
            return Said.QUEUES_UNTOLD.about()
        full = list(_full(queues))
        return Said.QUEUE_FULL.about(names=shortened(full)) if full else Said.QUEUES.about(count=len(queues))


def _full(queues: Dict[str, float]) -> Iterator[str]:
    for name, fill in sorted(queues.items()):
        if fill >= FULL:
            yield f"{name} {fill:.0%}"
