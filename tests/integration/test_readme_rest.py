"""The commands under "By REST" in README.md, run as they are written there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.scene import Scene
from tools.package import ROOT

_SECONDS = 60


def commands() -> list[str]:
    """The README's five lines."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- by rest -->\n```sh\n(.*?)```", readme, re.DOTALL)
    assert found is not None
    return found.group(1).strip().splitlines()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_five_commands_do_what_the_readme_says(package: Path, tmp_path: Path) -> None:
    with Scene(tmp_path, package, preload=3, lock=0.5, account=False) as scene:
        told, address = scene.splunkd.told, scene.falcon.address()
        (tmp_path / "secret.txt").write_text(address["client_secret"] + "\n")
        custom = f"-d cloud=custom -d base_url={address['api']} -d ca_bundle={address['ca_file']}"
        variables = {
            "SPLUNKD": f"{scene.splunkd.management_uri}/servicesNS/nobody/TA_falcon_event_streams",
            "FALCON": f"{custom} -d client_id={address['client_id']}",
            "CURL": f"curl -sS --cacert {scene.splunkd.ca_file} -u {told['username']}:{told['password']}",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        }

        def run(command: str) -> dict[str, dict[str, object]]:
            done = subprocess.run(
                ["bash", "-ec", command],
                env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=_SECONDS,
            )  # fmt: skip
            tree = json.loads(done.stdout)
            print(command, "->", tree.get("messages") or [entry["name"] for entry in tree["entry"]])
            assert tree.get("messages") == [], done.stdout
            return {entry["name"]: entry["content"] for entry in tree["entry"]}

        save, create, show, rotate, remove = commands()
        assert "prod" in run(save)
        assert "main" in run(create)
        scene.wait(lambda: run(show)["main"]["events"] == "3", what="three events shown")
        scene.falcon.rotate_secret(revoke=True)
        (tmp_path / "secret.txt").write_text(scene.falcon.client_secret + "\n")
        assert "prod" in run(rotate)
        scene.falcon.drop_feeds()
        scene.falcon.generate(2)
        scene.wait(lambda: scene.splunkd.count() == 5, timeout=60, what="events after the rotation")
        assert run(remove) == {}
