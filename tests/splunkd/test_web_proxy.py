"""splunkweb's proxy: what a page may ask splunkd, and what it is answered."""

from __future__ import annotations

import pytest

from tests.splunkd import Splunkd
from tests.splunkd.toy_pages import THING, Browser
from tests.splunkd.web.exposure import fits


def test_the_proxy_wants_a_session(stranger: Browser) -> None:
    assert stranger("GET", THING).status_code == 401
    assert stranger("GET", "/en-US/splunkd/__raw/services/server/info").status_code == 401


def test_the_proxy_asks_splunkd_as_the_user(browser: Browser) -> None:
    path = "/en-US/splunkd/__raw/services/authentication/current-context"
    reply = browser("GET", path, params={"output_mode": "json"})

    assert reply.json()["entry"][0]["content"]["username"] == "reader"


def test_the_proxy_hands_everything_on_but_the_cache_buster(browser: Browser) -> None:
    query = [("output_mode", "json"), ("_", "1700000000"), ("k", "1"), ("k", "ü")]
    reply = browser("POST", f"{THING}/a%2Fb", params=query, data=[("x", "1"), ("x", "2")], headers=browser.headers)
    told = reply.json()

    assert (reply.status_code, told["method"], told["path_info"]) == (200, "POST", "a/b")
    assert told["query"] == [["output_mode", "json"], ["k", "1"], ["k", "ü"]]
    assert (told["form"], told["payload"]) == ([["x", "1"], ["x", "2"]], "x=1&x=2")
    assert told["session"] == {"user": "reader", "authtoken": browser.cookie("splunkd")}
    assert told["ns"] == {"user": "nobody", "app": "TA_toy"}


def test_a_refusal_of_splunkd_comes_through_as_it_is(browser: Browser) -> None:
    taken = browser("POST", f"{THING}/taken?output_mode=json", headers=browser.headers)
    guarded = browser("GET", THING.replace("thing", "guarded"), params={"output_mode": "json"})

    assert taken.status_code == 409
    assert guarded.status_code == 403
    assert guarded.json()["messages"][0]["type"] == "ERROR"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("wrong", ["no headers", "no key", "wrong key", "empty key", "not by script", "no cookie"])
def test_a_change_that_no_page_of_this_site_sent_is_401(browser: Browser, method: str, wrong: str) -> None:
    headers = browser.headers
    if wrong in ("no headers", "no key"):
        del headers["X-Splunk-Form-Key"]
    if wrong in ("no headers", "not by script"):
        del headers["X-Requested-With"]
    if wrong in ("wrong key", "empty key"):
        headers["X-Splunk-Form-Key"] = "0" * 40 if wrong == "wrong key" else ""
    if wrong in ("no cookie", "empty key"):
        del browser.session.cookies[f"splunkweb_csrf_token_{browser.port}"]
    reply = browser(method, f"{THING}/a", headers=headers)

    assert reply.status_code == 401
    assert "CSRF validation failed" in reply.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "toy_thing", 200),
        ("POST", "toy_thing", 200),
        ("DELETE", "toy_thing", 404),
        ("PUT", "toy_thing", 404),
        ("GET", "toy_thing/a", 200),
        ("DELETE", "toy_thing/a", 200),
        ("GET", "toy_thing/a/b", 404),
        ("GET", "toy_thing/a%2Fb", 200),
        ("GET", "toy_hidden", 404),
        ("POST", "toy_guarded", 404),
        ("GET", "stand-in/switches", 404),
        ("GET", "data/inputs/toy", 200),
        ("GET", "data/indexes", 200),
        ("GET", "configs/conf-app", 200),
        ("GET", "configs/conf-app/launcher", 200),
        ("GET", "properties/app", 404),
    ],
)
def test_only_what_is_exposed_is_reached_and_with_its_methods_only(
    browser: Browser, method: str, path: str, status: int
) -> None:
    address = f"/en-US/splunkd/__raw/servicesNS/nobody/TA_toy/{path}?output_mode=json"

    assert browser(method, address, headers=browser.headers).status_code == status


def test_what_is_hidden_from_pages_is_there_for_splunkds_own_clients(site: Splunkd, browser: Browser) -> None:
    assert site.request("GET", "/services/toy_hidden").status == 200
    assert browser("GET", "/en-US/splunkd/__raw/services/toy_hidden").status_code == 404
    assert browser("GET", "/en-US/splunkd/__raw/stand-in/switches").status_code == 404


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("a/b/c", "a/b/c", True),
        ("a/b/c", "a/b", False),
        ("a/b", "a/b/c", False),
        ("a/*/c", "a/b/c", True),
        ("a/*/c", "a/1/2/c", False),
        ("a/**/c", "a/1/c", True),
        ("a/**/c", "a/1/2/3/c", True),
        ("a/**", "a", False),
        ("a/elem-*/b", "a/elem-123/b", True),
        ("a/elem-*/b", "a/other/b", False),
        ("a.c", "abc", False),
    ],
)
def test_a_pattern_stands_for_a_path(pattern: str, path: str, expected: bool) -> None:
    assert fits(pattern, path.split("/")) == expected


def test_a_busy_splunkd_is_busy_through_the_proxy_too(site: Splunkd, browser: Browser) -> None:
    site.switch(rest_status=503, rest_path="toy_thing")
    try:
        assert browser("GET", THING).status_code == 503
    finally:
        site.switch(rest_status=0, rest_path="")
