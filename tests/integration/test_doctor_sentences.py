"""Each sentence of the doctor, the fault that provokes it, and what it says then. A sentence without a row fails.

Rules: a row's sentence is not said without its fault, unless the row has none.
"""

from __future__ import annotations

import os
import shutil
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, Optional

import pytest

from falcon_streams.doctor.finding import NOT_CHECKED, OK, PROBLEM, Finding, Said
from falcon_streams.doctor.instance import Instance
from tests.integration.scene import Scene
from tests.integration.ward import SECOND, VIEWER, Ward, closed_port

pytestmark = pytest.mark.together

Fault = Callable[[Ward], AbstractContextManager[Any]]


class Row(NamedTuple):
    """A sentence, words of it, the check and the input or account that it is about, and the fault."""

    said: Said
    words: str
    check: str
    about: str = ""
    fault: Optional[Fault] = None


def both(*faults: Fault) -> Fault:
    """Several faults at once."""

    @contextmanager
    def arranged(ward: Ward) -> Iterator[None]:
        with ExitStack() as stack:
            for fault in faults:
                stack.enter_context(fault(ward))
            yield

    return arranged


def patched(target: object, name: str, value: object) -> Fault:
    """What the standard library answers on such a machine."""

    @contextmanager
    def arranged(ward: Ward) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(target, name, value)
            yield

    return arranged


def away(**state: Any) -> Fault:
    return lambda ward: ward.away(state or None)


def second(account: Optional[dict[str, str]] = None, **settings: str) -> Fault:
    return lambda ward: ward.second(account, **settings)


def fault(**step: Any) -> Fault:
    return lambda ward: ward.fault(**step)


def forwarding(ward: Ward) -> AbstractContextManager[None]:
    return ward.posing(isForwarding="true")


@contextmanager
def index_lost(ward: Ward) -> Iterator[None]:
    """An input was made on a forwarder, which indexes now."""
    with ExitStack() as stack:
        with ward.posing(isForwarding="true"):
            stack.enter_context(ward.second(index="elsewhere", partitions="7"))
        yield


def fail(self: Instance) -> None:
    raise KeyError("s3cret")


