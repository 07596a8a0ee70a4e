"""Inputs over REST, and how they are run."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from splunklib import client

from tests.splunkd import RestRefused, Splunkd
from tests.splunkd.conftest import Start
from tests.splunkd.toy import COUNTING, INPUTS, SCHEME

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


def _refusal(splunkd: Splunkd, **settings: Any) -> str:
    with pytest.raises(RestRefused) as refused:
        splunkd.create_input("refused", **settings)
    assert refused.value.status == 400
    return refused.value.text


# Over REST


def test_the_scripts_verdict_is_splunkds_answer(shared: Splunkd) -> None:
    assert _refusal(shared, count="three") == "count is no number: three"
    assert shared.request("GET", "/services/data/inputs/toy/refused").status == 404


def test_a_script_that_fails_without_a_word_is_told_by_its_exit_code(start: Start) -> None:
    splunkd = start(validation="sys.exit(7)")

    expected = "Argument validation for scheme=toy: script running failed (exited with code 7)."
    assert expected == _refusal(splunkd, count="1")


def test_arguments_that_nobody_knows_are_refused(shared: Splunkd) -> None:
    assert _refusal(shared, count="1", colour="red") == 'Argument "colour" is not supported by this handler.'


def test_what_the_scheme_requires_must_be_there(shared: Splunkd) -> None:
    assert _refusal(shared, word="x") == "The following required arguments are missing: count."


def test_an_input_is_made_once_and_written_to_local(shared: Splunkd) -> None:
    shared.create_input("once", count="1", index="main")

    assert shared.request("POST", "/servicesNS/nobody/TA_toy/data/inputs/toy", name="once", count="1").status == 409
    assert "[toy://once]\ncount = 1\nindex = main\n" in (shared.app_home / "local" / "inputs.conf").read_text()


def test_an_entry_shows_the_layered_stanza(shared: Splunkd) -> None:
    shared.create_input("layered", count="1")
    content = shared.get("/services/data/inputs/toy/layered")["entry"][0]["content"]

    assert {name: content[name] for name in ("count", "interval", "index", "host", "disabled")} == {
        "count": "1",
        "interval": "60",
        "index": "default",
        "host": "$decideOnStartup",
        "disabled": False,
    }


def test_an_edit_that_names_disabled_is_refused(shared: Splunkd) -> None:
    shared.create_input("switched", count="1")

    with pytest.raises(RestRefused, match='Argument "disabled" is not supported by this handler'):
        shared.edit_input("switched", disabled="1")
    shared.disable_input("switched")
    assert shared.get("/services/data/inputs/toy/switched")["entry"][0]["content"]["disabled"] is True


def test_an_edit_is_validated_as_the_whole_stanza_would_be(start: Start) -> None:
    told = """
    with open(os.environ["SPLUNK_HOME"] + "/told.xml", "wb") as file: file.write(document)
    """
    splunkd = start(validation=told)
    splunkd.create_input("a", count="1", index="main")
    splunkd.edit_input("a", word="w")
    root = ElementTree.parse(splunkd.home / "told.xml").getroot()

    assert (root.tag, [item.get("name") for item in root.findall("item")]) == ("items", ["a"])
    expected = {"count": "1", "word": "w", "index": "main", "interval": "60", "host": "$decideOnStartup"}
    assert {**expected, "sourcetype": "toy:event"} == _params(root)
    assert splunkd.management_uri == root.findtext("server_uri")

    splunkd.switch(validation_name="prefixed")
    splunkd.edit_input("a", word="v")
    assert [item.get("name") for item in ElementTree.parse(splunkd.home / "told.xml").iter("item")] == ["toy://a"]


def test_a_refused_edit_changes_nothing(shared: Splunkd) -> None:
    shared.create_input("kept", count="1")
    pid = shared.wait_for(lambda: shared.input_pid("kept"))
    with pytest.raises(RestRefused, match="count is no number"):
        shared.edit_input("kept", count="many")

    assert shared.get("/services/data/inputs/toy/kept")["entry"][0]["content"]["count"] == "1"
    assert pid == shared.input_pid("kept")


def test_the_validation_may_ask_rest_with_its_own_key(start: Start) -> None:
    asking = """
    import ssl, urllib.request
    request = urllib.request.Request(root.findtext("server_uri") + "/services/data/inputs/toy?output_mode=json")
    request.add_header("Authorization", "Splunk " + root.findtext("session_key"))
    answer = urllib.request.urlopen(request, context=ssl._create_unverified_context())
    print("<error><message>asked: %d</message></error>" % answer.status); sys.exit(1)
    """
    assert _refusal(start(validation=asking), count="1") == "asked: 200"


def test_a_deleted_input_is_gone_with_its_process(shared: Splunkd) -> None:
    shared.create_input("doomed", count="1")
    pid = shared.wait_for(lambda: shared.input_pid("doomed"))
    shared.delete_input("doomed")

    assert not Path(f"/proc/{pid}").exists()
    assert shared.request("GET", "/services/data/inputs/toy/doomed").status == 404
    assert shared.request("DELETE", "/services/data/inputs/toy/doomed").status == 404


def test_the_sdk_lists_and_switches_inputs(shared: Splunkd) -> None:
    port = shared.port
    service = client.connect(
        host="127.0.0.1", port=port, username="admin", password="changed-at-once", owner="nobody", app="TA_toy"
    )
    made = service.inputs.create("by_sdk", "toy", count="2")
    made.disable()
    made.refresh()

    assert (made.kind, made["disabled"], service.inputs["by_sdk", "toy"]["count"]) == ("toy", "1", "2")
    assert service.modular_input_kinds["toy"].arguments["count"]["required_on_create"].replace("1", "true") == "true"
    made.enable()
    service.inputs.delete("by_sdk", "toy")


def test_a_scheme_that_does_not_introspect_is_not_registered_and_its_stanzas_do_not_run(start: Start) -> None:
    splunkd = start(scheme="<scheme>", confs={"inputs": INPUTS + "[toy://a]\ncount = 1\n"})

    assert splunkd.told["schemes"] == []
    assert splunkd.request("GET", "/services/data/inputs/toy").status == 404
    assert "Introspecting scheme=toy" in splunkd.logs("ModularInputs", "ERROR")[0].message
    assert splunkd.get("/stand-in/inputs") == {}


def test_a_single_instance_scheme_is_registered_but_said_not_to_run(start: Start) -> None:
    scheme = SCHEME.replace("single_instance>false", "single_instance>true")
    splunkd = start(scheme=scheme, confs={"inputs": INPUTS + "[toy://a]\ncount = 1\n"})

    assert splunkd.told["schemes"] == ["toy"]
    assert any("toy://a is not run" in line.message for line in splunkd.logs("ModularInputs", "ERROR"))


# At a run


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
    assert 0.25 < runs[1]["started"] - runs[0]["started"] < 1.0
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
    splunkd.wait_for(lambda: splunkd.runs("a") and splunkd.runs("a")[0]["ended"])
    said = [line for line in splunkd.logs("ExecProcessor") if "message from" in line.message]

    assert [
        (line.level, line.message.split('toy.py" ')[1]) for line in said
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


def test_thousands_of_events_a_second_are_taken_in_order(start: Start) -> None:
    body = """
    write("<stream>")
    line = '{"offset": %d, "pad": "' + "x" * 1500 + '"}'
    for first in range(0, 20000, 100):
        write("".join('<event unbroken="1"><time>1</time><data>%s</data><done/></event>' % escape(line % number)
                      for number in range(first, first + 100)))
    stop.wait()
    """
    splunkd = start(body, capture=False)
    began = time.monotonic()
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.count() == 20000, timeout=30)

    assert time.monotonic() - began < 10
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
