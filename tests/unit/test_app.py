"""The front door: three invocations, and one clear sentence where none can be answered."""

from __future__ import annotations

import io
import ssl
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from falcon_streams import app
from falcon_streams.errors import Fatal, RestartNeeded, Retryable, SplunkdGone
from falcon_streams.run.happenings import Ending, Stop, stop_for
from falcon_streams.splunk.modinput import read_run
from falcon_streams.splunk.settings import read_schema

ENTRY = Path(__file__).resolve().parents[2] / "bin" / "falcon_event_streams.py"


def test_the_scheme_has_every_setting_of_ours_with_the_schemas_texts() -> None:
    out = io.BytesIO()

    assert app.main(["--scheme"], io.BytesIO(), out) == 0
    root = ElementTree.fromstring(out.getvalue())
    schema = read_schema("input")
    own = {name: each for name, each in schema["properties"].items() if not each.get("x-splunk")}
    arguments = {str(each.get("name")): each for each in root.findall("endpoint/args/arg")}
    assert list(arguments) == list(own)
    for name, each in arguments.items():
        assert each.findtext("title") == own[name]["title"]
        assert each.findtext("description") == own[name]["description"]
        assert each.findtext("required_on_create") == str(name in schema["required"]).lower()
    assert root.findtext("use_external_validation") == "true"
    assert root.findtext("use_single_instance") == "false"
    assert root.findtext("streaming_mode") == "xml"


def test_an_interpreter_with_an_old_openssl_gets_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl, "OPENSSL_VERSION_INFO", (1, 0, 2, 26, 15))
    monkeypatch.setattr(ssl, "OPENSSL_VERSION", "OpenSSL 1.0.2zf")
    out = io.BytesIO()

    assert app.main(["--validate-arguments"], io.BytesIO(), out) == 1
    message = ElementTree.fromstring(out.getvalue()).findtext("message")
    assert message == (
        "this Splunk brings OpenSSL 1.0.2zf, and TLS to Falcon needs OpenSSL 1.1.1 or later: run this add-on on "
        "Splunk 10.0 or later"
    )


@pytest.mark.parametrize("arguments", [[], ["--validate-arguments"]], ids=["run", "validation"])
def test_garbage_on_stdin_ends_with_one_sentence_and_no_traceback(arguments: list[str]) -> None:
    """Of any other bytes `tests/fuzz/test_stdin.py` says that they are an invocation or Fatal."""
    done = subprocess.run([sys.executable, str(ENTRY), *arguments], input=b"\xff\x00", capture_output=True, timeout=30)

    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert len((done.stderr + done.stdout).splitlines()) == 1
    assert b"only splunkd can start" in done.stderr + done.stdout


@pytest.mark.parametrize("stdin", [b"", b"<", b"<input/>", b"\xff\x00", b"<items/>", b"<a>" * 1000])
def test_garbage_is_told_by_whom_the_script_wants_to_be_started(stdin: bytes) -> None:
    out = io.BytesIO()

    assert app.main(["--validate-arguments"], io.BytesIO(stdin), out) == 1
    assert b"only splunkd can start" in out.getvalue()
    with pytest.raises(Fatal, match="only splunkd can start"):
        read_run(stdin)


def test_an_input_whose_name_is_refused_ends_with_that_sentence() -> None:
    stdin = b"""<input><server_host>h</server_host><server_uri>https://127.0.0.1:8089</server_uri>
    <session_key>k</session_key><checkpoint_dir>/nowhere</checkpoint_dir>
    <configuration><stanza name="falcon_event_streams://a/b"><param name="account">x</param></stanza></configuration>
    </input>"""
    done = subprocess.run([sys.executable, str(ENTRY)], input=stdin, capture_output=True, timeout=30)

    assert done.returncode == 1
    assert b"a/b" in done.stderr
    assert b"name" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "error, ending",
    [
        (Fatal("no"), Ending.FATAL),
        (Retryable("later"), Ending.RESTART),
        (RestartNeeded("anew"), Ending.RESTART),
        (SplunkdGone("gone"), Ending.UNCLEAN),
        (ValueError("a fault of ours"), Ending.UNCLEAN),
    ],
)
def test_what_ends_an_input_at_its_start_is_called_by_its_consequence(error: Exception, ending: Ending) -> None:
    assert stop_for(error) == Stop(ending, error)