NO_STREAMS = {"status": 200, "body": '{"resources": null, "errors": []}'}
OF_SECOND = {"on": "discover", "app_id": f"app{SECOND}", "times": 999}
IDLE: dict[str, Any] = {"partitions": "7"}
ROWS = (
    Row(Said.PYTHON, "Python 3", "Python and OpenSSL"),
    Row(
        Said.OPENSSL_OLD, "run this add-on on Splunk 10.0", "Python and OpenSSL", "",
        patched(ssl, "OPENSSL_VERSION_INFO", (1, 0, 2, 26, 15)),
    ),
    Row(Said.PACKAGE, "build of version 0.1.0", "Package"),
    Row(
        Said.PACKAGE_DIFFERS, "1 of its files are not those of its build (bin/falcon_streams/errors.py)", "Package", "",
        lambda ward: ward.changed_file("bin/falcon_streams/errors.py"),
    ),
    Row(
        Said.PACKAGE_DIFFERS, "(lib/requests/mine.py)", "Package", "",
        lambda ward: ward.changed_file("lib/requests/mine.py"),
    ),
    Row(Said.PACKAGE_DIFFERS, "(build.sha256)", "Package", "", lambda ward: ward.changed_file("build.sha256")),
    Row(Said.PACKAGE_UNBUILT, "a checkout", "Package", "", lambda ward: ward.checkout()),
    Row(Said.SPLUNKD, "answers admin on a single instance", "splunkd"),
    Row(
        Said.SPLUNKD_SILENT, "Start Splunk, and log in again: splunkd answered 503", "splunkd", "",
        lambda ward: ward.switch(rest_status=503, rest_path="current-context"),
    ),
    Row(Said.SETTINGS, "in order", "Settings"),
    Row(
        Said.SETTINGS_WRONG, "[logging] level = LOUD is not DEBUG", "Settings", "",
        lambda ward: ward.setting("logging", "level", "LOUD", "INFO"),
    ),
    Row(Said.INPUTS, "Enabled: main, shared. Disabled: off", "Inputs"),
    Row(Said.NO_INPUT, "Create an input", "Inputs", "", lambda ward: ward.stopped("main", "shared")),
    Row(Said.QUEUES, "None of splunkd's 4 queues", "Queues of splunkd"),
    Row(
        Said.QUEUE_FULL, "indexQueue 100%", "Queues of splunkd", "",
        lambda ward: ward.switch(full_queue="indexQueue"),
    ),
    Row(Said.QUEUES_UNTOLD, "Splunk Cloud", "Queues of splunkd", "", lambda ward: ward.posing(instance_type="cloud")),
    Row(Said.ACCOUNT, "entered for 127.0.0.1", "Account and secret", "prod"),
    Row(
        Said.ACCOUNT_WRONG, "account prod has no client secret. Enter it", "Account and secret", "prod",
        lambda ward: ward.without_secret(),
    ),
    Row(Said.DNS, "127.0.0.1 is 127.0.0.1", "DNS", "prod"),
    Row(
        Said.DNS_FAILED, "the name nowhere.invalid could not be resolved", "DNS", SECOND,
        second({"base_url": "https://nowhere.invalid"}),
    ),
    Row(Said.CONNECTED, "takes connections", "Connection", "prod"),
    Row(
        Said.CONNECT_FAILED, "takes no connection (Connection refused)", "Connection", SECOND,
        lambda ward: ward.second({"base_url": f"https://127.0.0.1:{closed_port()}"}),
    ),
    Row(Said.TLS, "TLSv1.3. Certificates: ", "TLS", "prod"),
    Row(
        Said.TLS_FAILED, "add the issuing CA to the account's ca_bundle", "TLS", SECOND,
        lambda ward: ward.second({"ca_bundle": ward.scene.splunkd.ca_file}),
    ),
    Row(Said.CLOCK, "differ by", "Clock", "prod"),
    Row(Said.CLOCK_OFF, "s behind Falcon's", "Clock", "prod", lambda ward: ward.option("date_skew", 600.0)),
    Row(Said.CLOCK_UNTOLD, "had a date", "Clock", "prod", fault(on="token", do="close")),
    Row(Said.TOKEN, "gives a token for custom", "Token", "prod"),
    Row(
        Said.TOKEN_REFUSED, "refused the account's client_id and secret (401", "Token", "prod",
        fault(on="token", answer={"status": 401, "body": "{}"}),
    ),
    Row(Said.STREAMS, "the partitions 0, 1", "Scope and streams", "prod"),
    Row(
        Said.STREAMS_REFUSED, 'give the API client the scope "Event streams: Read"', "Scope and streams", "prod",
        fault(on="discover", answer={"status": 403, "body": "{}"}),
    ),
    Row(
        Said.STREAMS_REFUSED, "Have event streams enabled", "Scope and streams", "prod",
        fault(on="discover", answer=NO_STREAMS),
    ),
    Row(Said.FEED_HOSTS, "speaks TLSv1.3", "Hosts of the feeds", "prod"),
    Row(
        Said.FEED_HOST_FAILED, "check this machine's clock", "Hosts of the feeds", "prod",
        lambda ward: ward.presenting("expired"),
    ),
    Row(Said.INPUT, "in order", "Input", "main"),
    Row(
        Said.INPUT_WRONG, "checkpoint_store = file does not work on a search head cluster member", "Input", "main",
        lambda ward: ward.posing(server_roles="shc_member"),
    ),
    Row(Said.INPUT_DISABLED, "Enable it", "Input", "off"),
    Row(Said.PARTITIONS, "Wanted: all. Offered: 0, 1", "Partitions", "main"),
    Row(
        Said.PARTITIONS_MISSING, "it names 7, and Falcon offers 0, 1", "Partitions", SECOND, second(**IDLE),
    ),
    Row(Said.APP_ID_IN_USE, "This input reads with app ID appmain", "App ID", "main"),
    Row(
        Said.APP_ID_STANDBY, "Another forwarder reads with app ID appmain", "App ID", "main", away(state="standby"),
    ),
    Row(
        Said.APP_ID_STARTING, "may be the reader of app ID appmain", "App ID", "main", away(state="starting"),
    ),
    Row(Said.APP_ID_FREE, f"Nobody reads with app ID app{SECOND}", "App ID", SECOND, second(**IDLE)),
    Row(
        Said.APP_ID_TAKEN, f"End the other reader of app ID app{SECOND}", "App ID", SECOND,
        both(fault(**OF_SECOND, answer=NO_STREAMS), second(**IDLE)),
    ),
    Row(
        Said.APP_ID_UNTOLD, "answered 500 to the discovery", "App ID", SECOND,
        both(fault(**OF_SECOND, answer={"status": 500, "body": "{}"}), second(**IDLE)),
    ),
    Row(Said.INDEX, "Index falcon exists", "Index", "main"),
    Row(Said.INDEX_DEFAULT, "default index", "Index", "shared"),
    Row(
        Said.INDEX_FORWARDED, "make sure that the indexers have it", "Index", SECOND,
        both(forwarding, second(index="elsewhere", **IDLE)),
    ),
    Row(Said.INDEX_MISSING, "index = elsewhere does not exist", "Index", SECOND, index_lost),
    Row(
        Said.INDEX_MISSING, "names indexes that do not exist, or are disabled (elsewhere)", "Index", "main",
        lambda ward: ward.tenant("a" * 32, index="elsewhere"),
    ),
    Row(
        Said.INDEX_MISSING, "[acme] of falcon_event_streams_tenants.conf is not the CID of a tenant", "Index", "main",
        lambda ward: ward.tenant("acme", name="ACME"),
    ),
    Row(Said.FOLDER, "MB are free", "Checkpoint store", "main"),
    Row(
        Said.FOLDER_CLOSED, "Let Splunk's user write", "Checkpoint store", "main",
        patched(os, "access", lambda path, mode: "modinputs" not in str(path)),
    ),
    Row(
        Said.FOLDER_FULL, ": 12 MB are free", "Checkpoint store", "main",
        patched(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1, 1, 12_000_000)),
    ),
    Row(
        Said.RECORD_DAMAGED, "partition-0-x.json.damaged", "Checkpoint store", "main",
        lambda ward: ward.damaged_record(),
    ),
    Row(Said.KV_STORE, "documents of this input", "Checkpoint store", "shared"),
    Row(
        Said.KV_STORE_FAILED, "the KV store of this instance answered 503", "Checkpoint store", "shared",
        lambda ward: ward.switch(rest_status=503, rest_path="storage/collections"),
    ),
    Row(Said.LOCK_FREE, "No process", "Lock", "main", away()),
    Row(Said.LOCK_HELD, "holds the input's lock", "Lock", "main"),
    Row(Said.LOCK_ORPHANED, "End process", "Lock", "main", lambda ward: ward.orphan()),
    Row(Said.PROCESS, "Version 0.1.0 is running, up 0.0 h", "Process", "main"),
    Row(
        Said.PROCESS_STANDBY, "fw2 reads this input", "Process", "main",
        away(state="standby", trouble="fw2 reads this input"),
    ),
    Row(Said.PROCESS_NEVER, "has never shown a state", "Process", "main", away()),
    Row(Said.PROCESS_SILENT, "was last heard of", "Process", "main", away(state="running", updated_at=1e9)),
    Row(
        Said.PROCESS_TROUBLE, "The input says: Falcon offers no partition 7", "Process", SECOND,
        both(second(**IDLE), lambda ward: _told(ward, "Falcon offers no partition 7")),
    ),
    Row(
        Said.PROCESS_OLD, "version 0.0.9 runs, and version 0.1.0 is installed", "Process", "main",
        away(state="running", version="0.0.9"),
    ),
    Row(Said.SEEN, "partition 0 ", "Events in the index", "main"),
    Row(Said.NOTHING_READ, "has read none", "Events in the index", SECOND, second(index="empty", **IDLE)),
    Row(
        Said.NOT_SEEN, "has read 5 events", "Events in the index", SECOND,
        both(
            second(index="empty", **IDLE),
            lambda ward: ward.away({"state": "running", "partitions": {"0": {"events": 5}}}, SECOND),
        ),
    ),
    Row(Said.SEARCH_ELSEWHERE, "on a search head", "Events in the index", "main", forwarding),
    Row(Said.ALONE, "no other input", "Other inputs", "shared"),
    Row(
        Said.TWICE, f"input {SECOND} on standin01", "Other inputs", "shared",
        both(second(checkpoint_store="kvstore"), lambda ward: _claimed(ward)),
    ),
    Row(Said.OTHERS_UNKNOWN, "in files", "Other inputs", "main"),
    Row(
        Said.AFTER, "See to this first: Token", "Scope and streams", "prod",
        fault(on="token", answer={"status": 401, "body": "{}"}),
    ),
    Row(
        Said.NOT_ALLOWED, "ask a Splunk admin for the right to read secrets", "Account and secret", "prod",
        lambda ward: ward.viewer(),
    ),
    Row(
        Said.UNANSWERED, "splunkd answered 503", "Index", "main",
        lambda ward: ward.switch(rest_status=503, rest_path="data/indexes"),
    ),
    Row(
        Said.LATE, "There was no answer within", "Clock", "prod",
        both(lambda ward: ward.within(5.0), fault(on="token", do="hang")),
    ),
    Row(Said.TIME_UP, "run falcon_event_streams_doctor.py", "Package", "", lambda ward: ward.within(0.0)),
    Row(Said.FAILED, "KeyError at", "Queues of splunkd", "", patched(Instance, "check_queues", fail)),
)  # fmt: skip


