"""Builds the pages as a site: `build/site/index.html` (`make docs`).

Rules: the site has the checkout's layout, so a link works in both or in neither. A dead link fails the build, and so
does a page that is not in NAV. The site loads nothing from elsewhere: the theme uses no font of its own, and mermaid,
which draws the diagrams from their text, comes from npm's package, by hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Dict, List, Mapping

from tools import environments, program

ROOT = environments.ROOT
SITE = ROOT / "build" / "site"
SOURCE = ROOT / "build" / "pages"
# What the site shows besides docs/.
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE")
MERMAID = "mermaid@12.3.0"
MERMAID_SHA512 = "4113TdXeLAsMruJ79OpFL5O8+LTFXhQqZ260rF3tgUmiNAtRm4Uume04I+65PRN6yZ69J4f8rVYWW8zRk65UYw=="
NAV: Dict[str, object] = {
    "Get started": "README.md",
    "Install": {
        "By topology": "docs/install/README.md",
        "Single instance": "docs/install/single-instance.md",
        "Heavy forwarder": "docs/install/heavy-forwarder.md",
        "Search head cluster": "docs/install/search-head-cluster.md",
        "Deployment server": "docs/install/deployment-server.md",
        "Splunk Cloud": "docs/install/splunk-cloud.md",
        "Remove what is left": "docs/install/uninstall.md",
    },
    "Move from the vendor's add-on": "docs/moving.md",
    "For providers": "docs/providers.md",
    "Configure": "docs/configure.md",
    "Search": "docs/search.md",
    "With Enterprise Security": "docs/enterprise-security.md",
    "Event types": "docs/events",  # its pages, by name
    "Operate": "docs/operations.md",
    "Troubleshoot": "docs/troubleshooting.md",
    "Log": "docs/log.md",
    "Delivery": "docs/delivery.md",
    "Security": {"Security": "docs/security.md", "Report a weakness": "SECURITY.md"},
    "Performance": "docs/performance.md",
    "Architecture": "docs/architecture.md",
    "Decisions": "docs/decisions",  # its records, by number and title
    "Contributing": "CONTRIBUTING.md",
    "Changelog": "CHANGELOG.md",
}


def build(source: Path, site: Path, mermaid: bytes) -> None:
    """Build the site from the pages. If a page or a link is wrong, raises SystemExit with what mkdocs says."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source / "docs")
    for name in TOP:
        shutil.copyfile(ROOT / name, source / name)
    (source / "mermaid.min.js").write_bytes(mermaid)
    write_event_types(source)
    build_pages(source, site)


def write_event_types(source: Path) -> None:
    """Write the pages of the event types, which need the packages of the tests."""
    version, python = next(iter(environments.interpreters().items()))
    command = [str(environments.for_tests(version, python)), "-m", "tools.knowledge", "--pages", str(source)]
    program.run(command, "write the pages of the event types", ROOT)


def build_pages(source: Path, site: Path) -> None:
    """Build the site from a folder of pages."""
    settings = source.with_suffix(".yml")
    settings.write_text(json.dumps(config(source, site), indent=2), encoding="utf-8")
    mkdocs = environments.for_tool("docs").with_name("mkdocs")
    program.run([str(mkdocs), "build", "--strict", "--config-file", str(settings)], "build the site")


def config(source: Path, site: Path) -> Dict[str, object]:
    """mkdocs' settings; JSON is YAML."""
    return {
        "site_name": "Falcon Event Streams for Splunk",
        "docs_dir": str(source),
        "site_dir": str(site),
        "use_directory_urls": False,  # the site can be read from the disk
        "theme": {"name": "material", "font": False, "features": ["navigation.indexes", "navigation.top"]},
        "extra_javascript": ["mermaid.min.js"],
        "markdown_extensions": [
            "admonition",
            "tables",
            {"toc": {"permalink": True}},
            {"pymdownx.superfences": {"custom_fences": [{"name": "mermaid", "class": "mermaid"}]}},
        ],
        "validation": {
            "nav": {"omitted_files": "warn"},
            "links": dict.fromkeys(("anchors", "absolute_links", "unrecognized_links"), "warn"),
        },
        "nav": nav({**NAV, "Event types": event_types(source), "Decisions": decisions(source)}),
    }


def event_types(source: Path) -> Dict[str, str]:
    """The pages of the event types by name, behind their catalogue."""
    folder = source / "docs" / "events"
    pages = sorted(path for path in folder.glob("*.md") if path.stem != "README")
    return {"All of them": "docs/events/README.md", **{path.stem: str(path.relative_to(source)) for path in pages}}


def decisions(source: Path) -> Dict[str, str]:
    """The decision records by number and title."""
    records = sorted((source / "docs" / "decisions").glob("*.md"))
    titles = [path.read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ") for path in records]
    return dict(zip(titles, (str(path.relative_to(source)) for path in records)))


def nav(tree: Mapping[str, object]) -> List[object]:
    """A tree of titles and pages as mkdocs reads it."""
    return [{name: nav(each) if isinstance(each, dict) else each} for name, each in tree.items()]


def mermaid() -> bytes:
    """mermaid as one file, from npm's package; fetched once."""
    kept = ROOT / ".cache" / f"{MERMAID}.min.js"
    if not kept.exists():
        if shutil.which("npm") is None:
            raise SystemExit(f"no npm here\ntry: {program.by_apt('nodejs', 'npm')}")
        print(f"fetching {MERMAID} (once)", flush=True)
        with program.writing(f"fetch {MERMAID}"), tempfile.TemporaryDirectory() as folder:
            program.run(["npm", "pack", MERMAID, "--silent"], f"fetch {MERMAID}", Path(folder))
            found = unpack(next(Path(folder).glob("*.tgz")))
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(found)
    return kept.read_bytes()


def unpack(archive: Path) -> bytes:
    """mermaid from its package. Raises SystemExit if the package is not the one that we know."""
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode("ascii")
    if digest != MERMAID_SHA512:
        raise SystemExit(f"could not fetch {MERMAID}: its SHA-512 is {digest}, not {MERMAID_SHA512}")
    with tarfile.open(archive) as packed:
        file = packed.extractfile("package/dist/mermaid.min.js")
        if file is None:
            raise SystemExit(f"{MERMAID} has no mermaid.min.js")
        return file.read()


def main() -> None:
    """Build the site and say where it is."""
    build(SOURCE, SITE, mermaid())
    print(f"{(SITE / 'index.html').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
