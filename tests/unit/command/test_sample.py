"""The sample as an admin runs it: the real command in a process of its own; no message shows text of an event."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from falcon_streams.command import sample
from falcon_streams.core.redaction import Redaction
from tests.knowledge.golden import AUDIT, DETECTIONS

SCRIPT = Path(__file__).resolve().parents[3] / "bin" / "falcon_event_streams_sample.py"
EVENT = b'{"metadata":{"eventType":"BrandNewEvent","offset":123456},"event":{"UserName":"mkeller","Severity":70}}'
SECRETS = (
    "mkeller",
    "FIN-WS-0142",
    "6f5e4d3c2b1a",
    "0a1b2c3d4e5f",
    "9f9f9f9f",
    "418822730155",
    "falcon.example",
)


def run(*arguments: str, typed: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, str(SCRIPT), *arguments], input=typed, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode("ascii"), done.stderr.decode("ascii")


def test_each_event_of_stdin_is_printed_redacted_with_its_type_and_keys() -> None:
    status, out, err = run(typed=EVENT + b"\n\n\xef\xbb\xbf" + EVENT + b"\r\n")
    first, second = out.splitlines()

    assert (status, err) == (0, "")
    assert first == second
    assert json.loads(first)["metadata"]["eventType"] == "BrandNewEvent"
    assert json.loads(first)["event"]["Severity"] == 70
    assert list(json.loads(first)["event"]) == ["UserName", "Severity"]
    assert "mkeller" not in first and "123456" not in first


def test_of_every_event_that_is_known_a_sample_of_a_file_shows_no_secret(tmp_path: Path) -> None:
    events = [case.raw() for case in (*DETECTIONS, *AUDIT)]
    file = tmp_path / "events.json"
    file.write_bytes(b"\n".join(events))
    status, out, err = run(str(file))

    assert (status, err) == (0, "")
    assert len(out.splitlines()) == len(events)
    assert [secret for secret in SECRETS if secret in out] == []
    assert [secret for secret in SECRETS if secret not in file.read_text(encoding="utf-8")] == []


def test_two_runs_invent_differently() -> None:
    assert run(typed=EVENT)[1] != run(typed=EVENT)[1]


def test_a_line_that_is_no_event_is_shown_by_kinds_and_counted() -> None:
    status, out, err = run(typed=EVENT[:-1] + b'\nmkeller \xff\xfe "Top"\n[1]\n' + EVENT)

    assert status == 1
    assert len(out.splitlines()) == 4
    assert "mkeller" not in out and "Top" not in out
    assert err == "3 lines are not JSON objects: only the kinds of their characters are shown.\n"


@pytest.mark.parametrize("arguments", [("mkeller",), ("mkeller", "b"), ("--mkeller",), ("--help=mkeller",), ("/",)])
def test_no_message_shows_an_argument(arguments: tuple[str, ...]) -> None:
    status, out, err = run(*arguments)

    assert status == (2 if len(arguments) > 1 or arguments[0].startswith("-") else 1)
    assert out == ""
    assert err and "mkeller" not in err and "Traceback" not in err


def test_its_help_says_how_it_is_run() -> None:
    assert run("--help") == (0, sample.USAGE + "\n", "")


def test_an_error_while_reading_shows_its_kind_and_nothing_of_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object, line: str) -> str:
        raise KeyError(line)

    monkeypatch.setattr(Redaction, "sample", fail)
    out, err = io.StringIO(), io.StringIO()

    assert sample.main([], io.BytesIO(EVENT), out, err) == 1
    assert (out.getvalue(), err.getvalue()) == (
        "",
        "The sample ended early (KeyError): check that the file can be read.\n",
    )


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        process.stdin.write(EVENT + b"\n")
        process.stdin.close()
        err = process.stderr.read()

    assert b"Traceback" not in err and b"mkeller" not in err
