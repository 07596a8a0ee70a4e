"""The emulator in its own process: the command line, the control endpoint, and when it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.emulator import EmulatorProcess
from tests.emulator.__main__ import read_arguments
from tests.emulator.conftest import PATIENCE, eventually
from tests.emulator.events import hard_lines
from tests.emulator.levers import LEVERS
from tests.emulator.options import Options


@pytest.fixture(scope="module")
def process() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(partitions=2, preload=100, seed=7, heartbeat=None, proxy_login=("a", "b:c")) as running:
        yield running


def test_the_ready_line_says_what_a_client_has_to_know(process: EmulatorProcess) -> None:
    address = process.address

    assert {"api", "feed", "control", "proxy", "trap", "ca_file", "client_id", "client_secret"} <= set(address)
    assert address["partitions"] == ["0", "1"]
    pair = {name: address[name] for name in ("client_id", "client_secret")}
    assert requests.post(f"{address['api']}/oauth2/token", data=pair, verify=address["ca_file"], timeout=PATIENCE).ok


def test_levers_work_by_the_same_names_and_arguments(process: EmulatorProcess) -> None:
    process.generate(5, partition="1")
    process.generate(count=1, types=["CustomerIOCEvent"])
    assert process.offsets() == {"0": 101, "1": 106}
    assert process.publish("0", b"\xff\xfe", "text", b'{"metadata":{"offset":500}}') == [101, 102, 500]
    assert process.publish_hard_lines("1") == list(hard_lines(0))
    process.add_partition("x", first_offset=9)
    assert process.offsets()["x"] == 9
    process.set_option("linger", 2.5)
    assert process.options()["linger"] == 2.5
    assert process.options()["proxy_tls"] is False
    assert process.rotate_secret() != process.address["client_secret"]
    process.skip(100)
    assert process.now() - time.time() > 99
    assert process.violations() == process.connections() == process.feeds() == process.proxy_targets() == []


def test_rows_come_as_they_are_asked_for(process: EmulatorProcess) -> None:
    rows = process.published("0")

    assert isinstance(rows, Iterator)
    first = next(rows)
    assert first[0] == 0
    assert len(first[1]) == 64
    assert [row[0] for row in rows][:99] == list(range(1, 100))
    assert list(process.deliveries()) == []
    assert [row[2] for row in process.ledger()["1"]][:100] == [0] * 100


def test_a_lever_that_makes_no_sense_answers_a_sentence(process: EmulatorProcess) -> None:
    with pytest.raises(ValueError, match="no partition nine"):
        process.trim("nine", keep=1)
    with pytest.raises(ValueError, match="siblings is one of free, all, null"):
        process.set_option("siblings", "some")
    with pytest.raises(ValueError, match="no option nothing"):
        process.set_option("nothing", 1)
    with pytest.raises(ValueError, match="not negative"):
        process.set_option("linger", -1)
    with pytest.raises(TypeError):
        process.trim("0", kept=1)
    with pytest.raises(AttributeError):
        process.explode()


def post(process: EmulatorProcess, path: str, body: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(process.address["control"]).netloc, timeout=PATIENCE)
    connection.request("POST", path, body)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def test_the_control_endpoint_can_be_used_by_hand(process: EmulatorProcess) -> None:
    assert post(process, "/", "") == (200, {"levers": list(LEVERS)})
    assert post(process, "/explode", "{}") == (404, {"error": "no lever explode"})
    assert post(process, "/skip", '{"seconds": 1, "minutes": 2}') == (400, {"error": "skip takes no minutes"})
    assert post(process, "/skip", "{")[0] == 400
    assert post(process, "/skip", "{}")[0] == 400
    assert post(process, "/add_faults", '{"steps": [{"on": "token", "answer": {"status": 500}}]}') == (
        200,
        {"result": None},
    )
    assert process.waiting_faults() == [{"on": "token", "answer": {"status": 500}}]
    process.clear_faults()  # the process is all tests'


def test_the_command_line_has_every_option_in_its_own_type() -> None:
    assert read_arguments([]) == {}
    assert read_arguments(["--partitions", "3", "--heartbeat", "none", "--audit", "true", "--home-cloud", "us-2"]) == {
        "partitions": 3,
        "heartbeat": None,
        "audit": True,
        "home_cloud": "us-2",
    }
    assert read_arguments(["--proxy-login", "u:p:w", "--time-scale", "200", "--resource-override", '{"0":{}}']) == {
        "proxy_login": ("u", "p:w"),
        "time_scale": 200.0,
        "resource_override": {"0": {}},
    }
    for wrong in (["--siblings", "some"], ["--audit", "yes"], ["--partitions", "x"], ["--nothing", "1"]):
        with pytest.raises(SystemExit):
            read_arguments(wrong)


def test_an_option_that_means_nothing_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="cut is one of abort, eof"):
        Options(cut="gently")
    with pytest.raises(TypeError):
        Options(nothing=1)  # type: ignore[call-arg]


def test_a_file_is_replayed_byte_for_byte_spread_over_the_partitions_in_order(tmp_path: Path) -> None:
    lines = [b'{"metadata":{"offset":%d},"event":{}}' % number for number in range(7)] + [b"\xff garbage\r"]
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(lines) + b"\n\n")
    with EmulatorProcess(partitions=2, events=str(tmp_path / "events.ndjson"), ca_dir=str(tmp_path / "ca")) as process:
        sha = {name: [row[1] for row in process.published(name)] for name in ("0", "1")}
        authority = Path(process.address["ca_file"]).read_bytes()
    with EmulatorProcess(ca_dir=str(tmp_path / "ca")) as again:
        assert Path(again.address["ca_file"]).read_bytes() == authority
        assert (
            requests.get(again.address["api"], verify=str(tmp_path / "ca" / "ca.pem"), timeout=PATIENCE).status_code
            == 404
        )

    digests = [sha256(line).hexdigest() for line in lines]
    assert sha == {"0": digests[0::2], "1": digests[1::2]}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_by_a_signal_and_in_peace(number: int) -> None:
    with EmulatorProcess() as process:
        os.kill(process.pid, number)
        assert process.wait() == 0


def test_it_ends_with_its_parent() -> None:
    script = (
        "import sys; from tests.emulator import EmulatorProcess; p = EmulatorProcess();"
        "print(p.pid, flush=True); import os; os._exit(0)"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=30).stdout
    pid = int(output.split()[0])

    def is_gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    eventually(is_gone)


def test_an_emulator_that_cannot_start_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="exit status 2"):
        EmulatorProcess(siblings="some")
    assert "invalid choice: 'some'" in capfd.readouterr().err
