"""What an instance says of itself: server/info, apps, indexes, and whom a session belongs to.

Source: Splunk platform reference 1.8 (roles), 2.2 (what a client asks first); REST API reference. `server/info` can be
posed: as a search head cluster member, as Splunk Cloud.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any, Callable

from tests.splunkd.conf.layers import Confs
from tests.splunkd.rest.exchange import Answer, Entry, Question, Refused
from tests.splunkd.rest.permission import demand, marked


class InfoEndpoint:
    """`server/info`."""

    def __init__(self, server_host: str, guid: str, started: int, posed: Mapping[str, Any]) -> None:
        self._content: dict[str, Any] = {
            "activeLicenseGroup": "Enterprise",
            "build": "stand-in",
            "cpu_arch": platform.machine(),
            "guid": guid,
            "host": server_host,
            "host_fqdn": server_host,
            "isForwarding": False,
            "isFree": False,
            "isTrial": False,
            "kvStoreStatus": "ready",
            "licenseState": "OK",
            "mode": "normal",
            "os_name": "Linux",
            "product_type": "enterprise",
            "serverName": server_host,
            "server_roles": ["indexer", "license_master", "kv_store"],
            "startup_time": started,
            "version": "10.0.0",
        }
        self.pose(posed)

    def pose(self, wanted: Mapping[str, Any]) -> None:
        """Say something else from now on; a None takes a field away."""
        for name, value in wanted.items():
            if value is None:
                self._content.pop(name, None)
            else:
                self._content[name] = _like(self._content.get(name), value)

    def in_cloud(self) -> bool:
        """Whether this instance poses as Splunk Cloud."""
        return self._content.get("instance_type") == "cloud"

    def answer(self, question: Question, rest: list[str]) -> Answer:
        if question.method != "GET" or rest not in ([], ["server-info"]):
            raise Refused(404, "Not Found")
        return Answer(entries=[Entry("server-info", "server/info", dict(self._content))])


def _like(present: Any, text: Any) -> Any:
    """A value that came as text, of the kind of the present one."""
    if isinstance(present, list) and isinstance(text, str):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(present, bool):
        return str(text).lower() in ("1", "true")
    return int(text) if isinstance(present, int) else text


class AppsEndpoint:
    """`apps/local`."""

    def __init__(self, confs: Confs) -> None:
        self._confs = confs

    def answer(self, question: Question, rest: list[str]) -> Answer:
        names = self._confs.installed()
        if rest and rest[0] not in names:
            raise Refused(404, f"Could not find object id={rest[0]}")
        shown = Answer(entries=[self._entry(name) for name in names if not rest or name == rest[0]])
        return marked(shown, question.session)

    def _entry(self, name: str) -> Entry:
        stanzas = self._confs.merged("app", name)
        launcher, install, interface = (stanzas.get(part, {}) for part in ("launcher", "install", "ui"))
        content = {
            "configured": install.get("is_configured", "0") in ("1", "true"),
            "description": launcher.get("description"),
            "disabled": install.get("state", "enabled") == "disabled",
            "label": interface.get("label", name),
            "version": launcher.get("version"),
            "visible": interface.get("is_visible", "1") in ("1", "true"),
        }
        return Entry(name, "apps/local", content)


class IndexesEndpoint:
    """`data/indexes`: those of indexes.conf."""

    def __init__(self, confs: Confs) -> None:
        self._confs = confs

    def names(self) -> set[str]:
        """Those that take events."""
        return {
            name
            for name, settings in self._confs.merged("indexes").items()
            if settings.get("disabled", "0") not in ("1", "true") and not name.startswith(("volume:", "provider"))
        }

    def answer(self, question: Question, rest: list[str]) -> Answer:
        if question.method == "POST" and not rest:
            demand(question.session, "admin_all_objects")
            settings = question.settings()
            name = settings.pop("name", "")
            if name in self.names():
                raise Refused(409, f"Index name={name} already exists.")
            self._confs.set("indexes", question.app or "search", name, settings)
            return Answer(201, [self._entry(name)])
        if rest and rest[0] not in self._all():
            raise Refused(404, f"Could not find object id={rest[0]}")
        return Answer(entries=[self._entry(name) for name in sorted(self._all()) if not rest or name == rest[0]])

    def _all(self) -> set[str]:
        return {name for name in self._confs.merged("indexes") if not name.startswith(("volume:", "provider"))}

    def _entry(self, name: str) -> Entry:
        internal = name.startswith("_")
        content = {
            "disabled": name not in self.names(),
            "datatype": "event",
            "isInternal": internal,
            "defaultDatabase": "main",
        }
        return Entry(name, "data/indexes", content, self._confs.owner("indexes", name))


# Of a single instance's pipeline, in its order
_QUEUES = ("parsingQueue", "aggQueue", "typingQueue", "indexQueue")
_QUEUE_BYTES = 512_000


class QueuesEndpoint:
    """`server/introspection/queues`: how full each queue of the pipeline is.

    Fields as a captured answer of 9.0.1 has them (open-telemetry/opentelemetry-collector-contrib, splunkenterprise
    receiver); its acl lets admins read, and no other role. "Introspection endpoints are not applicable to Splunk Cloud
    deployments" (REST API Reference): there it is 404.
    """

    def __init__(self, fill_of: Callable[[str], float], in_cloud: Callable[[], bool]) -> None:
        self._fill_of = fill_of
        self._in_cloud = in_cloud

    def answer(self, question: Question, rest: list[str]) -> Answer:
        demand(question.session, "admin_all_objects")
        if question.method != "GET" or self._in_cloud() or (rest and rest[0] not in _QUEUES):
            raise Refused(404, "Not Found")
        return Answer(entries=[self._entry(name) for name in _QUEUES if not rest or name == rest[0]])

    def _entry(self, name: str) -> Entry:
        size = int(self._fill_of(name) * _QUEUE_BYTES)
        content = {
            "current_size": size // 500,
            "current_size_bytes": size,
            "largest_size": size // 500,
            "max_size_bytes": _QUEUE_BYTES,
            "sampling_interval": 1,
            "smallest_size": 0,
        }
        return Entry(name, "server/introspection/queues", content)


class ContextEndpoint:
    """`authentication/current-context`: the session's user."""

    def answer(self, question: Question, rest: list[str]) -> Answer:
        session = question.session
        content = {
            "username": session.user,
            "realname": session.user,
            "roles": ["admin"] if "admin_all_objects" in session.capabilities else ["user"],
            "capabilities": sorted(session.capabilities),
            "defaultApp": "launcher",
        }
        return Answer(entries=[Entry("context", "authentication/current-context", content)])


class TimesEndpoint:
    """`data/ui/times`: the presets of a time picker, a few of those that times.conf ships with."""

    def answer(self, question: Question, rest: list[str]) -> Answer:
        presets = (("Last 15 minutes", "-15m"), ("Last 4 hours", "-4h@m"), ("Last 24 hours", "-24h@h"))
        return Answer(
            entries=[
                Entry(label.replace(" ", "_").lower(), "data/ui/times", self._preset(label, earliest, order))
                for order, (label, earliest) in enumerate((*presets, ("Last 7 days", "-7d@h")))
            ]
        )

    @staticmethod
    def _preset(label: str, earliest: str, order: int) -> dict[str, Any]:
        return {"label": label, "earliest_time": earliest, "latest_time": "now", "order": order, "disabled": False}
