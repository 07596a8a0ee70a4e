"""What can be switched: a slow splunkd, a lossy one, a silent one."""

from __future__ import annotations

import signal
import time

import pytest

from tests.splunkd import RestRefused, Splunkd
from tests.splunkd.conftest import Start
from tests.splunkd.rest_client import RestClient
from tests.splunkd.switches import Switches
from tests.splunkd.toy import FLOOD, TICKING


def _written(splunkd: Splunkd) -> int:
    path = splunkd.home / "written"
    return int(path.read_text() or 0) if path.exists() else 0


def _blocked_at(splunkd: Splunkd) -> int:
    """How many events were written when the input got no further; 0 while it does."""
    before = _written(splunkd)
    time.sleep(0.5)
    return before if before == _written(splunkd) else 0


def test_switches_are_set_by_name_from_text() -> None:
    switches = Switches()
    switches.change({"grace_s": "2.5", "rest_status": "503", "inputs_only": "true"})

    assert (switches.grace_s, switches.rest_status, switches.inputs_only) == (2.5, 503, True)


@pytest.mark.parametrize(
    "wrong", [{"nonsense": "1"}, {"stdout_kind": "tape"}, {"grace_s": "long"}, {"validation_name": "x"}]
)
def test_a_wrong_switch_is_refused_and_none_is_set(wrong: dict[str, str]) -> None:
    switches = Switches()
    with pytest.raises(ValueError, match=r".+"):
        switches.change({"rest_status": "503", **wrong})

    assert switches.rest_status == 0


def test_what_is_under_stand_in_is_an_admins_only_and_never_hit_by_its_own_faults(start: Start) -> None:
    splunkd = start(switches={"rest_status": 503, "inputs_only": "true"})
    splunkd.post("/stand-in/users", name="somebody", password="pw", capabilities="list_storage_passwords")
    splunkd.switch(inputs_only=False)
    stranger = RestClient(splunkd.management_uri, splunkd.ca_file, "somebody", "pw")

    assert splunkd.get("/stand-in/stats") == {"pending": 0, "missing_indexes": {}}
    assert splunkd.get("/stand-in/switches")["rest_status"] == 503
    splunkd.switch(rest_status=0)
    assert stranger.request("GET", "/stand-in/stats").status == 403
    assert splunkd.request("POST", "/stand-in/switches", nonsense=1).status == 400
    assert splunkd.request("POST", "/stand-in/inputs/toy%3A%2F%2Fa/signal", signal="TERM").status == 404


def test_a_reader_that_pauses_fills_the_pipe_and_loses_nothing_when_it_goes_on(start: Start) -> None:
    splunkd = start(FLOOD)
    splunkd.pause_reading("a")
    splunkd.create_input("a", count="200")
    blocked = splunkd.wait_for(lambda: _blocked_at(splunkd))
    splunkd.resume_reading("a")
    splunkd.wait_for(lambda: splunkd.count() == _written(splunkd) == 200)

    # A pipe holds 64 KiB, or less where the machine is short of pipe buffers.
    assert blocked < 100


def test_a_reader_that_still_pauses_at_a_stop_loses_what_is_in_the_pipe(start: Start) -> None:
    splunkd = start(FLOOD)
    splunkd.create_input("a", count="20")
    splunkd.wait_for(lambda: splunkd.count() == 20)
    splunkd.pause_reading("a")
    splunkd.edit_input("a", count="2")
    splunkd.wait_for(lambda: _written(splunkd) == 2)
    splunkd.disable_input("a")
    splunkd.resume_reading("a")
    splunkd.stop()

    assert splunkd.count() == 20


def test_a_closed_stdout_is_found_out_by_the_next_write_and_the_input_comes_back(start: Start) -> None:
    splunkd = start(TICKING)
    splunkd.create_input("a", count="1", interval="1")
    splunkd.wait_for(lambda: splunkd.count() >= 5)
    assert not any(run["ended"] for run in splunkd.runs("a"))
    splunkd.close_stdout("a")
    splunkd.wait_for(lambda: len(splunkd.runs("a")) == 2)

    first, _ = splunkd.runs("a")
    assert first["exit_code"] != 0
    assert any("BrokenPipeError" in line.message for line in splunkd.logs("ExecProcessor"))
    assert splunkd.request("POST", "/stand-in/inputs/toy%3A%2F%2Fb/close").status == 404


