"""What `splunk diag` takes along: findings, states, logs, and confs; no secret, and no more than its limit."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from falcon_streams.doctor import bundle
from tests.fakes.diag import Diag
from tests.integration.conftest import Stage
from tests.integration.leaks import find, forms
from tests.integration.scene import REALM, Scene
from tests.integration.test_doctor import SCHEMA
from tests.splunkd.conf import ini

APP = "TA_falcon_event_streams"
_PREFIX = f"diag-standin01/app_ext/{APP}/"
PLANTED = "pl4nted/secret+in=every:form@here"
# As splunk diag imports an extension: by its path, under a name of its own; the path of modules is as it was after it.
_COLLECT = """
import importlib.util, json, os, sys
sys.path.insert(0, os.getcwd())
from tests.fakes.diag import Diag
script, limit = sys.argv[1:3]
spec = importlib.util.spec_from_file_location("app_ext_1", script)
module = importlib.util.module_from_spec(spec)
former = list(sys.path)
spec.loader.exec_module(module)
diag = Diag("TA_falcon_event_streams", limit)
module.collect_diag_info(diag=diag, options=None, global_options=None, app_dir=os.path.dirname(script), later="x")
assert sys.path == former, "the path of modules was not put back"
assert not hasattr(module, "setup"), "nobody asks for a login"
json.dump({name: data.decode("utf-8", "replace") for name, data in diag.files.items()}, sys.stdout)
"""


def collect(scene: Scene) -> dict[str, str]:
    """The files that the app as it is installed puts into a diag."""
    app = scene.splunkd.app_home
    told = ini.read(app / "default" / "app.conf")["diag"]
    script = app / "bin" / told["extension_script"]
    done = subprocess.run(
        [sys.executable, "-c", _COLLECT, str(script), told["data_limit"]],
        capture_output=True, text=True, timeout=60, cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "SPLUNK_HOME": str(scene.splunkd.home)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    files: dict[str, str] = json.loads(done.stdout)
    assert all(name.startswith(_PREFIX) for name in files)
    return {name[len(_PREFIX) :]: text for name, text in files.items()}


def test_it_takes_findings_states_logs_and_confs_and_none_of_the_planted_secrets(stage: Stage) -> None:
    scene = stage(partitions=2, preload=5)
    scene.begin()
    scene.wait_until_all_arrived()
    scene.wait_for_checkpoints()
    scene.splunkd.create_conf_stanza("falcon_event_streams_account", "odd", client_id=PLANTED, cloud="us-1")
    scene.splunkd.create_password(REALM.format("odd"), "client_secret", PLANTED)
    scene.splunkd.create_conf_stanza(
        "falcon_event_streams_settings", "proxy:odd", host=f"//u:{PLANTED}@proxy", username=PLANTED
    )
    by_hand = scene.splunkd.app_home / "local" / "falcon_event_streams_account.conf"
    by_hand.write_text(
        by_hand.read_text(encoding="utf-8")
        + f"\n# {PLANTED}\n[old]\nclient_secret = {PLANTED}\ncloud = {PLANTED}\nca_bundle = a\\\n{PLANTED}\n"
        + f"[{PLANTED}]\ncloud = us-1\n",
        encoding="utf-8",
    )
    files = collect(scene)
    (state,) = [name for name in files if name.startswith("states/")]

    assert set(files) >= {"doctor.txt", "doctor.json", "logs/falcon_event_streams_main.log"}
    assert {"local/inputs.conf", "local/falcon_event_streams_account.conf", "default/inputs.conf"} <= set(files)
    jsonschema.validate(json.loads(files["doctor.json"]), SCHEMA)
    assert "splunkd was not asked: a diag asks for no login" in files["doctor.txt"]
    assert json.loads(files[state])["state"] == "running"
    assert "[falcon_event_streams://main]" in files["local/inputs.conf"]
    assert "app_id = appmain" in files["local/inputs.conf"]
    assert "action=started" in files["logs/falcon_event_streams_main.log"]
    account = files["local/falcon_event_streams_account.conf"]
    assert "[prod]\n" in account and "client_id = (left out)" in account and scene.falcon.client_id not in account
    assert "cloud = (left out: not a value of this setting)" in account
    assert "[left out: not a stanza of this add-on]" in account
    texts = [(Path(name), text.encode()) for name, text in files.items()]
    assert list(find({PLANTED, *scene.secrets}, texts)) == []
    assert list(find([PLANTED], [(Path("control"), min(forms(PLANTED), key=len))])) == ["control"]
    assert PLANTED in by_hand.read_text(encoding="utf-8"), "the control: it was there to be taken"


def test_logs_without_end_fit_into_the_limit_by_their_last_lines(stage: Stage) -> None:
    scene = stage(account=False)
    logs = scene.splunkd.home / "var" / "log" / "splunk"
    for number in range(30):
        with (logs / f"falcon_event_streams_{number}.log").open("w", encoding="utf-8") as file:
            file.writelines(f"line {line} {'x' * 90}\n" for line in range(20_000))
    files = collect(scene)
    taken = [text for name, text in files.items() if name.startswith("logs/")]

    assert len(taken) == bundle.MOST_LOGS
    assert {text.splitlines()[-1].split()[1] for text in taken} == {"19999"}
    assert all(text.startswith("line ") for text in taken)
    assert sum(map(len, files.values())) <= bundle.LIMIT


def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundle, "LIMIT", 10)
    sources = bundle.Sources(tmp_path, tmp_path, tmp_path)
    pieces: dict[str, Any] = dict(bundle.Bundle(sources, lambda: [("a", "x" * 8), ("b", "y" * 8)]).pieces())

    assert list(pieces) == ["a", "left_out.txt"]
    assert pieces["left_out.txt"].startswith("From b on")


def test_a_diag_refuses_what_the_interface_does_not_allow() -> None:
    """The control of the fake."""
    diag = Diag("app", "1kb")
    diag.add_string("x", "a.txt")
    for wrong in (("x" * 2000, "b.txt"), ("x", "../b.txt"), ("x", "/b.txt"), ("x", "a.txt")):
        with pytest.raises(ValueError, match=r".+"):
            diag.add_string(*wrong)
    with pytest.raises(RuntimeError):
        diag.add_rest_endpoint("/services/server/info", "info.xml")
    assert importlib.util.find_spec("falcon_event_streams_diag") is not None
