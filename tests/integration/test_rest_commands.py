"""The commands under "By REST" in docs/configure.md, and those for the offsets in docs/operations.md, run as they are
written there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from falcon_streams.trust import make_trust
from tests.integration.command import run
from tests.integration.conftest import Stage
from tests.integration.scene import Scene
from tests.splunkd import Splunkd
from tools.package import ROOT

_SECONDS = 60


def commands(mark: str = "by rest", page_name: str = "configure.md") -> list[str]:
    """The page's lines under a mark."""
    page = (ROOT / "docs" / page_name).read_text(encoding="utf-8")
    found = re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```", page, re.DOTALL)
    assert found is not None
    return found.group(1).strip().splitlines()


def variables(scene: Scene) -> str:
    """The page's variables, with the stand-in's port, password and tenant in the places of splunkd's."""
    told, address = scene.splunkd.told, scene.falcon.address()
    falcon = f"-d cloud=custom -d base_url={address['api']} -d ca_bundle={address['ca_file']}"
    lines = "\n".join(commands("by rest: variables"))
    for written, here in (
        ("8089", str(scene.splunkd.port)),
        ("-u admin", f"-u {told['username']}:{told['password']}"),
        (
            "-d cloud=us-1 -d client_id=0123456789abcdef0123456789abcdef",
            f"{falcon} -d client_id={address['client_id']}",
        ),
    ):
        assert written in lines
        lines = lines.replace(written, here)
    return f"SPLUNK_HOME={scene.splunkd.home}\n{lines}\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_five_commands_do_what_the_page_says(package: Path, tmp_path: Path) -> None:
    with Scene(tmp_path, package, preload=3, lock=0.5, account=False) as scene:
        (tmp_path / "secret.txt").write_text(scene.falcon.client_secret + "\n")
        before = variables(scene)

        def curl(command: str) -> dict[str, dict[str, object]]:
            done = subprocess.run(
                ["bash", "-ec", before + command],
                cwd=tmp_path, capture_output=True, text=True, timeout=_SECONDS,
            )  # fmt: skip
            tree = json.loads(done.stdout)
            print(command, "->", tree.get("messages") or [entry["name"] for entry in tree["entry"]])
            assert tree.get("messages") == [], done.stdout
            return {entry["name"]: entry["content"] for entry in tree["entry"]}

        save, create, show, rotate, remove = commands()
        assert "prod" in curl(save)
        assert "main" in curl(create)
        scene.wait(lambda: curl(show)["main"]["events"] == "3", what="three events shown")
        scene.falcon.rotate_secret(revoke=True)
        (tmp_path / "secret.txt").write_text(scene.falcon.client_secret + "\n")
        assert "prod" in curl(rotate)
        scene.falcon.drop_feeds()
        scene.falcon.generate(2)
        scene.wait(lambda: scene.splunkd.count() == 5, timeout=60, what="events after the rotation")
        assert curl(remove) == {}


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_commands_for_the_offsets_do_what_the_page_says(stage: Stage, tmp_path: Path) -> None:
    scene = stage(partitions=2, preload=3, lock=0.2, linger=0.2)
    scene.begin()
    scene.wait_until_committed()
    before = variables(scene)
    for line in commands("offsets by rest", "operations.md"):
        done = subprocess.run(
            ["bash", "-ec", before + line], cwd=tmp_path, capture_output=True, text=True, timeout=_SECONDS
        )
        assert json.loads(done.stdout)["messages"] == [], f"{line}: {done.stdout}"
    assert scene.splunkd.input_state("main")["settings"]["checkpoint_store"] == "kvstore"
    scene.wait(lambda: "running" in run(scene, "offsets").out, what="a running input")
    for line in commands("offsets by command", "operations.md"):
        script, _, arguments = line.partition("falcon_event_streams_admin.py ")
        assert script == "splunk cmd python3 "
        file = str(tmp_path / "offsets.json")
        ended = run(scene, *(file if each == "offsets.json" else each for each in shlex.split(arguments)))
        assert (ended.status, ended.err) == (0, ""), line
    assert scene.splunkd.input_state("main")["settings"]["checkpoint_store"] == "file"
    assert scene.wait_until_all_arrived().missing == 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_commands_for_tenants_do_what_the_page_says(stage: Stage, tmp_path: Path) -> None:
    scene = stage(preload=1, server_info={"isForwarding": "true"})
    (tmp_path / "tenants.csv").write_text(f'cid,name,index\n{"a" * 32}-1F,"ACME & Sons, Berlin",falcon_acme\n')
    before = variables(scene)

    def curl(command: str) -> dict[str, Any]:
        done = subprocess.run(
            ["bash", "-ec", before + command], cwd=tmp_path, capture_output=True, text=True, timeout=_SECONDS
        )
        return dict(json.loads(done.stdout))

    plan, apply, of_children, show = commands("tenants", "providers.md")
    (planned,) = curl(plan)["entry"]
    (applied,) = curl(apply.replace("5f0c2a9d7be41c36", planned["content"]["hash"]))["entry"]
    assert [row["result"] for row in applied["content"]["tenants"]] == ["created"]
    assert [(entry["name"], entry["content"]["index"]) for entry in curl(show)["entry"]] == [("a" * 32, "falcon_acme")]
    (message,) = curl(of_children)["messages"]
    assert "the question for the children" in message["text"], "this tenant is no parent"


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_under_any_other_name_curl_refuses_the_certificate_that_splunk_ships(tmp_path: Path) -> None:
    """The control of the former: why the commands go by that name."""
    with Splunkd(tmp_path) as splunkd:
        address = f"https://localhost:{splunkd.port}/services/server/info"
        to_this_machine = ["--connect-to", f"localhost:{splunkd.port}:127.0.0.1:{splunkd.port}"]
        done = subprocess.run(
            ["curl", "-sS", "--cacert", splunkd.ca_file, *to_this_machine, address],
            capture_output=True, text=True, timeout=_SECONDS,
        )  # fmt: skip

    assert done.returncode == 60
    assert "SSL" in done.stderr


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_a_certificate_made_as_operations_says_serves_a_shared_kv_store(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- certificate -->\n```sh\n(.*?)```", page, re.DOTALL)
    assert found is not None
    subprocess.run(["bash", "-ec", found.group(1)], cwd=tmp_path, check=True, capture_output=True, timeout=_SECONDS)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(tmp_path / "splunkd.pem")

    assert handshake(theirs, make_trust(str(tmp_path / "ca.pem")), "sh.example.com") == ""
    assert "mismatch" in handshake(theirs, make_trust(str(tmp_path / "ca.pem")), "other.example.com")
    assert "certificate" in handshake(theirs, make_trust(), "sh.example.com")


def handshake(theirs: ssl.SSLContext, ours: ssl.SSLContext, name: str) -> str:
    """A handshake in memory: empty, or why the client refused the server."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ours.wrap_bio(to_client, to_server, server_hostname=name)
    server = theirs.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return error.verify_message
    return ""
