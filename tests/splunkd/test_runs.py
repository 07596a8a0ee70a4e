"""How inputs are run."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.splunkd import RestRefused, Splunkd, journal
from tests.splunkd.conftest import Start
from tests.splunkd.toy import COUNTING, INPUTS

_TELLING = """
write("<stream>")
event(document.decode())
stop.wait()
"""


def _told(splunkd: Splunkd, name: str) -> ElementTree.Element:
    """The <input> document that a _TELLING input got at its latest start."""
    (event,) = splunkd.wait_for(lambda: splunkd.events("stanza = ?", (f"toy://{name}",)))[-1:]
    return ElementTree.fromstring(event.raw)


def _params(told: ElementTree.Element) -> dict[str, str | None]:
    return {str(param.get("name")): param.text for param in told.iter("param")}


def test_a_run_is_told_everything_on_stdin(start: Start) -> None:
    splunkd = start(_TELLING, confs={"props": "[toy:event]\nTRUNCATE = 0\n"})
    splunkd.create_input("a", count="1")
    told = _told(splunkd, "a")
    stanza = told.find("configuration/stanza")

    assert stanza is not None
    assert stanza.attrib == {"name": "toy://a", "app": "TA_toy"}
    assert _params(told) == {
        "count": "1",
        "host": "$decideOnStartup",
        "index": "default",
        "interval": "60",
        "python.version": "python3",
        "start_by_shell": "false",
        "sourcetype": "toy:event",
        "_rcvbuf": "1572864",
        "evt_resolve_ad_obj": "0",
        "evt_dc_name": None,
        "evt_dns_name": None,
    }
    assert ("standin01", splunkd.management_uri) == (told.findtext("server_host"), told.findtext("server_uri"))
    assert Path(str(told.findtext("checkpoint_dir"))) == splunkd.home / "var/lib/splunk/modinputs/toy"
    assert Path(str(told.findtext("checkpoint_dir"))).is_dir()


@pytest.mark.parametrize(("by_shell", "expected"), [("true", b"True"), ("false", b"False")])
def test_a_script_sits_under_a_shell_unless_its_scheme_says_no(start: Start, by_shell: str, expected: bytes) -> None:
    """A shell leaves PWD in the environment, splunkd does not."""
    splunkd = start(
        'write("<stream>")\nevent(str("PWD" in os.environ))\nwrite("</stream>")',
        confs={"inputs": f"[toy]\nstart_by_shell = {by_shell}\n[toy://a]\ncount = 1\n"},
    )

    assert expected == splunkd.wait_for(splunkd.events)[0].raw


def test_each_stanza_has_a_process_of_its_own(start: Start) -> None:
    splunkd = start(confs={"inputs": INPUTS + "[toy://a]\ncount = 1\n[toy://b]\ncount = 2\n"})
    splunkd.wait_for(lambda: splunkd.count() == 3)

    assert len({splunkd.input_pid("a"), splunkd.input_pid("b")} - {None}) == 2
    assert [str(splunkd.count("stanza = ?", (f"toy://{name}",))) for name in "ab"] == ["1", "2"]


def test_a_disabled_stanza_does_not_run_until_it_is_enabled(start: Start) -> None:
    splunkd = start(confs={"inputs": INPUTS + "[toy://a]\ncount = 1\ndisabled = 1\n"})
    before = splunkd.input_pid("a")
    splunkd.enable_input("a")
    splunkd.wait_for(lambda: splunkd.count() == 1)

    assert before is None
    splunkd.disable_input("a")
    assert splunkd.input_pid("a") is None


def test_a_run_gets_a_fresh_session_key_which_ends_with_it(start: Start) -> None:
    splunkd = start(_TELLING, confs={"props": "[toy:event]\nTRUNCATE = 0\n"})
    splunkd.create_input("a", count="1")
    first = _told(splunkd, "a").findtext("session_key")
    splunkd.edit_input("a", count="2")
    splunkd.wait_for(lambda: splunkd.count() == 2)
    second = _told(splunkd, "a").findtext("session_key")

    assert first != second
    assert [_ask(splunkd, key) for key in (first, second)] == [401, 200]
    assert splunkd.revoke_session_keys("a") == 1
    assert _ask(splunkd, second) == 401


def _ask(splunkd: Splunkd, key: str | None) -> int:
    """How server/info answers to a key."""
    rest = splunkd._rest
    return rest._send("GET", "/services/server/info", {}, key).status


def test_an_edit_restarts_the_input_with_its_new_settings(start: Start) -> None:
    splunkd = start(_TELLING, confs={"props": "[toy:event]\nTRUNCATE = 0\n"})
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.count() == 1)
    splunkd.edit_input("a", count="2")
    splunkd.wait_for(lambda: splunkd.count() == 2)

    assert _params(_told(splunkd, "a"))["count"] == "2"
    assert [run["exit_code"] for run in splunkd.runs("a")] == [0, None]


def test_a_run_that_ends_starts_again_at_its_next_slot(start: Start) -> None:
    splunkd = start('write("<stream></stream>")\nsys.exit(3)')
    splunkd.create_input("a", count="1", interval="0.3")
    splunkd.wait_for(lambda: len(splunkd.runs("a")) >= 3)
    runs = splunkd.runs("a")

    assert runs[0]["exit_code"] == 3
    assert runs[1]["started"] - runs[0]["started"] > 0.25
    assert any("toy://a" in line.message and "exited with code 3" in line.message for line in splunkd.logs())


@pytest.mark.parametrize(("interval", "most"), [("60", 1), ("-1", 1), ("*/5 * * * *", 0)])
def test_a_run_that_has_no_slot_yet_does_not_start_again(start: Start, interval: str, most: int) -> None:
    splunkd = start("sys.exit(0)")
    splunkd.create_input("a", count="1", interval=interval)
    splunkd.create_input("control", count="1", interval="0")
    splunkd.wait_for(lambda: len(splunkd.runs("control")) >= 3)

    assert most == len(splunkd.runs("a"))


def test_a_stop_is_sigterm_and_what_comes_after_it_is_still_taken(start: Start) -> None:
    splunkd = start('write("<stream>")\nstop.wait()\nevent("goodbye")\nwrite("</stream>")')
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.runs("a")[0]["bytes"])
    splunkd.disable_input("a")
    (run,) = splunkd.runs("a")

    assert (run["exit_code"], run["killed"], run["unfinished"]) == (0, False, None)
    splunkd.wait_for(lambda: [event.raw for event in splunkd.events()] == [b"goodbye"])


def test_whoever_does_not_stop_within_the_grace_is_killed_and_that_is_recorded(start: Start) -> None:
    splunkd = start('write("<stream>")\nwhile True: time.sleep(9)', switches={"grace_s": 0.3})
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.runs("a")[0]["bytes"])
    splunkd.disable_input("a")
    (run,) = splunkd.runs("a")

    assert (run["exit_code"], run["killed"], run["unfinished"]) == (-signal.SIGKILL, True, "without </stream>")
    assert "did not exit within a given grace period" in splunkd.logs("ProcessRunner", "WARN")[0].message


def test_stderr_goes_to_splunkd_log_by_its_level_words(start: Start) -> None:
    body = """
    for line in ("DEBUG d", "INFO i", "WARN w", "ERROR e", "FATAL f", "WARNING no word", "  INFO no word", "INFO"):
        print(line, file=sys.stderr)
    """
    splunkd = start(body)
    splunkd.create_input("a", count="1")

    def said() -> list[journal.LogLine]:
        return [line for line in splunkd.logs("ExecProcessor") if "message from" in line.message]

    splunkd.wait_for(lambda: len(said()) == 7)
    assert [
        (line.level, line.message.split('toy.py" ')[1]) for line in said()
    ] == [("INFO", "i"), ("WARN", "w"), ("ERROR", "e"), ("FATAL", "f"), ("ERROR", "WARNING no word"),
            ("ERROR", "  INFO no word"), ("INFO", "")]  # fmt: skip


def test_an_ill_formed_stream_marks_the_run_and_nothing_after_it_is_indexed(start: Start) -> None:
    body = 'write("<stream>")\nevent("good")\nwrite("<event><data>\\x01</data></event>")\nevent("late")\nstop.wait()'
    splunkd = start(body)
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.runs("a")[0]["ill_formed"])
    splunkd.disable_input("a")

    splunkd.wait_for(lambda: splunkd.count() == 1)
    assert [event.raw for event in splunkd.events()] == [b"good"]
    assert "not well-formed" in splunkd.logs("ExecProcessor", "ERROR")[-1].message


def test_a_script_that_never_reads_its_stdin_harms_nobody(start: Start) -> None:
    splunkd = start()
    (splunkd.app_home / "bin" / "toy.py").write_text("import sys; sys.exit(4)")
    splunkd.post("/services/data/inputs/toy/_reload")
    with pytest.raises(RestRefused, match="exited with code 4"):
        splunkd.create_input("a", count="1")

    assert splunkd.running


def test_the_process_is_a_plain_child_and_not_a_session_of_its_own(start: Start) -> None:
    splunkd = start()
    splunkd.create_input("a", count="1")
    pid = splunkd.wait_for(lambda: splunkd.input_pid("a"))

    assert os.getpgid(splunkd.pid) == os.getpgid(pid)
    assert splunkd.pid == int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_twenty_thousand_events_are_taken_in_order(start: Start) -> None:
    body = """
    write("<stream>")
    line = '{"offset": %d, "pad": "' + "x" * 1500 + '"}'
    for first in range(0, 20000, 100):
        write("".join('<event unbroken="1"><time>1</time><data>%s</data><done/></event>' % escape(line % number)
                      for number in range(first, first + 100)))
    stop.wait()
    """
    splunkd = start(body, capture=False)
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.count() == 20000, timeout=90)  # some 3 s on a quiet machine

    assert list(range(20000)) == [int(event.raw[11:].split(b",")[0]) for event in splunkd.events()]


def test_the_apps_own_index_time_settings_apply(start: Start) -> None:
    splunkd = start(
        COUNTING.replace("time=1700000000 + number", 'source="Toy:%d" % number'),
        confs={
            "props": "[source::Toy:*]\nTRANSFORMS-t = copy, restore\n[toy:event]\nTIME_FORMAT = %s\n",
            "transforms": r"""
[copy]
SOURCE_KEY = MetaData:Source
REGEX = :(\d+)$
FORMAT = part::$1
WRITE_META = true
[restore]
SOURCE_KEY = MetaData:Source
REGEX = (.*):\d+$
FORMAT = $1
DEST_KEY = MetaData:Source
""",
        },
    )
    splunkd.create_input("a", count="2")
    events = splunkd.wait_for(lambda: splunkd.events() if splunkd.count() == 2 else [])

    assert [(event.source, event.fields) for event in events] == [("Toy", '{"part": "0"}'), ("Toy", '{"part": "1"}')]
