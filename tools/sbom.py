"""The bill of materials beside the package: the code of others that ships, as CycloneDX 1.6 JSON.

Rules: the libraries are those of `lib/requirements.txt`, each with the hash of its archive and the licence that the
archive declares. The front end is UCC's, with the hash of its wheel and the packages in its own licence list. The same
sources give the same bytes, because the bill has the build's time.
"""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
from datetime import datetime, timezone
from email.parser import Parser
from pathlib import Path
from typing import Any, Dict, List, Tuple

from tools import environments, licences, locks, vendor

# URLs in which old sdists name their licence.
_SPDX = {"http://www.apache.org/licenses/LICENSE-2.0": "Apache-2.0"}

# Where the framework's wheel lists the packages in its scripts.
_LICENCES = "splunk_add_on_ucc_framework/package/appserver/static/js/build/licenses.txt"

Component = Dict[str, Any]


def bill(name: str, version: str, built: int, digest: str) -> Dict[str, Any]:
    """The bill of a package: its name, version, build time (epoch seconds) and SHA-256."""
    ours = _component("application", name, version, "Apache-2.0", digest)
    ours["bom-ref"] = f"{name}@{version}"
    framework = front_end()
    direct, bundled = [*libraries(), framework], packages()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(built, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": ours,
        },
        "components": [*direct, *bundled],
        "dependencies": [_depends(ours, direct), _depends(framework, bundled)],
    }


def _depends(whole: Component, parts: List[Component]) -> Dict[str, Any]:
    return {"ref": whole["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]}


def libraries() -> List[Component]:
    """The vendored Python libraries, by name."""
    found = []
    digests = {digest: name for name, (_, digest) in vendor.pins().items()}
    for digest, archive in vendor.fetch():
        name = digests[digest]
        version, licence = _declared(archive)
        found.append(_from_pypi("library", name, version, licence, digest))
    return sorted(found, key=lambda component: str(component["name"]))


def front_end() -> Component:
    """The framework whose front end ships."""
    name, version = _framework()
    digest = hashlib.sha256(_wheel().read_bytes()).hexdigest()
    return _from_pypi("framework", name, version, "Apache-2.0", digest)


def packages() -> List[Component]:
    """The packages in the framework's scripts, by name."""
    with zipfile.ZipFile(_wheel()) as wheel:
        listed = licences.read(wheel.read(_LICENCES).decode())
    return [_from_npm(package) for package in listed]


def _framework() -> Tuple[str, str]:
    """Name and version of the framework."""
    ((name, version),) = locks.pins((locks.FOLDER / "ucc.in").read_text(encoding="utf-8")).items()
    return name, version


def _wheel() -> Path:
    """The framework's wheel, whose hash pip has compared with the lock."""
    name, version = _framework()
    folder = environments.wheels("ucc", environments.tools_python())
    (found,) = folder.glob(f"{name.replace('-', '_')}-{version}-*.whl")
    return found


def _from_npm(package: licences.Package) -> Component:
    component: Component = {"type": "library", "bom-ref": package.purl, "name": package.name, "purl": package.purl}
    if package.version:
        component["version"] = package.version
    declared = licences.declared(package.licence)
    if declared:
        component["licenses"] = declared
    return component


def _from_pypi(kind: str, name: str, version: str, licence: str, digest: str) -> Component:
    component = _component(kind, name, version, licence, digest)
    component["bom-ref"] = component["purl"] = f"pkg:pypi/{name}@{version}"
    return component


def _component(kind: str, name: str, version: str, licence: str, digest: str) -> Component:
    component: Component = {"type": kind, "name": name, "version": version, "licenses": [{"license": {"id": licence}}]}
    if digest:
        component["hashes"] = [{"alg": "SHA-256", "content": digest}]
    return component


def _declared(archive: Path) -> Tuple[str, str]:
    """Version and licence (SPDX) as the archive's own metadata has them."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            (member,) = [each for each in wheel.namelist() if each.endswith(".dist-info/METADATA")]
            text = wheel.read(member).decode()
    else:
        with tarfile.open(archive) as sdist:
            (info,) = [each for each in sdist.getmembers() if each.name.count("/") == 1 and "PKG-INFO" in each.name]
            file = sdist.extractfile(info)
            if file is None:
                raise SystemExit(f"{archive.name} has no metadata")
            text = file.read().decode()
    told = Parser().parsestr(text, headersonly=True)
    licence = str(told["License-Expression"] or told["License"])
    return str(told["Version"]), _SPDX.get(licence, licence)
