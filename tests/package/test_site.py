"""The site of the pages is built without a complaint and loads nothing from elsewhere; spelling is looked at."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import environments, site

pytestmark = pytest.mark.package
_LOADED = re.compile(r"<(?:script|img|iframe)[^>]* src=\"?([^\"> ]+)|<link[^>]* href=\"?([^\"> ]+)")
_NO_MERMAID = b"// drawn in a browser only"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a site that was built beside them."""
    folder = tmp_path_factory.mktemp("site")
    site.build(folder / "pages", folder / "site", _NO_MERMAID)
    return folder / "pages"


def test_the_site_has_every_page_and_loads_nothing_from_elsewhere(pages: Path) -> None:
    built = sorted(pages.with_name("site").rglob("*.html"))
    loaded = {each for path in built for pair in _LOADED.findall(path.read_text("utf-8")) for each in pair if each}

    assert len(built) == len(list(pages.rglob("*.md"))) + 1  # and the page for what is not there
    assert [each for each in loaded if "//" in each] == []
    assert any(each.endswith("mermaid.min.js") for each in loaded)
    assert 'class="mermaid"' in (pages.with_name("site") / "docs" / "architecture.html").read_text(encoding="utf-8")


def test_a_dead_link_and_a_page_that_nothing_leads_to_fail(pages: Path) -> None:
    broken = shutil.copytree(pages, pages.with_name("broken"))
    with (broken / "docs" / "log.md").open("a", encoding="utf-8") as page:
        page.write("\n[gone](nowhere.md) [gone](search.md#nothing)\n")
    (broken / "docs" / "forgotten.md").write_text("# Forgotten\n", encoding="utf-8")
    with pytest.raises(SystemExit) as refused:
        site.build_pages(broken, pages.with_name("broken site"))

    assert [each for each in ("nowhere.md", "#nothing", "docs/forgotten.md") if each not in str(refused.value)] == []


def test_another_package_in_mermaids_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "another.tgz").write_bytes(b"another")

    with pytest.raises(SystemExit, match="its SHA-512 is"):
        site.unpack(tmp_path / "another.tgz")


def test_a_planted_mistake_in_spelling_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("events are {}ieved\n".format("rec"), encoding="utf-8")
    codespell = environments.for_tool("docs").with_name("codespell")
    done = subprocess.run([str(codespell), "page.md"], cwd=tmp_path, capture_output=True, text=True)

    assert "==> received" in done.stdout
    assert done.returncode != 0
