"""The commands of docs/install/uninstall.md, run as they are written: afterwards nothing of the add-on is left."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.integration.conftest import Stage
from tests.integration.scene import REALM
from tests.integration.test_rest_commands import variables
from tests.integration.test_shared_checkpoints import COLLECTION, KVSTORE
from tools.package import ROOT

PAGE = ROOT / "docs" / "install" / "uninstall.md"


def step(number: int) -> list[str]:
    """The commands of one step."""
    found = re.search(rf"<!-- step {number} -->\n```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found.group(1).strip().splitlines()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_commands_leave_no_input_account_secret_document_checkpoint_or_log(stage: Stage) -> None:
    scene = stage(preload=3, lock=0.2)
    splunkd = scene.splunkd
    home = splunkd.home
    before = variables(scene)

    def run(number: int) -> str:
        lines = step(number)
        assert lines
        done = [
            subprocess.run(["bash", "-ec", before + line], capture_output=True, text=True, timeout=60) for line in lines
        ]
        assert [each.stderr for each in done] == [""] * len(lines)
        return "".join(each.stdout for each in done)

    def names(collection: str) -> list[str]:
        answer = splunkd.get(f"/servicesNS/nobody/TA_falcon_event_streams/{collection}")
        return [entry["name"] for entry in answer["entry"]]

    scene.begin(**KVSTORE)
    scene.wait_until_all_arrived()
    scene.wait(lambda: splunkd.documents(COLLECTION, kind="record"), what="a record")
    checkpoints, logs = home / "var/lib/splunk/modinputs/falcon_event_streams", home / "var/log/splunk"
    assert checkpoints.exists()
    assert list(logs.glob("falcon_event_streams_*"))

    run(1)
    assert names("falcon_event_streams_input") == []
    assert names("falcon_event_streams_account") == []
    run(2)
    assert splunkd.documents(COLLECTION) == []
    splunkd.create_password(REALM.format("prod"), "client_secret", scene.falcon.client_secret)
    assert '"clear_password"' in run(3)
    assert names("storage/passwords") == []
    splunkd.stop()
    run(4)
    assert not checkpoints.exists()
    assert list(logs.glob("falcon_event_streams_*")) == []
