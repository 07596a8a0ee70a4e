"""The doctor by its script, by the admin's command line, and by its endpoint: one thing, as whoever asks, in time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from falcon_streams.doctor import report
from tests.integration.command import Done, run
from tests.integration.conftest import Stage
from tests.integration.leaks import find, forms
from tests.integration.page_calls import ACCOUNT, BASE, Caller, good_account
from tests.integration.scene import REALM, Scene

DOCTOR = f"{BASE}/falcon_event_streams_doctor"
SCHEMA = json.loads(Path(report.__file__).with_name("report.schema.json").read_text(encoding="utf-8"))
VIEWER, NOBODY = ("viewer", "viewer-password", "list_inputs"), ("nobody", "nobody-password", "search")
# A test CA and a fresh tenant differ at each run; what is compared is what was said of what.
_PARTS = ("check", "about", "result", "said")


def script(scene: Scene, *arguments: str, env: Any = None) -> Done:
    """Run `falcon_event_streams_doctor.py` of the installed app, and type the password."""
    path = scene.splunkd.app_home / "bin" / "falcon_event_streams_doctor.py"
    address = ["--splunkd", f"https://127.0.0.1:{scene.splunkd.port}"] if scene.splunkd.running else []
    done = subprocess.run(
        [sys.executable, str(path), *address, *arguments],
        input="changed-at-once\n", capture_output=True, text=True, timeout=90, env=env,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def running(stage: Stage, **options: Any) -> Scene:
    """A scene with one input that reads."""
    scene = stage(partitions=2, preload=5, users=(VIEWER, NOBODY), **options)
    scene.splunkd.post("/services/data/indexes", name="falcon")
    scene.begin(index="falcon")
    scene.wait_until_open(2)
    scene.wait_until_all_arrived()
    return scene


def test_script_command_and_endpoint_say_the_same_and_the_json_fits_its_schema(stage: Stage) -> None:
    scene = running(stage)
    scene.wait(lambda: "app_id_in_use" in script(scene, "--json").out, 30.0, "an input that says that it reads")

    told = json.loads(script(scene, "--json").out)
    by_command = json.loads(run(scene, "--json", "doctor").out)
    by_endpoint = Caller(scene).get(DOCTOR)

    jsonschema.validate(told, SCHEMA)
    jsonschema.validate([{"name": name, **content} for name, content in by_endpoint.entries.items()], SCHEMA)
    assert by_endpoint.status == 200
    wanted = [tuple(each[part] for part in _PARTS) for each in told]
    assert [tuple(each[part] for part in _PARTS) for each in by_command] == wanted
    assert [tuple(each[part] for part in _PARTS) for each in by_endpoint.entries.values()] == wanted
    assert len(wanted) > 20
    assert {each["result"] for each in told} == {"ok", "not checked"}
    assert len(scene.falcon.connections()) == 2, "the doctor opened a feed"
    assert scene.falcon.violations() == []


def test_a_problem_ends_the_command_with_1_and_is_a_line_with_what_to_do(stage: Stage) -> None:
    scene = stage()
    done = script(scene)

    assert (done.status, done.err) == (1, "")
    assert "problem      Inputs: Create an input on the Inputs page" in done.out
    assert "ok           Token of prod: " in done.out, "without an input, the accounts are checked all the same"


def test_a_wrong_password_is_one_sentence(stage: Stage) -> None:
    scene = stage()
    done = run(scene, "doctor", password="wrong")

    assert (done.status, done.out) == (1, "")
    assert "refuses this password" in done.err


def test_without_splunkd_it_asks_for_no_password_and_checks_the_machine(stage: Stage) -> None:
    scene = running(stage)
    scene.wait_for_checkpoints()
    with_splunkd = script(scene, "--alone", "--json")
    scene.splunkd.stop()
    without = script(scene, "--json")

    for done, reason in ((with_splunkd, "this was wanted"), (without, "check that Splunk runs")):
        told = json.loads(done.out)
        jsonschema.validate(told, SCHEMA)
        by_check = {(each["check"], each["about"]): each for each in told}
        assert reason in by_check["splunkd", ""]["sentence"]
        assert by_check["Token", ""]["result"] == "not checked"
        assert by_check["Package", ""]["result"] == "ok"
        assert by_check["Checkpoint store", "main"]["result"] == "ok"
    assert by_check["Lock", "main"]["said"] == "lock_free"
    assert "changed-at-once" not in with_splunkd.out + without.out


def test_who_may_not_list_inputs_gets_nothing_and_who_may_gets_what_splunkd_lets_them_read(stage: Stage) -> None:
    scene = running(stage)
    viewer, nobody = Caller(scene, *VIEWER[:2]), Caller(scene, *NOBODY[:2])
    seen = viewer.get(DOCTOR)

    refused = nobody.get(DOCTOR)
    assert (refused.status, refused.entries) == (403, {})
    assert "you may not" in refused.sentence
    by_check = {(each["check"], each["about"]): each for each in seen.entries.values()}
    assert by_check["Inputs", ""]["result"] == "ok"
    assert by_check["Account and secret", "prod"]["said"] == "not_allowed"
    assert by_check["DNS", "prod"]["said"] == "after"
    assert by_check["TLS", "prod"]["said"] == "after"
    assert by_check["Queues of splunkd", ""]["said"] == "not_allowed"
    asked = len(scene.falcon.requests())
    viewer.get(DOCTOR)
    assert len(scene.falcon.requests()) == asked, "Falcon was asked for somebody who may not read the secret"
    for answer in (viewer.post(DOCTOR, name="x"), viewer.post(f"{DOCTOR}/01", x="y"), viewer.delete(f"{DOCTOR}/01")):
        assert answer.status == 405, answer
    assert viewer.get(f"{DOCTOR}/01").status == 404


def test_a_falcon_that_hangs_does_not_hold_the_page_for_more_than_its_time(stage: Stage) -> None:
    scene = running(stage)
    scene.falcon.add_faults([{"on": "token", "do": "hang", "times": 9}])
    began = time.monotonic()
    found = Caller(scene).get(DOCTOR)
    took = time.monotonic() - began

    assert found.status == 200
    assert took < 29.0  # splunkweb waits for 30 s
    by_check = {(each["check"], each["about"]): each for each in found.entries.values()}
    assert by_check["Clock", "prod"]["said"] == "late"
    assert "It has not answered. Check the network" in by_check["Token", "prod"]["sentence"]
    assert by_check["Process", "main"]["said"] == "process"


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_behind_a_proxy_the_way_is_checked_through_it(stage: Stage, tls: bool) -> None:
    scene = stage(account=False, proxy_login=("u", "p4ssword"), proxy_tls=tls)
    host, _, port = scene.falcon.address()["proxy"].rpartition("/")[2].partition(":")
    proxy = {"enabled": "1", "type": "https" if tls else "http", "host": host, "port": port, "username": "u"}
    scene.splunkd.create_conf_stanza("falcon_event_streams_settings", "proxy:lab", **proxy)
    scene.splunkd.create_password("TA_falcon_event_streams#proxy#lab", "password", "p4ssword")
    scene.add_account(cloud="us-1", base_url="", proxy="lab")
    through = {(each["check"], each["about"]): each for each in json.loads(script(scene, "--json").out)}
    scene.splunkd.edit_password("TA_falcon_event_streams#proxy#lab", "password", "wrong-one")
    refused = {(each["check"], each["about"]): each for each in json.loads(script(scene, "--json").out)}

    assert through["DNS", "prod"]["sentence"] == "127.0.0.1 is 127.0.0.1."
    assert through["Connection", "prod"]["sentence"] == f"the proxy 127.0.0.1 port {port} takes connections."
    assert [through[check, "prod"]["said"] for check in ("TLS", "Token", "Scope and streams")] == [
        "tls",
        "token",
        "streams",
    ]
    assert "firehose.crowdstrike.com speaks TLS" in through["Hosts of the feeds", "prod"]["sentence"]
    assert refused["TLS", "prod"]["said"] == "tls_failed"
    assert "(407)" in refused["TLS", "prod"]["sentence"]


def test_no_output_holds_a_secret_and_a_planted_one_is_found(stage: Stage) -> None:
    scene = running(stage)
    caller = Caller(scene)
    planted = "pl4nted/secret+in=every:form@here"
    scene.secrets |= {planted, scene.splunkd.input_state("main")["session_key"], caller.session_key}
    # whoever tried a secret in wrong places
    scene.splunkd.create_conf_stanza("falcon_event_streams_account", "odd", client_id=planted, cloud="us-1")
    scene.splunkd.create_password(REALM.format("odd"), "client_secret", planted)
    scene.splunkd.edit_conf_stanza("falcon_event_streams_settings", "proxy", enabled="0", host=f"//u:{planted}@proxy")
    caller.post(ACCOUNT, name="refused", **good_account(scene, client_secret=planted))
    scene.falcon.add_faults([{"on": "token", "times": 2, "answer": {"status": 401, "body": "{}"}}])
    outputs = [
        (Path("text"), script(scene)),
        (Path("json"), script(scene, "--json")),
        (Path("alone"), script(scene, "--alone")),
    ]
    texts = [(name, (done.out + done.err).encode()) for name, done in outputs]
    texts.append((Path("endpoint"), json.dumps(caller.get(DOCTOR).entries).encode()))

    assert all(data for _, data in texts)
    assert list(find(scene.secrets, texts)) == []
    assert list(find(scene.secrets, [(Path("control"), texts[0][1] + min(forms(planted), key=len))])) == ["control"]
    scene.secrets.discard(planted)  # it stands in the confs, where this test wrote it