def test_stdin_is_what_the_switch_says_until_it_is_empty_again(start: Start) -> None:
    splunkd = start(switches={"stdin_text": "garbage"})
    splunkd.create_input("a", count="3", interval="1")
    splunkd.wait_for(lambda: any("ParseError" in line.message for line in splunkd.logs("ExecProcessor")))
    assert splunkd.count() == 0
    splunkd.switch(stdin_text="")

    assert splunkd.wait_for(lambda: splunkd.count() == 3)


def test_a_slow_reader_takes_its_time(start: Start) -> None:
    splunkd = start(FLOOD)
    splunkd.pace_reading("a", 200_000)
    began = time.monotonic()
    splunkd.create_input("a", count="200")
    splunkd.wait_for(lambda: splunkd.count() == 200)

    assert time.monotonic() - began > 0.7


@pytest.mark.parametrize(("kind", "test"), [("pipe", "S_ISFIFO"), ("socket", "S_ISSOCK"), ("file", "S_ISREG")])
def test_stdout_is_what_the_switch_says(start: Start, kind: str, test: str) -> None:
    body = f"import stat\nwrite('<stream>')\nevent(str(stat.{test}(os.fstat(1).st_mode)))\nstop.wait()\nevent('end')"
    splunkd = start(body, switches={"stdout_kind": kind})
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.count() == 1)
    splunkd.disable_input("a")
    splunkd.wait_for(lambda: splunkd.count() == 2)

    assert [event.raw for event in splunkd.events()] == [b"True", b"end"]
    assert kind == splunkd.runs("a")[0]["stdout"]


def test_a_lossy_stop_loses_the_last_moments_and_what_comes_after(start: Start) -> None:
    splunkd = start(TICKING, switches={"drop_at_stop_ms": 500, "flush_ms": 20})
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.count() >= 20)
    splunkd.disable_input("a")
    dropped = splunkd.runs("a")[0]["dropped"]
    splunkd.stop()
    run_events = [event.raw for event in splunkd.events()]

    assert b"after" not in run_events
    assert [str(number).encode() for number in range(len(run_events))] == run_events
    captured = [data for path, data in splunkd.every_byte() if path.name.endswith("toy:__a.stdout")]
    written = captured[0].count(b"<event ")
    # at most 25 in 500 ms at a tick of 20 ms or more, fewer on a busy machine; and the goodbye
    assert written - len(run_events) == dropped > 1


def test_a_healthy_stop_loses_nothing(start: Start) -> None:
    splunkd = start(TICKING)
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.count() >= 5)
    splunkd.disable_input("a")
    splunkd.stop()
    captured = [data for path, data in splunkd.every_byte() if path.name.endswith("toy:__a.stdout")]

    assert captured[0].count(b"<event ") == splunkd.count()
    assert splunkd.events()[-1].raw == b"after"


def test_a_signal_from_outside_is_no_stop_of_splunkds(start: Start) -> None:
    splunkd = start(TICKING, switches={"drop_at_stop_ms": 500})
    splunkd.create_input("a", count="1", interval="0.2")
    pid = splunkd.wait_for(lambda: splunkd.input_pid("a"))
    splunkd.wait_for(lambda: splunkd.runs("a")[0]["events"] >= 3)

    assert pid == splunkd.signal_input("a", signal.SIGKILL)

    splunkd.wait_for(lambda: len(splunkd.runs("a")) >= 2)
    first = splunkd.runs("a")[0]
    assert (first["exit_code"], first["killed"], first["dropped"]) == (-signal.SIGKILL, False, 0)


def test_rest_can_be_silent_and_busy_on_some_paths(start: Start) -> None:
    splunkd = start()
    splunkd.switch(rest_delay_s=1.5, rest_path="storage/passwords")
    began = time.monotonic()
    splunkd.get("/services/server/info")
    quick = time.monotonic() - began
    splunkd.get("/services/storage/passwords")
    slow = time.monotonic() - began - quick
    splunkd.switch(rest_delay_s=0, rest_status=503, rest_path="")

    assert quick < 1.5 <= slow
    with pytest.raises(RestRefused, match="503"):
        splunkd.get("/services/server/info")
    splunkd.switch(inputs_only=True)
    splunkd.get("/services/server/info")
