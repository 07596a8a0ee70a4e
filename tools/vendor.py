"""The libraries that ship: fetched once, verified by hash, unpacked into a folder without what nothing needs.

Rules: `lib/requirements.txt` is the list. pip fills the cache, and only this module reads it; with a full cache no
network is needed. Wheels are unzipped, and the one sdist (splunk-sdk) is unpacked, so none of their code runs in the
package's build. When pip fetches that sdist, it compares the hash and then runs its setup.py, with the setuptools of
requirements/fetch.txt. Modules that need libraries that do not ship are left out, so that every module that ships can
be imported.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from tools import program

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "vendor"
REQUIREMENTS = ROOT / "lib" / "requirements.txt"

_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+) \\\n\s+--hash=sha256:([0-9a-f]{64})$", re.MULTILINE)
_LEFT_OUT = (
    "*/tests/*",
    "*/test/*",
    "*/benchmarks/*",
    "*/__main__.py",
    "*/cli.py",
    "*/cli/*",
    "*.pyi",
    "*/py.typed",
    "*.so",
    "*.dist-info/RECORD",
    "*.dist-info/WHEEL",
    "*.dist-info/entry_points.txt",
    "*.dist-info/top_level.txt",
    "attr/_version_info.pyi",
    "urllib3/contrib/emscripten/*",  # a browser
    "urllib3/contrib/pyopenssl.py",  # needs PyOpenSSL
    "urllib3/contrib/socks.py",  # needs PySocks
    "urllib3/http2/connection.py",  # needs h2
)
# The parts of splunk-sdk that the input uses: REST and the modular input's XML.
_SDK = re.compile(
    r"splunk[-_]sdk-[^/]+/(LICENSE|splunklib/(__init__|binding|client|data|utils)\.py|splunklib/modularinput/[a-z_]+\.py)$"
)


def pins() -> Dict[str, Tuple[str, str]]:
    """The pinned projects: version and SHA-256 by name."""
    found = _PIN.findall(REQUIREMENTS.read_text(encoding="utf-8"))
    return {name: (version, digest) for name, version, digest in found}


def fetch() -> List[Tuple[str, Path]]:
    """The pinned files with their SHA-256, from the cache or by pip. Raises SystemExit if pip cannot get them."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = {digest for _, digest in pins().values()}
    found = _cached(wanted)
    if len(found) < len(wanted):
        from tools import environments  # not above: environments are told by this module what fills lib/

        command = environments.pip(environments.for_tool("fetch"), "download")
        command += ["--no-build-isolation"]
        # the pure wheels, whatever the machine would prefer
        command += ["--platform", "any", "--implementation", "py", "--abi", "none", "--python-version", "3.9"]
        command += ["--dest", str(CACHE), "--requirement", str(REQUIREMENTS)]
        program.run(command, "fetch what lib/requirements.txt names")
        found = _cached(wanted)
    return sorted(found.items(), key=lambda item: item[1].name)


def unpack(target: Path) -> None:
    """Unpack the libraries into a folder."""
    for _, archive in fetch():
        members = _wheel_files(archive) if archive.suffix == ".whl" else _sdk_files(archive)
        for name, data in members:
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def _cached(wanted: set[str]) -> Dict[str, Path]:
    files = (path for path in CACHE.iterdir() if path.is_file())
    digests = ((hashlib.sha256(path.read_bytes()).hexdigest(), path) for path in files)
    return {digest: path for digest, path in digests if digest in wanted}


def _wheel_files(archive: Path) -> Iterator[Tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as wheel:
        for name in wheel.namelist():
            if not name.endswith("/") and not any(fnmatch.fnmatch(name, pattern) for pattern in _LEFT_OUT):
                yield name, wheel.read(name)


def _sdk_files(archive: Path) -> Iterator[Tuple[str, bytes]]:
    with tarfile.open(archive) as sdist:
        for member in sdist.getmembers():
            file = sdist.extractfile(member) if member.isfile() and _SDK.match(member.name) else None
            if file is not None:
                name = member.name.split("/", 1)[1]
                yield ("splunklib/LICENSE" if name == "LICENSE" else name), file.read()


def fill_in_place() -> None:
    """Fill the repo's lib/ with the libraries; everything in it but the list of them is replaced."""
    for path in (ROOT / "lib").iterdir():
        if path.name != "requirements.txt":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    unpack(ROOT / "lib")
