"""The endpoints as `openapi.json` of the package describes them: a client that is made from it can use them all."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.page_calls import BASE, good_account
from tests.integration.scene import Scene
from tools import environments
from tools.package import unpack

_SCRIPT = Path(__file__).with_name("foreign_pages.py")
pytestmark = pytest.mark.package


@pytest.fixture(scope="module")
def description(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The description that ships."""
    return unpack(package, tmp_path_factory.mktemp("described")) / "appserver" / "static" / "openapi.json"


def make_client(description: Path, folder: Path) -> Path:
    """The folder of the Python package `falcon_pages`, made from a description."""
    settings = folder / "settings.yml"
    settings.write_text("package_name_override: falcon_pages\npost_hooks: []\n", encoding="utf-8")
    generator = environments.for_tool("openapi").with_name("openapi-python-client")
    command = [str(generator), "generate", "--path", str(description), "--output-path", str(folder / "falcon_pages")]
    command += ["--meta", "none", "--config", str(settings), "--fail-on-warning"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_a_client_made_from_the_description_makes_shows_edits_and_removes(
    package: Path, description: Path, tmp_path: Path
) -> None:
    folder = make_client(description, tmp_path)
    with Scene(tmp_path, package, lock=0.5, account=False) as scene:
        told = scene.splunkd.told
        address: dict[str, Any] = {name: told[name] for name in ("username", "password", "ca_file")}
        account = good_account(scene)
        address.update(base_url=f"{scene.splunkd.management_uri}{BASE}", account=account)
        python = str(environments.for_tool("openapi"))
        done = subprocess.run(
            [python, str(_SCRIPT), str(folder), json.dumps(address)], capture_output=True, text=True, timeout=120
        )
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)

    assert [entry["name"] for entry in seen["made"]] == ["foreign"]
    assert [entry["name"] for entry in seen["listed"]] == ["foreign"]
    assert seen["shown"][0]["content"]["client_id"] == account["client_id"]
    assert seen["edited"][0]["content"]["proxy"] == "none"
    assert seen["logging"][0]["content"]["level"] == "DEBUG"
    assert seen["input shown"][0]["content"]["app_id"] == "foreign01"
    assert seen["input edited"][0]["content"]["start_from"] == "newest"
    assert seen["removed"] == seen["input removed"] == []
