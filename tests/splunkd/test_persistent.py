"""Persistent REST scripts of an app: what splunkd checks, what the handler is told, and what becomes of its answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.splunkd import Splunkd
from tests.splunkd.client_session import client_session
from tests.splunkd.conftest import Start
from tests.splunkd.toy import write_app
from tests.splunkd.toy_rest import ECHO, FILES, NARROW, RESTMAP, USERS, Client


@pytest.fixture(scope="module")
def splunkd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splunkd]:
    folder = tmp_path_factory.mktemp("persistent")
    package = write_app(folder, confs={"restmap": RESTMAP}, files=FILES)
    with Splunkd(folder / "home", package, users=USERS, env={"LEAKED": "yes"}) as started:
        yield started


@pytest.fixture
def ask(splunkd: Splunkd) -> Client:
    return Client(splunkd)


def test_without_a_session_it_is_401_and_the_handler_is_not_asked(splunkd: Splunkd) -> None:
    reply = Client(splunkd, None)("GET", ECHO)

    assert (reply.status_code, reply.json()["messages"][0]["text"]) == (401, "call not properly authenticated")


def test_where_no_authentication_is_required_none_is_and_no_session_is_told(splunkd: Splunkd) -> None:
    told = Client(splunkd, None).told("GET", "/services/toy_open/deep/er")

    assert ("session" in told, told["path_info"]) == (False, "er")
    assert told["restmap"] == {"name": "script:open"}
    assert told["child"]["born"][1] == "a parameter"
    assert Client(splunkd, None)("GET", "/services/toy_open").status_code == 401


@pytest.mark.parametrize(
    ("user", "method", "status"),
    [
        ("maker", "GET", 200),
        ("maker", "POST", 200),
        ("maker", "PUT", 200),
        ("maker", "DELETE", 200),
        ("reader", "GET", 200),
        ("reader", "POST", 403),
        ("reader", "PUT", 200),
        ("reader", "DELETE", 403),
        ("nobody_much", "GET", 403),
        ("nobody_much", "POST", 403),
        ("nobody_much", "PUT", 403),
        ("nobody_much", "DELETE", 403),
    ],
)
def test_a_capability_is_demanded_for_all_methods_and_for_each(
    splunkd: Splunkd, user: str, method: str, status: int
) -> None:
    reply = Client(splunkd, user)(method, ECHO)

    assert reply.status_code == status
    if status == 403:
        (message,) = reply.json()["messages"]
        assert message["type"] == "ERROR"
        assert "requires capability" in message["text"]


def test_an_admin_has_no_capability_that_is_not_its_own(splunkd: Splunkd) -> None:
    assert splunkd.request("POST", ECHO).status == 200
    assert splunkd.request("DELETE", ECHO).status == 403


@pytest.mark.parametrize(("user", "size", "status"), [("maker", 100, 200), ("maker", 101, 413), ("reader", 101, 403)])
def test_a_body_beyond_the_limit_is_413_after_the_capability_and_the_handler_is_not_asked(
    splunkd: Splunkd, ask: Client, user: str, size: int, status: int
) -> None:
    before = ask.told("GET", NARROW)["child"]["asked"]
    reply = Client(splunkd, user)("POST", NARROW, data=b"a=" + b"x" * (size - 2))

    assert reply.status_code == status
    assert ask.told("GET", NARROW)["child"]["asked"] == before + (2 if status == 200 else 1)


def test_one_more_at_once_than_the_limit_is_503_and_the_next_one_is_answered(ask: Client) -> None:
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(ask("GET", f"{NARROW}/slow").status_code)) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(seen) == [200, 503]
    assert ask("GET", NARROW).status_code == 200


def test_a_path_that_nobody_matches_is_404(ask: Client) -> None:
    assert ask("GET", "/services/toy_ech").status_code == 404
    assert ask("GET", "/services/toy_echoes").status_code == 404
    assert ask("GET", "/services/toy_open").status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "OPTIONS"])
def test_a_method_that_splunkd_does_not_know_is_405(ask: Client, method: str) -> None:
    assert ask(method, ECHO).status_code == 405


def test_put_is_for_scripts_only(ask: Client) -> None:
    assert ask("PUT", "/services/server/info").status_code == 405


def test_an_output_mode_that_the_endpoint_does_not_name_is_400(ask: Client) -> None:
    assert ask("GET", ECHO, params={"output_mode": "xml"}).status_code == 400
    assert ask.told("GET", ECHO, params={})["output_mode"] == "json"


def test_the_handler_is_told_of_the_whole_request(splunkd: Splunkd, ask: Client) -> None:
    told = ask.told("GET", f"{ECHO}/a/b", params=[("output_mode", "json"), ("k", "1"), ("k", "2"), ("empty", "")])
    del told["child"]
    key = told["session"].pop("authtoken")

    assert len(key) > 20
    assert told.pop("server").keys() == {"rest_uri", "hostname", "servername", "guid"}
    assert told.pop("restmap")["conf"]["handler"] == "toy_rest.Echo"
    assert told == {
        "output_mode": "json",
        "output_mode_explicit": True,
        "query": [["output_mode", "json"], ["k", "1"], ["k", "2"], ["empty", ""]],
        "connection": {"src_ip": "127.0.0.1", "ssl": True, "listening_port": splunkd.port},
        "session": {"user": "maker"},
        "rest_path": "/toy_echo/a/b",
        "path_info": "a/b",
        "lang": "en-US",
        "method": "GET",
        "ns": {"user": "nobody", "app": "TA_toy"},
    }


def test_the_session_that_the_handler_gets_may_do_what_its_user_may(splunkd: Splunkd, ask: Client) -> None:
    key = ask.told("GET", ECHO)["session"]["authtoken"]
    reply = client_session(splunkd.ca_file).get(
        f"{splunkd.management_uri}/services/authentication/current-context?output_mode=json",
        headers={"Authorization": f"Splunk {key}"},
        timeout=10,
    )

    assert reply.json()["entry"][0]["content"]["username"] == "maker"


def test_without_a_namespace_there_is_no_ns_and_of_a_wildcard_nothing(ask: Client) -> None:
    assert "ns" not in ask.told("GET", "/services/toy_echo")
    assert "ns" not in ask.told("GET", "/servicesNS/-/-/toy_echo")
    assert ask.told("GET", "/servicesNS/-/search/toy_echo")["ns"] == {"app": "search"}


def test_a_form_keeps_its_order_its_repeats_and_its_letters(ask: Client) -> None:
    long = "x" * 9_999 + "é"
    form = [("name", "Ünï ©ode 😀"), ("k", "1"), ("k", "2"), ("long", long), ("empty", ""), ("signs", "a&b=c+d %")]
    told = ask.told("POST", ECHO, data=form)

    assert told["form"] == [list(pair) for pair in form]
    assert told["payload"].startswith("name=%C3%9Cn%C3%AF")
    assert (told["method"], told["query"]) == ("POST", [["output_mode", "json"]])


def test_a_body_that_is_no_form_is_the_payload_alone(ask: Client) -> None:
    told = ask.told("POST", ECHO, json={"a": "b=c&d=ü"})

    assert (told["form"], told["payload"]) == ([], '{"a": "b=c&d=\\u00fc"}')
    assert "payload" not in ask.told("GET", ECHO)


def test_the_body_comes_in_base64_where_the_stanza_says_so(splunkd: Splunkd) -> None:
    assert Client(splunkd).told("POST", "/services/toy_trusted", data=b"\xff")["payload_base64"] == "/w=="


@pytest.mark.parametrize(
    ("wire", "path_info"),
    [("a%2Fb", "a/b"), ("two%20words", "two words"), ("a+b", "a+b"), ("%C3%BC%3F", "ü?"), ("x" * 10_000, "x" * 10_000)],
)
def test_what_follows_the_match_is_decoded(ask: Client, wire: str, path_info: str) -> None:
    told = ask.told("GET", f"{ECHO}/{wire}")

    assert (told["path_info"], told["rest_path"]) == (path_info, f"/toy_echo/{path_info}")


def test_where_nothing_follows_the_match_there_is_no_path_info(ask: Client) -> None:
    assert "path_info" not in ask.told("GET", ECHO)
    assert "path_info" not in ask.told("GET", f"{ECHO}/")


def test_a_system_token_is_handed_over_only_where_it_is_asked_for(splunkd: Splunkd, ask: Client) -> None:
    assert "system_authtoken" not in ask.told("GET", ECHO)
    assert "system_authtoken" not in ask.told("POST", ECHO, data={"a": "b"})
    assert len(ask.told("GET", "/services/toy_trusted")["system_authtoken"]) > 20


def test_status_and_messages_of_the_handler_go_through(ask: Client) -> None:
    reply = ask("POST", f"{ECHO}/taken", data={"name": "x"})

    assert reply.status_code == 409
    assert reply.json() == {"messages": [{"type": "ERROR", "text": "already there"}]}


def test_an_answer_is_an_object_a_text_or_bytes(ask: Client) -> None:
    text, pairs, data = (ask("GET", f"{ECHO}/{kind}") for kind in ("text", "pairs", "bytes"))

    assert (text.status_code, text.text, text.headers["X-Toy"]) == (201, "plain ü", "yes")
    assert (pairs.text, pairs.headers["Content-Type"], pairs.headers["X-Toy"]) == ("<a/>", "text/html", "1, 2")
    assert (data.text, data.headers["Content-Type"]) == ("b", "application/json; charset=UTF-8")


def _complaints(splunkd: Splunkd, text: str, after: int = 0) -> list[str]:
    """What was said of persistent scripts after so many lines, and has this text."""
    return [line.message for line in splunkd.logs("PersistentScript")[after:] if text in line.message]


@pytest.mark.parametrize("kind", ["list", "strange", "broken"])
def test_what_is_no_answer_is_500_and_a_line_in_the_log(splunkd: Splunkd, ask: Client, kind: str) -> None:
    before = len(splunkd.logs("PersistentScript"))

    assert ask("GET", f"{ECHO}/{kind}").status_code == 500
    splunkd.wait_for(lambda: _complaints(splunkd, "answered what is no answer", before))


def test_an_exception_is_500_its_traceback_in_the_log_and_the_next_request_works(splunkd: Splunkd, ask: Client) -> None:
    before = ask.told("GET", ECHO)["child"]
    reply = ask("GET", f"{ECHO}/crash")
    after = ask.told("GET", ECHO)["child"]

    assert (reply.status_code, reply.json()["messages"][0]["type"]) == (500, "ERROR")
    assert "KeyError" in reply.json()["messages"][0]["text"]
    assert "secret" not in reply.text
    assert (before["pid"], before["asked"] + 2) == (after["pid"], after["asked"])
    splunkd.wait_for(lambda: _complaints(splunkd, "a made-up secret"))


def test_what_it_says_on_stderr_is_in_the_log(splunkd: Splunkd, ask: Client) -> None:
    ask("GET", f"{ECHO}/said")

    splunkd.wait_for(lambda: _complaints(splunkd, "asked for /toy_echo/said"))


def test_what_it_prints_spoils_its_answer(splunkd: Splunkd, ask: Client) -> None:
    assert ask("GET", f"{ECHO}/print").status_code == 500
    assert ask("GET", ECHO).status_code == 200
    splunkd.wait_for(lambda: _complaints(splunkd, "wrote to its stdout"))


def test_one_process_answers_until_it_is_killed_and_then_another(splunkd: Splunkd, ask: Client) -> None:
    first = ask.told("GET", ECHO)["child"]["pid"]
    assert ask.told("GET", ECHO)["child"]["pid"] == first == splunkd.script_pid("echo")
    splunkd.kill_script("echo")

    second = ask.told("GET", ECHO)["child"]
    assert (second["pid"] != first, second["asked"]) == (True, 1)


def test_a_process_that_ends_while_it_is_asked_is_500_and_the_next_request_works(ask: Client) -> None:
    assert ask("GET", f"{ECHO}/exit").status_code == 500
    assert ask.told("GET", ECHO)["child"]["asked"] == 1


def test_a_script_is_imported_by_its_path_and_its_app_is_not_on_the_path(splunkd: Splunkd, ask: Client) -> None:
    child = ask.told("GET", ECHO)["child"]
    app = str(splunkd.app_home.resolve())

    assert not [path for path in child["path"] if path.startswith((app, str(Path(__file__).parent)))]
    assert child["cwd"] == "/"
    assert child["module"] not in ("toy_rest", "__main__")
    assert child["born"] == [[f"{app}/bin/toy_rest.py"], None]
    assert child["kind"] == "bytes"


def test_the_process_has_splunkds_environment_and_that_of_its_driver(splunkd: Splunkd, ask: Client) -> None:
    env = ask.told("GET", ECHO)["child"]["env"]

    assert env["SPLUNK_HOME"] == str(splunkd.home.resolve())
    assert env["LEAKED"] == "yes"
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "LANG", "TOY"} & set(env)
    assert Client(splunkd).told("GET", "/services/toy_trusted")["child"]["env"]["TOY"] == "trusted"


def test_scripts_with_equal_driver_settings_share_a_process_and_others_do_not(splunkd: Splunkd, ask: Client) -> None:
    echo, opened = ask.told("GET", ECHO)["child"], ask.told("GET", "/services/toy_open/deep")["child"]
    trusted = ask.told("GET", "/services/toy_trusted")["child"]

    assert echo["pid"] == opened["pid"] != trusted["pid"]


@pytest.mark.parametrize(("path", "error"), [("toy_missing", "ModuleNotFoundError"), ("toy_two", "TypeError")])
def test_a_script_that_cannot_be_loaded_or_has_two_handlers_is_500_every_time(
    splunkd: Splunkd, ask: Client, path: str, error: str
) -> None:
    replies = [ask("GET", f"/services/{path}", params={}) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [500, 500]
    assert error in replies[1].text


def test_what_cannot_be_served_is_complained_of(splunkd: Splunkd, ask: Client) -> None:
    told = [line.message for line in splunkd.logs("PersistentScript", "ERROR")]

    assert ask("GET", "/services/toy_old").status_code == 404
    assert [text for text in told if "[script:old]" in text and "scripttype = persist only" in text]
    assert [text for text in told if "[admin_external:toy]" in text]
    assert [text for text in told if "[script:vague]" in text and "max_content_length = 256KB is no number" in text]


def test_a_busy_splunkd_does_not_ask_the_handler(splunkd: Splunkd, ask: Client) -> None:
    splunkd.switch(rest_status=503, rest_path="toy_echo")
    try:
        assert ask("GET", ECHO).status_code == 503
    finally:
        splunkd.switch(rest_status=0, rest_path="")


def test_processes_end_with_splunkd_however_it_ends(start: Start) -> None:
    splunkd = start(confs={"restmap": RESTMAP}, files=FILES, users=USERS)
    stopped = Client(splunkd).told("GET", ECHO)["child"]["pid"]
    splunkd.restart()
    killed = Client(splunkd).told("GET", ECHO)["child"]["pid"]
    splunkd.kill()

    assert not Path(f"/proc/{stopped}").exists()
    splunkd.wait_for(lambda: killed not in splunkd.orphans())