def _told(ward: Ward, words: str) -> AbstractContextManager[None]:
    """Wait until the input has shown this."""
    ward.scene.wait(lambda: any(words in each.sentence for each in ward.examine()), 30.0, words)
    return nullcontext()


def _claimed(ward: Ward) -> AbstractContextManager[None]:
    """Wait until the second input has its claim."""
    ward.scene.says("action=claimed", SECOND)
    return nullcontext()


@pytest.fixture(scope="module")
def ward(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    folder = tmp_path_factory.mktemp("ward")
    with Scene(folder, package, users=(VIEWER,), partitions=2, preload=5, lock=0.5) as scene:
        made = Ward(scene, folder / "elsewhere")
        made.elsewhere.mkdir()
        made.prepare()
        yield made


def findings(ward: Ward, row: Row) -> list[Finding]:
    """The findings of the row's check, the last examined."""
    found = []
    for each in ward.examine():
        if (each.check, each.about) == (row.check, row.about):
            found.append(each)
            break
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.said.name}-{row.words[:20]}")
def test_a_sentence_is_said_with_its_fault_and_not_without(ward: Ward, row: Row) -> None:
    with row.fault(ward) if row.fault is not None else nullcontext():
        (found,) = findings(ward, row)

    assert (found.said, row.words in found.sentence) == (row.said, True), found
    assert "{" not in found.sentence and "s3cret" not in found.sentence
    if row.fault is not None:
        healthy = findings(ward, row)
        assert [each for each in healthy if each.said is row.said and row.words in each.sentence] == []


