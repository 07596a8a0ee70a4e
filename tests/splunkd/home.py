"""A SPLUNK_HOME: its folders, the little of Splunk's own configuration that matters here, and the installed apps.

Rules: an app is installed once; a start with a home that has it already is a restart of splunkd and leaves local
configuration, checkpoints, credentials and the index as they are. Nothing is unpacked outside `etc/apps/<app>`.
"""

from __future__ import annotations

import secrets
import shutil
import sys
import tarfile
import time
import uuid
from pathlib import Path
from typing import Callable

from tests.splunkd.conf import ini

# Splunk's own defaults for the settings that are obeyed here (inputs.conf.spec, props.conf.spec, indexes.conf.spec).
_SYSTEM_DEFAULT: dict[str, ini.Stanzas] = {
    # every input inherits these, the last three those of Windows' event log (system/default/inputs.conf)
    "inputs": {
        "default": {
            "host": "$decideOnStartup",
            "index": "default",
            "_rcvbuf": "1572864",
            "evt_resolve_ad_obj": "0",
            "evt_dc_name": "",
            "evt_dns_name": "",
        }
    },
    "props": {
        "default": {
            "LINE_BREAKER": r"([\r\n]+)",
            "SHOULD_LINEMERGE": "true",
            "BREAK_ONLY_BEFORE_DATE": "true",
            "TRUNCATE": "10000",
            "MAX_EVENTS": "256",
            "MAX_TIMESTAMP_LOOKAHEAD": "128",
            "MAX_DAYS_AGO": "2000",
            "MAX_DAYS_HENCE": "2",
        }
    },
    "indexes": {"main": {}, "_internal": {}, "_audit": {}, "summary": {}},
}

# What a checkout has and a package has not, for a package given as a folder: anywhere, and at its top.
_NOWHERE_PACKAGED = shutil.ignore_patterns(".*", "__pycache__", "*.pyc", "local.meta")
_NOT_PACKAGED_AT_TOP = ("tests", "build", "dist", "local")


class Home:
    """The folders of one SPLUNK_HOME. Making one creates what is missing."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.etc = self.root / "etc"
        self.apps = self.etc / "apps"
        self.log = self.root / "var" / "log" / "splunk"
        self.db = self.root / "var" / "lib" / "splunk"
        self.run = self.root / "var" / "run" / "stand-in"
        self.captures = self.run / "captures"
        self.index_file = self.db / "stand-in-index.sqlite"
        self.documents_file = self.db / "stand-in-kvstore.sqlite"
        for folder in (self.apps, self.etc / "auth", self.etc / "system" / "local", self.log, self.db, self.captures):
            folder.mkdir(parents=True, exist_ok=True)
        for conf, stanzas in _SYSTEM_DEFAULT.items():
            path = self.etc / "system" / "default" / f"{conf}.conf"
            if not path.exists():
                ini.write(path, stanzas)

    def checkpoint_dir(self, scheme: str) -> Path:
        """The scheme's folder, made by splunkd before the script runs."""
        folder = self.db / "modinputs" / scheme
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def install(self, package: Path) -> str:
        """Unpack a package where its app is not installed yet; the app's id."""
        if package.is_dir():
            return self._install_folder(package)
        return self._install_archive(package)

    def keep(self, name: str, made: str) -> str:
        """A value of this home that is made once: its secret, its guid."""
        path = self.etc / "auth" / name
        if not path.exists():
            path.write_text(made, encoding="ascii")
            path.chmod(0o600)
        return path.read_text(encoding="ascii")

    def secret(self) -> str:
        """The instance's own secret, with which credentials are encrypted."""
        return self.keep("splunk.secret", secrets.token_hex(32))

    def guid(self) -> str:
        return self.keep("instance.guid", str(uuid.uuid4()).upper())

    def start_time(self) -> int:
        """This start's time in whole seconds as `server/info` tells it; never the one of an earlier start."""
        path = self.run / "startup_time"
        last = int(path.read_text()) if path.exists() else 0
        now = max(int(time.time()), last + 1)
        path.write_text(str(now))
        return now

    def _install_folder(self, package: Path) -> str:
        stanza = ini.read(package / "default" / "app.conf").get("package", {})
        app = stanza.get("id", package.resolve().name)
        if not (self.apps / app).exists():
            shutil.copytree(package, self.apps / app, ignore=_not_packaged(package))
        return app

    def _install_archive(self, package: Path) -> str:
        unpacked = package.with_suffix(".unpacked")
        if not unpacked.exists():
            return unpack(package, self.apps)
        (app,) = (path.name for path in unpacked.iterdir())
        if not (self.apps / app).exists():
            shutil.copytree(unpacked / app, self.apps / app)
        return app


def unpack(package: Path, apps: Path) -> str:
    """Unpack an archive where its app is not there yet; the app's id. Raises ValueError for what is no package. Whoever
    installs one package into many homes unpacks it once, into `<package>.unpacked`."""
    with tarfile.open(package) as archive:
        members = archive.getmembers()
        tops = {member.name.split("/")[0] for member in members}
        if len(tops) != 1 or tops & {"", ".", ".."}:
            raise ValueError(f"{package} does not hold exactly one app folder but {sorted(tops)}")
        for member in members:
            if ".." in member.name.split("/") or not (member.isreg() or member.isdir()):
                raise ValueError(f"{package} holds something that an app must not: {member.name}")
        app = tops.pop()
        if not (apps / app).exists():
            _extract(archive, apps)
    return app


def _not_packaged(package: Path) -> Callable[[str, list[str]], set[str]]:
    def ignored(folder: str, names: list[str]) -> set[str]:
        at_top = _NOT_PACKAGED_AT_TOP if Path(folder) == package else ()
        return _NOWHERE_PACKAGED(folder, names) | set(at_top)

    return ignored


def _extract(archive: tarfile.TarFile, target: Path) -> None:
    if sys.version_info >= (3, 12):
        archive.extractall(target, filter="data")
    else:
        archive.extractall(target)  # noqa: S202 - a package of ours
