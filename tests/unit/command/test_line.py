"""The command line without a splunkd: what it prints, and what it refuses."""

from __future__ import annotations

import io

import pytest

from falcon_streams.command.line import main, table
from falcon_streams.command.our_endpoints import Entries


def run(*arguments: str, typed: str = "secret\n") -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = main(arguments, io.StringIO(typed), out, err)
    return status, out.getvalue(), err.getvalue()


def test_a_table_has_a_line_for_each_object_and_its_columns_stand_below_each_other() -> None:
    entries: Entries = [("main", {"lag": 12, "state": "running", "more": 1}), ("second", {"state": None})]

    assert table(entries, ["state", "lag"]).splitlines() == [
        "name    state    lag",
        "main    running  12",
        "second",
    ]


def test_a_splunkd_that_is_not_there_is_one_sentence_with_a_remedy() -> None:
    status, out, err = run("--splunkd", "https://127.0.0.1:1", "inputs")

    assert (status, out) == (1, "")
    assert err == (
        "splunkd did not answer (ConnectionRefusedError): check that Splunk runs, and that --splunkd is the address of "
        "its management port\n"
    )


def test_a_password_is_never_sent_to_another_machine_without_tls() -> None:
    status, _, err = run("--splunkd", "http://192.0.2.1:8089", "inputs")

    assert status == 1
    assert "not sent there" in err


def test_a_command_that_is_not_known_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("nothing")

    assert ended.value.code == 2
    assert "inputs" in capsys.readouterr().err
