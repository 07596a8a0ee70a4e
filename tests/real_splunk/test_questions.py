"""What only a Splunk can tell: each question prints yes or no with what it saw, at the end of the run.

Rules: a question fails where it could not be asked, not for its answer, but where the product relies on it. Against
the stand-in an answer is what it assumes, and says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

import pytest

from tests.knowledge.case import Case
from tests.real_splunk.instance import Instance
from tests.real_splunk.reading import Reading, accepted, wait
from tests.real_splunk.test_scenes import only_real, publish

Tell = Callable[[str, bool, object], None]
_PROBES = "data/inputs/falcon_probe"
# who of splunkd's persistent processes has our driver setting, and who has not
_PROCESSES = """
import glob, json
ours = others = 0
for folder in glob.glob('/proc/[0-9]*'):
    try:
        command, environ = (open(folder + '/' + name, 'rb').read() for name in ('cmdline', 'environ'))
    except OSError:
        continue
    if b'persistconn' in command:
        ours, others = (ours + 1, others) if b'FALCON_EVENT_STREAMS_PROCESS=' in environ else (ours, others + 1)
print(json.dumps([ours, others]))
"""
_WITHOUT_FORM_KEY = """
import http.cookiejar, sys, urllib.error, urllib.parse, urllib.request
jar = http.cookiejar.CookieJar()
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
web = 'http://127.0.0.1:8000/en-US'
opener.open(web + '/account/login').read()
form = {'username': 'admin', 'password': sys.argv[1], 'cval': next(c.value for c in jar if c.name == 'cval')}
opener.open(web + '/account/login', urllib.parse.urlencode(form).encode()).read()
address = web + '/splunkd/__raw/servicesNS/nobody/TA_falcon_event_streams/falcon_event_streams_settings/logging'
try:
    print(opener.open(address, b'level=INFO').status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


@pytest.fixture
def tell(instance: Instance, record_property: Callable[[str, object], None]) -> Tell:
    """Keep an answer for the end of the run."""

    def keep(question: str, answer: bool, saw: object) -> None:
        assumed = "" if instance.real else "assumed: "
        record_property("measured", f"{instance.name}: {question} {assumed}{'yes' if answer else 'no'} ({saw})")

    return keep


@contextmanager
def probe(instance: Instance, mode: str) -> Iterator[str]:
    """A running input of the probe."""
    name = f"probe{mode.replace('_', '')}"
    instance.request("DELETE", f"{_PROBES}/{name}")
    accepted(instance.request("POST", _PROBES, name=name, mode=mode, index="main", host=name))
    try:
        yield name
    finally:
        instance.request("DELETE", f"{_PROBES}/{name}")


def told(instance: Instance, name: str, what: str) -> list[Any]:
    """The probe's events of one kind, newest first."""
    fields = "run n waited_s at_signal written status"
    return list(instance.search(f"search index=main host={name} probe={what} | table {fields}"))


@pytest.fixture(scope="session")
def report(instance: Instance) -> tuple[dict[str, str], int]:
    """What a stubborn probe reports of its end, and the last tick of it that the index has."""
    with probe(instance, "stubborn") as name:
        wait(instance, lambda: told(instance, name, "tick"), "ticks")
        accepted(instance.request("POST", f"{_PROBES}/{name}/disable"))
        accepted(instance.request("POST", f"{_PROBES}/{name}/enable"))
        found: dict[str, str] = wait(instance, lambda: told(instance, name, "report"), "a report")[0]
        ticks = [int(row["n"]) for row in told(instance, name, "tick") if row["run"] == found["run"]]
    return found, max(ticks)


def test_how_long_splunkd_waits_before_it_kills_an_input(report: tuple[dict[str, str], int], tell: Tell) -> None:
    waited = float(report[0]["waited_s"])
    tell("Does splunkd wait for more than 1 s between SIGTERM and SIGKILL?", waited > 1, f"{waited} s")
    assert waited > 0


def test_what_splunkd_drops_from_the_pipe_of_an_input_that_it_stops(
    report: tuple[dict[str, str], int], tell: Tell
) -> None:
    found, last = report
    saw = f"written before the signal {found['at_signal']}, in all {found['written']}; indexed up to {last}"
    tell("Is everything indexed that was written before SIGTERM?", last >= int(found["at_signal"]), saw)
    tell("Is everything indexed that was written after SIGTERM?", last >= int(found["written"]), saw)


def test_what_splunkd_indexes_behind_an_ill_formed_event(instance: Instance, tell: Tell) -> None:
    with probe(instance, "ill_formed") as name:
        wait(instance, lambda: told(instance, name, "before"), "the event before")
        behind = told(instance, name, "behind")
    tell("Is an event indexed that comes after an ill-formed one?", bool(behind), f"{len(behind)} events")


def test_whether_the_session_key_of_an_input_outlives_the_session_timeout(instance: Instance, tell: Tell) -> None:
    only_real(instance, "a session key lives as long as its run")
    accepted(instance.request("POST", "configs/conf-server/general", sessionTimeout="1m"))
    instance.restart()
    try:
        with probe(instance, "session") as name:
            (row,) = wait(instance, lambda: told(instance, name, "session"), "an answer")
    finally:
        accepted(instance.request("POST", "configs/conf-server/general", sessionTimeout="1h"))
        instance.restart()
    tell("Is a session key good after 90 s of silence with sessionTimeout = 1m?", row["status"] == "200", row["status"])


def test_whether_the_checkpoint_role_alone_may_write_the_collection(instance: Instance, tell: Tell) -> None:
    only_real(instance, "a role without capabilities may write where a collection's ACL names it")
    fields = {"name": "probe-keeper", "password": "probe-keeper-1", "roles": "falcon_event_streams_checkpoint"}
    accepted(instance.request("POST", "authentication/users", **fields))
    address = "$SPLUNKD/storage/collections/data/falcon_event_streams_checkpoints"
    send = "-w '%{http_code}' -o /dev/null -H 'Content-Type: application/json' -d '{\"_key\": \"probe\"}'"
    try:
        status = instance.run(f"${{CURL% -u *}} -u probe-keeper:probe-keeper-1 {send} {address}", "")
    finally:
        instance.request("DELETE", "storage/collections/data/falcon_event_streams_checkpoints/probe")
        instance.request("DELETE", "authentication/users/probe-keeper")
    tell("May the role falcon_event_streams_checkpoint alone write a checkpoint?", status == "201", status)
    assert status == "201"


def test_whether_our_endpoints_have_a_process_of_their_own(instance: Instance, tell: Tell) -> None:
    only_real(instance, "endpoints with a driver setting of their own have a process of their own")
    accepted(instance.request("GET", "falcon_event_streams_account"))
    ours, others = json.loads(instance.splunk("cmd", "python3", "-c", _PROCESSES))
    tell("Do our endpoints run in a process of their own?", ours > 0, f"{ours} of ours, {others} of others")
    assert ours > 0


def test_which_status_splunkweb_gives_a_request_without_its_form_key(instance: Instance, tell: Tell) -> None:
    only_real(instance, "401")
    password = os.environ["REAL_SPLUNK_PASSWORD"]
    status = instance.splunk("cmd", "python3", "-c", _WITHOUT_FORM_KEY, password).strip()
    tell("Does splunkweb answer 401 to a change without its form key?", status == "401", status)


def test_whether_the_certificate_of_splunkd_names_no_host(instance: Instance, tell: Tell) -> None:
    only_real(instance, "CN=SplunkServerDefaultCert and no subjectAltName")
    shown = instance.splunk("cmd", "openssl", "x509", "-noout", "-text", "-in", "/opt/splunk/etc/auth/server.pem")
    named = "Subject Alternative Name" in shown
    tell("Does splunkd's own certificate name no host?", not named, "SplunkServerDefaultCert" in shown)


_TENANTS = "falcon_event_streams_tenants"


def test_whether_a_conf_lists_its_default(instance: Instance, tell: Tell) -> None:
    instance.request("POST", f"properties/{_TENANTS}", __stanza="default")
    accepted(instance.request("POST", f"configs/conf-{_TENANTS}/default", note="probe"))
    try:
        listed = {entry["name"] for entry in instance.request("GET", f"configs/conf-{_TENANTS}", count=0).body["entry"]}
        found = instance.request("GET", f"configs/conf-{_TENANTS}/default").body["entry"][0]["content"].get("note")
    finally:
        accepted(instance.request("POST", f"configs/conf-{_TENANTS}/default", note=""))
    tell("Does configs/conf-<name> list [default]?", "default" in listed, sorted(listed))
    assert found == "probe", "the input asks for it by its name where it is not listed"


def test_whether_a_tenant_can_be_given_a_name_by_rest(instance: Instance, tell: Tell) -> None:
    cid = "0" * 31 + "1"
    accepted(instance.request("POST", f"configs/conf-{_TENANTS}", name=cid, index="main", disabled="1"))
    try:
        refused = instance.request("POST", f"configs/conf-{_TENANTS}/{cid}", name="probe").status
        accepted(instance.request("POST", f"properties/{_TENANTS}/{cid}", name="probe & co"))
        content = instance.request("GET", f"configs/conf-{_TENANTS}/{cid}").body["entry"][0]["content"]
    finally:
        instance.request("DELETE", f"configs/conf-{_TENANTS}/{cid}")
    tell("Does configs/conf-<name> refuse a setting that is called name?", refused >= 400, refused)
    tell("Does properties/<name>/<stanza> take it?", content.get("name") == "probe & co", content)
    assert content.get("name") == "probe & co"


# What a field shows only where search time works as it is assumed to, and what would be changed if it does not.
_SEARCH_TIME = {
    "Hostname_": ("FIN-WS-9", "Does a REPORT go on where its last match ended, and a quote become _?", "the key list"),
    "LocalIPv6_": (None, "Does a match with an empty value give no field?", '(?!"") before the values'),
    "severity": ("critical", "Does a formula read 1e18 as a number?", "digits only, by `number`"),
    "event.ComputerName": ("FIN-WS-9", "May a calculated field have a dot in its name?", "aliases, one a class"),
}


def test_what_search_time_makes_of_what_its_documents_leave_open(instance: Instance, tell: Tell) -> None:
    event = {"Severity": 1e18, "Hostname": "FIN-WS-9", "LocalIPv6": "", "Name": "x", "Tactic": "Execution"}
    with Reading(instance, "searchtime") as reading:
        (offset,) = publish(instance, [Case("", "EppDetectionSummaryEvent", event, "", "", {})])
        reading.wait_until_all_arrived()
        (row,) = reading.rows(*_SEARCH_TIME, criteria=f"falcon_partition=0 falcon_offset={offset}")
    for name, (expected, question, otherwise) in _SEARCH_TIME.items():
        found = row.get(name) or None
        tell(question, found == expected, found if found == expected else f"{found}; change to: {otherwise}")
    assert instance.real or {name: row.get(name) or None for name in _SEARCH_TIME} == {
        name: expected for name, (expected, _, _) in _SEARCH_TIME.items()
    }