def test_without_splunkd_the_machine_alone_is_checked(ward: Ward) -> None:
    found = {(each.check, each.about): each for each in ward.doctor().examine_alone("nobody is there", 30.0)}

    assert found["splunkd", ""].said is Said.SPLUNKD_LEFT_OUT
    assert "nobody is there" in found["splunkd", ""].sentence
    assert found["Token", ""].said is Said.AFTER
    assert found["Process", "main"].said is Said.PROCESS
    assert found["Lock", "main"].said is Said.LOCK_HELD
    assert found["Package", ""].said is Said.PACKAGE
    assert ward.said().isdisjoint({Said.SPLUNKD_LEFT_OUT})


def test_every_sentence_has_a_fault_that_provokes_it() -> None:
    provoked = {row.said for row in ROWS} | {Said.SPLUNKD_LEFT_OUT}

    assert set(Said) - provoked == set()


def test_a_problem_says_what_to_do_in_its_first_or_last_words() -> None:
    passed_on = {said for said in Said if "{sentence}" in said.text or "{trouble}" in said.text}
    imperatives = ("Install", "Start", "Create", "Find out", "Check", "Open", "Let", "Correct", "End", "Make room",
                   "Put", "Search", "Look", "Restart", "Disable")  # fmt: skip

    problems = {said for said in Said if said.verdict == PROBLEM} - passed_on
    assert [said.name for said in problems if not said.text.startswith(imperatives)] == []
    assert {said.verdict for said in Said} == {OK, PROBLEM, NOT_CHECKED}
