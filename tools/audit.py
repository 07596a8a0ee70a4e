"""Looks for advisories about what ships (`make audit`): in the package index with pip-audit, or in files.

Rules: a source must know the probe, a package that has known advisories. No answer, half an answer, or an answer
without the probe's advisories is "could not ask", never a pass. Files (`ADVISORIES`) replace the index. The index does
not know npm packages: files may know those of the front end; otherwise the command says that it could not ask about
them. This module names the advisories that stay open, and docs/security.md says why they do not reach us.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence

from tools import environments, sbom

# The last requests and urllib3 that run on Python 3.9 have these (decision record 0003).
ACCEPTED = ("CVE-2026-25645", "CVE-2026-44431", "CVE-2026-44432")


class Package(NamedTuple):
    """A package to ask about."""

    ecosystem: str
    name: str
    version: str


class Finding(NamedTuple):
    """An advisory about a package, under all its names."""

    package: Package
    ids: Sequence[str]


class CouldNotAskError(Exception):
    """A source did not answer for every package, or does not know the probe."""


PROBES = {"PyPI": Package("PyPI", "requests", "2.19.0"), "npm": Package("npm", "lodash", "4.17.4")}
Asked = Callable[[Sequence[Package]], List[Finding]]


def shipped() -> Dict[str, List[Package]]:
    """The packages of others that ship, by ecosystem."""
    named = {"PyPI": [*sbom.libraries(), sbom.front_end()], "npm": sbom.packages()}
    return {
        ecosystem: [Package(ecosystem, each["name"], each.get("version", "")) for each in components]
        for ecosystem, components in named.items()
    }


def of_index(packages: Sequence[Package], osv: Optional[str] = None) -> List[Finding]:
    """What pip-audit finds in the index's own data, or on a server with OSV's interface."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "asked.txt")
        path.write_text("".join(f"{each.name}=={each.version}\n" for each in packages), encoding="utf-8")
        command = [*pip_audit(), "--no-deps", "--disable-pip", "--requirement", str(path)]
        command += ["--format", "json", "--progress-spinner", "off"]
        command += ["--vulnerability-service", "osv", "--osv-url", osv] if osv else []
        done = subprocess.run(command, capture_output=True, text=True)
    try:
        answers = {each["name"]: each for each in json.loads(done.stdout)["dependencies"]}
    except (ValueError, KeyError):
        raise CouldNotAskError(f"pip-audit ended with {done.returncode}: {_last(done.stderr)}") from None
    for each in packages:
        answer = answers.get(each.name, {})
        if "vulns" not in answer:
            raise CouldNotAskError(f"{each.name} {each.version}: {answer.get('skip_reason', 'no answer')}")
    return [Finding(each, [one["id"], *one["aliases"]]) for each in packages for one in answers[each.name]["vulns"]]


def pip_audit() -> List[str]:
    """The command of pip-audit."""
    return [str(environments.for_tool("audit").with_name("pip-audit"))]


def of_files(packages: Sequence[Package], files: Sequence[Path]) -> List[Finding]:
    """What files of advisories say."""
    command = [str(environments.for_tool("audit")), "-m", "tools.advisories", *(str(path.absolute()) for path in files)]
    asked = json.dumps([each._asdict() for each in packages])
    done = subprocess.run(command, cwd=environments.ROOT, input=asked, capture_output=True, text=True)
    if done.returncode != 0:
        raise CouldNotAskError(_last(done.stderr))
    return [Finding(each, ids) for each, found in zip(packages, json.loads(done.stdout)) for ids in found]


def _last(printed: str) -> str:
    return (printed.strip().splitlines() or ["it said nothing"])[-1]


def judge(findings: Iterable[Finding]) -> List[str]:
    """Print each finding once; return the lines of those that are not accepted."""
    rows = {}
    for package, ids in findings:
        row = f"{package.name} {package.version}: {', '.join(ids)}"
        rows[row] = bool(set(ids) & set(ACCEPTED))
    for row, accepted in rows.items():
        print(f"{'accepted' if accepted else 'OPEN'}  {row}")
    return [row for row, accepted in rows.items() if not accepted]


def audit(packages: Dict[str, List[Package]], ask: Asked, whom: str, only_pypi: bool) -> List[str]:
    """Ask about everything; return what is open. Raises CouldNotAskError."""
    ecosystems = ["PyPI"] if only_pypi else list(PROBES)
    known = {found.package.ecosystem for found in ask([PROBES[each] for each in ecosystems])}
    if "PyPI" not in known:
        name = " ".join(PROBES["PyPI"][1:])
        raise CouldNotAskError(f"no advisory is known there for {name}, which has some: {whom} has no advisory data")
    if "npm" not in known:
        print(f"not asked for: the {len(packages['npm'])} npm packages of the front end, which {whom} does not know")
    return judge(ask([package for each in ecosystems for package in packages[each]]))


def main() -> None:
    """Ask, and fail if an advisory is not accepted or a source gives no answer."""
    parser = argparse.ArgumentParser(description="Ask for advisories about what ships.")
    parser.add_argument("--advisories", nargs="*", type=Path, default=[], help="files of OSV records, or zips of them")
    parser.add_argument("--osv", help="the address of a server with OSV's interface, in the index's place")
    arguments = parser.parse_args()
    files, osv = arguments.advisories, arguments.osv
    whom = ", ".join(map(str, files)) or osv or "the package index"
    try:
        ask: Asked = (lambda asked: of_files(asked, files)) if files else (lambda asked: of_index(asked, osv))
        found = audit(shipped(), ask, whom, only_pypi=not files)
    except CouldNotAskError as error:
        raise SystemExit(f"could not ask {whom}: {error}") from None
    if found:
        raise SystemExit(f"{len(found)} open: see above")
    print(f"{whom}: nothing open but what docs/security.md accepts: {', '.join(ACCEPTED)}")


if __name__ == "__main__":
    main()
