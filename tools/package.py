"""Builds `dist/TA_falcon_event_streams-<version>.tgz`: the same bytes from the same sources, whoever builds it.

Rules: the package is built from a staged copy, by an allow-list of what git tracks. It has no dotfile, compiled file,
or execute bit on a file; names are sorted, times fixed, the owner is root. `--in-place` fills the repo's own lib/, so
that the scripts in bin/ run from a checkout. `--fetch` gets what the build needs into .cache, by hash.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Dict, List

from tools import environments, front_end, program, sbom, vendor

ROOT = vendor.ROOT
APP = "TA_falcon_event_streams"
# The package's README.md: the one of the checkout links to pages that do not ship.
PACKAGE_README = ROOT / "tools" / "package_readme.md"
MANIFEST = "build.sha256"
_APP_CONF = "default/app.conf"
_BUILD = re.compile(r"^build = ([0-9]+)$", re.MULTILINE)
# What ships, as git paths; a folder ships with everything tracked below it.
SHIPPED = (
    "LICENSE",
    "README",
    "app.manifest",
    "appserver",
    "bin",
    "default",
    "docs/configure.md",
    "docs/delivery.md",
    "docs/enterprise-security.md",
    "docs/images",
    "docs/install",
    "docs/log.md",
    "docs/moving.md",
    "docs/operations.md",
    "docs/providers.md",
    "docs/search.md",
    "docs/troubleshooting.md",
    "lookups",
    "metadata",
    "static",
)


def version() -> str:
    """The version, as app.manifest has it."""
    manifest = json.loads((ROOT / "app.manifest").read_text(encoding="utf-8"))
    return str(manifest["info"]["id"]["version"])


def build_time() -> int:
    """The time of all files in the package, in epoch seconds: that of the commit, so that the same commit gives the
    same bytes. Without git it is the time in app.conf."""
    committed = _git("log", "-1", "--format=%ct").strip()
    found = _BUILD.search((ROOT / _APP_CONF).read_text(encoding="utf-8"))
    if found is None:
        raise SystemExit(f"{_APP_CONF} has no build time")
    return int(committed or found.group(1))


def tracked() -> List[str]:
    """The shipped files that git tracks; without git, those that are there."""
    listed = _git("ls-files", "-z", *SHIPPED)
    if listed:
        return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    paths = [path for entry in SHIPPED for path in [ROOT / entry, *(ROOT / entry).rglob("*")]]
    return [str(path.relative_to(ROOT)) for path in paths if path.is_file() and "__pycache__" not in path.parts]


def _git(*arguments: str) -> str:
    """What git answers; empty without git, or if this is not a work tree."""
    if shutil.which("git") is None:
        return ""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def stage(folder: Path, time: int) -> Path:
    """The app as a folder, libraries and build time included; returns its path below the given one."""
    app = folder / APP
    for name in tracked():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, app / name)
    shutil.copyfile(PACKAGE_README, app / "README.md")
    conf = (app / _APP_CONF).read_text(encoding="utf-8")  # the pages show it as their build time
    (app / _APP_CONF).write_text(_BUILD.sub(f"build = {time}", conf), encoding="utf-8")
    front_end.unpack(app)
    vendor.unpack(app / "lib")
    (app / MANIFEST).write_text(manifest(app), encoding="utf-8")
    return app


def manifest(app: Path) -> str:
    """Each file of a staged app with its SHA-256, as `sha256sum -c` reads it; the doctor compares them."""
    files = sorted((str(path.relative_to(app)), path) for path in app.rglob("*") if path.is_file())
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in files)


def build(target: Path) -> Path:
    """Build the archive into this folder; returns its path."""
    time = build_time()
    with tempfile.TemporaryDirectory() as folder:
        app = stage(Path(folder), time)
        files: Dict[str, Path] = {str(path.relative_to(folder)): path for path in app.rglob("*")}
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name in [APP, *sorted(files)]:
                _add(archive, name, files.get(name, app), time)
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"{APP}-{version()}.tgz"
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=time) as packed:
        packed.write(tar.getvalue())
    return path


def fetch() -> None:
    """Get all that the build needs into .cache, unless it is there already."""
    vendor.fetch()
    for lock in environments.BUILDS:
        environments.wheels(lock, environments.tools_python())


def write_bill(archive: Path, target: Path) -> Path:
    """Write a built archive's bill of materials into this folder; returns its path."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    tree = sbom.bill(APP, version(), build_time(), digest)
    path = target / archive.with_suffix(".cdx.json").name
    path.write_text(json.dumps(tree, indent=2) + "\n", encoding="utf-8")
    return path


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a built archive; returns the app's folder."""
    with tarfile.open(archive) as packed:
        # old Pythons know no filter; the newest ones demand one
        packed.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        packed.extractall(folder)  # noqa: S202 - packed by ourselves, and filtered where Python can
    return folder / APP


def _add(archive: tarfile.TarFile, name: str, path: Path, time: int) -> None:
    member = tarfile.TarInfo(name)
    member.mtime = time
    member.uname = member.gname = "root"
    if path.is_dir():
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(member)
        return
    data = path.read_bytes()
    member.mode, member.size = 0o644, len(data)
    archive.addfile(member, io.BytesIO(data))


def main() -> None:
    """Build, and say what was built."""
    parser = argparse.ArgumentParser(description="Build the installable package.")
    parser.add_argument("--in-place", action="store_true", help="fill lib/ of the checkout instead")
    parser.add_argument("--fetch", action="store_true", help="fetch what the build needs instead")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="where the archive goes")
    arguments = parser.parse_args()
    if arguments.fetch:
        fetch()
        print("fetched: the build needs no network now")
        return
    if arguments.in_place:
        with program.writing("fill lib/"):
            vendor.fill_in_place()
        print("lib/ is filled")
        return
    with program.writing("build the package"):
        archive = build(arguments.to)
        bill = write_bill(archive, arguments.to)
    for path in (archive, bill):
        print(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}  {path.stat().st_size:,} bytes")
        print(f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
