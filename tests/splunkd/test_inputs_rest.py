"""Inputs made, changed and read over REST."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from splunklib import client

from tests.splunkd import RestRefused, Splunkd
from tests.splunkd.conftest import Start
from tests.splunkd.toy import INPUTS, SCHEME


def _params(told: ElementTree.Element) -> dict[str, str | None]:
    return {str(param.get("name")): param.text for param in told.iter("param")}


def _refusal(splunkd: Splunkd, **settings: Any) -> str:
    with pytest.raises(RestRefused) as refused:
        splunkd.create_input("refused", **settings)
    assert refused.value.status == 400
    return refused.value.text


def test_the_scripts_verdict_is_splunkds_answer(shared: Splunkd) -> None:
    assert _refusal(shared, count="three") == "count is no number: three"
    assert shared.request("GET", "/services/data/inputs/toy/refused").status == 404


def test_a_script_that_fails_without_a_word_is_told_by_its_exit_code(start: Start) -> None:
    splunkd = start(validation="sys.exit(7)")

    expected = "Argument validation for scheme=toy: script running failed (exited with code 7)."
    assert expected == _refusal(splunkd, count="1")


def test_a_validation_that_takes_too_long_is_killed(start: Start) -> None:
    splunkd = start(validation="time.sleep(60)", switches={"validation_s": 0.3})

    expected = "Argument validation for scheme=toy: script running failed (killed by signal 9: Killed)."
    assert _refusal(splunkd, count="1") == expected


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
