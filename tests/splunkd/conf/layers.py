"""The layers of a SPLUNK_HOME's configuration, added up.

Rules ("Configuration file precedence"): in the global context, that of inputs and of index time, system/local beats
every app's local, that beats every app's default, that beats system/default, and among apps the lexicographically
first wins. Seen from an app, the app's own local and default beat all others. `[default]` of the sum lies under every
stanza; for a modular input `[<scheme>]` lies between the two (inputs.conf.spec, Splunk platform reference 1.7).
REST writes to an app's local folder only, and only what was set there can be removed.

An app that its app.conf disables (`[install] state`) counts for nothing but its own app.conf.
What the layers do not know: user folders, and `export` in metadata: an app sees itself and the system, the global
context sees everybody.
"""

from __future__ import annotations

import threading
from pathlib import Path

from tests.splunkd.conf import ini

SYSTEM = "system"


class Confs:
    """All configuration under one SPLUNK_HOME, read from its files at every question. Safe to share among threads."""

    def __init__(self, home: Path) -> None:
        self._etc = home / "etc"
        self._lock = threading.RLock()
        self._read: dict[Path, tuple[tuple[int, int, int], ini.Stanzas]] = {}

    def installed(self) -> list[str]:
        """The installed apps, in lexicographical order."""
        return sorted(path.name for path in (self._etc / "apps").iterdir() if path.is_dir())

    def apps(self) -> list[str]:
        """Those of them that are not disabled."""
        return [app for app in self.installed() if not self.is_disabled(app)]

    def is_disabled(self, app: str) -> bool:
        """Whether an app's own app.conf disables it."""
        said: dict[str, str] = {}
        for path in self._files("app", app):
            said.update(self._stanzas(path).get("install", {}))
        return said.get("state", "enabled") == "disabled"

    def app_home(self, app: str) -> Path:
        return self._etc / "system" if app == SYSTEM else self._etc / "apps" / app

    def known(self, conf: str, app: str | None = None) -> bool:
        """Whether any layer has the file at all."""
        return any(path.exists() for path in self._paths(conf, app))

    def merged(self, conf: str, app: str | None = None) -> ini.Stanzas:
        """Every stanza of the sum except `[default]`, each lying on `[default]`; globally, or as an app sees it."""
        default = self._sum(conf, app).get(ini.DEFAULT, {})
        return {name: {**default, **settings} for name, settings in self.stanzas(conf, app).items()}

    def stanzas(self, conf: str, app: str | None = None) -> ini.Stanzas:
        """Every stanza of the sum except `[default]`, each with what it says itself only."""
        layers = self._sum(conf, app)
        layers.pop(ini.DEFAULT, None)
        return layers

    def default(self, conf: str) -> dict[str, str]:
        """The sum of `[default]`."""
        return self._sum(conf, None).get(ini.DEFAULT, {})

    def inherited(self, conf: str, parent: str) -> dict[str, str]:
        """What a stanza under `[parent]` starts from: `[default]`, then `[parent]`."""
        return {**self.default(conf), **self._sum(conf, None).get(parent, {})}

    def stanza(self, conf: str, name: str, app: str | None = None) -> dict[str, str] | None:
        """One stanza of the sum, None where no layer has it. `[default]` is in no list, and can be asked for."""
        if name == ini.DEFAULT:
            return self._sum(conf, app).get(ini.DEFAULT)
        return self.merged(conf, app).get(name)

    def own(self, conf: str, name: str, app: str | None = None) -> dict[str, str] | None:
        """One stanza of the sum without `[default]` beneath it."""
        return self._sum(conf, app).get(name)

    def owner(self, conf: str, name: str) -> str:
        """The app that defines a stanza: the one whose layer is highest."""
        for app in self.apps():
            if any(name in self._stanzas(path) for path in self._files(conf, app)):
                return app
        return SYSTEM

    def removable(self, conf: str, name: str, app: str) -> bool:
        """Whether a stanza lives in an app's local folder and nowhere below."""
        default, local = self._files(conf, app)
        return name in self._stanzas(local) and name not in self._stanzas(default)

    def set(self, conf: str, app: str, name: str, settings: dict[str, str]) -> None:
        """Write settings into an app's local stanza, made where it is missing."""
        with self._lock:
            path = self._files(conf, app)[1]
            stanzas = ini.read(path)
            stanzas.setdefault(name, {}).update(settings)
            ini.write(path, stanzas)

    def replace(self, conf: str, app: str, name: str, settings: dict[str, str]) -> None:
        """Write a local stanza as given, whatever it said before."""
        with self._lock:
            path = self._files(conf, app)[1]
            ini.write(path, {**ini.read(path), name: dict(settings)})

    def remove(self, conf: str, app: str, name: str) -> None:
        """Take a stanza out of an app's local folder."""
        with self._lock:
            path = self._files(conf, app)[1]
            stanzas = ini.read(path)
            stanzas.pop(name, None)
            ini.write(path, stanzas)

    def create_file(self, conf: str, app: str) -> None:
        """An empty local file, so that the conf is known."""
        with self._lock:
            ini.write(self._files(conf, app)[1], {})

    def _files(self, conf: str, app: str) -> tuple[Path, Path]:
        folder = self.app_home(app)
        return folder / "default" / f"{conf}.conf", folder / "local" / f"{conf}.conf"

    def _paths(self, conf: str, app: str | None) -> list[Path]:
        """Layer files from the weakest to the strongest."""
        if app is not None and app != SYSTEM:
            return [*self._files(conf, SYSTEM), *self._files(conf, app)]
        apps = list(reversed(self.apps()))
        defaults = [self._files(conf, name)[0] for name in (SYSTEM, *apps)]
        locals_ = [self._files(conf, name)[1] for name in (*apps, SYSTEM)]
        return defaults + locals_

    def _sum(self, conf: str, app: str | None) -> ini.Stanzas:
        total: ini.Stanzas = {}
        with self._lock:
            for path in self._paths(conf, app):
                for name, settings in self._stanzas(path).items():
                    total.setdefault(name, {}).update(settings)
        return total

    def _stanzas(self, path: Path) -> ini.Stanzas:
        """A file's stanzas, parsed again only when it changed. Callers do not write into them."""
        with self._lock:
            try:
                status = path.stat()
            except FileNotFoundError:
                return {}
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            known = self._read.get(path)
            if known is None or known[0] != stamp:
                known = (stamp, ini.read(path))
                self._read[path] = known
            return known[1]
