"""The pages' endpoints have a process of their own; in a shared one they only name who came first."""

from __future__ import annotations

import re
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.splunkd import Splunkd
from tests.splunkd.rest_client import Reply
from tools import package as builder

OURS = "/servicesNS/nobody/TA_falcon_event_streams/falcon_event_streams_settings"
THEIRS = "/servicesNS/nobody/TA_other/other"
# An add-on that brings libraries of long ago, and puts them on the path as public add-ons do.
_OTHER = """
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "old"))
import jsonschema, splunklib
from splunk.persistconn.application import PersistentServerConnectionApplication

class Other(PersistentServerConnectionApplication):
    def __init__(self, command_line, command_arg):
        super().__init__()

    def handle(self, in_string):
        told = {"splunklib": splunklib.__version__, "jsonschema": jsonschema.__version__, "pid": os.getpid()}
        return {"status": 200, "payload": told}
"""
_RESTMAP = """
[script:other]
match = /other
script = other.py
scripttype = persist
handler = other.Other
output_modes = json
"""


def other_app(folder: Path) -> Path:
    app = folder / "TA_other"
    files = {
        "default/app.conf": "[launcher]\nversion = 1.0.0\n[package]\nid = TA_other\n",
        "default/restmap.conf": _RESTMAP,
        "metadata/default.meta": "[]\naccess = read : [ * ], write : [ admin ]\nexport = none\n",
        "bin/other.py": _OTHER,
        "bin/old/splunklib/__init__.py": "__version__ = 'of long ago'\n",
        "bin/old/jsonschema/__init__.py": "__version__ = 'of long ago'\n",
    }
    for name, text in files.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    return app


def shared(package: Path, folder: Path) -> Path:
    """Our app without its driver setting, as where a Splunk does not heed it."""
    app = builder.unpack(package, folder / "unpacked")
    restmap = app / "default" / "restmap.conf"
    text, count = re.subn(r"^driver\.env\..*\n", "", restmap.read_text(), flags=re.MULTILINE)
    assert count == text.count("[script:") > 0
    restmap.write_text(text)
    return app


def sentence(reply: Reply) -> str:
    return str(reply.body)


@pytest.mark.parametrize("order", [(OURS, THEIRS), (THEIRS, OURS)])
def test_beside_an_add_on_with_old_libraries_both_answer_whoever_comes_first(
    package: Path, tmp_path: Path, order: tuple[str, str]
) -> None:
    with Splunkd(tmp_path / "home", package, others=[other_app(tmp_path)]) as splunkd:
        replies = {path: splunkd.request("GET", path, output_mode="json") for path in order}

        assert {path: reply.status for path, reply in replies.items()} == {OURS: 200, THEIRS: 200}
        assert "of long ago" in sentence(replies[THEIRS])
        assert splunkd.script_pid("other") != splunkd.script_pid("falcon_event_streams_settings")


def test_in_a_shared_process_the_intruder_is_named_and_nothing_else_is_answered(package: Path, tmp_path: Path) -> None:
    app = shared(package, tmp_path)
    with Splunkd(tmp_path / "home", app, others=[other_app(tmp_path)]) as splunkd:
        theirs = splunkd.request("GET", THEIRS, output_mode="json")
        ours = splunkd.request("GET", OURS, output_mode="json")

        assert (theirs.status, ours.status) == (200, 503)
        assert "another add-on has loaded its own jsonschema" in sentence(ours)
        assert "TA_other" in sentence(ours)
        assert "is not set" in sentence(ours)


def test_all_our_endpoints_have_one_driver_setting_and_one_process(package: Path) -> None:
    with tarfile.open(package) as archive:
        file = archive.extractfile("TA_falcon_event_streams/default/restmap.conf")
        assert file is not None
        restmap = file.read().decode()

    scripts = restmap.count("[script:")
    assert restmap.count("driver.env.FALCON_EVENT_STREAMS_PROCESS = 1") == scripts > 0
    assert "passPayload" not in restmap


def test_the_script_is_found_by_its_path_alone_wherever_the_app_lies(package: Path, tmp_path: Path) -> None:
    """Its folder is not on the path, and the process works in `/`."""
    home = tmp_path / "a home with a blank and an é"
    home.mkdir()
    with Splunkd(home, package) as splunkd:
        assert splunkd.request("GET", OURS, output_mode="json").status == 200
    shutil.rmtree(home)
