"""splunkweb: login, pages, static files, and what every page is given."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.splunkd import Splunkd
from tests.splunkd.conftest import Start
from tests.splunkd.toy_pages import CONFS, FILES, STATIC, THING, Browser
from tests.splunkd.web import scripts
from tests.splunkd.web.views import Link


def test_without_the_option_there_is_no_splunkweb(shared: Splunkd) -> None:
    assert "web_uri" not in shared.told


def test_the_root_leads_to_the_login_and_the_login_has_labelled_fields(stranger: Browser) -> None:
    first = stranger("GET", "/")
    second = stranger("GET", first.headers["Location"])
    form = stranger("GET", second.headers["Location"])

    assert (first.status_code, first.headers["Location"], second.status_code) == (303, "/en-US/", 303)
    assert second.headers["Location"] == "/en-US/account/login?return_to=%2Fen-US%2F"
    assert '<label for="username">' in form.text
    assert '<label for="password">' in form.text
    assert 'name="return_to" value="/en-US/"' in form.text


def test_a_login_sets_a_cookie_that_no_script_reads_and_one_that_pages_read(site: Splunkd) -> None:
    browser = Browser(site, None)
    reply = browser.login("reader", return_to="/en-US/app/TA_toy/inputs?a=b")
    by_name = {cookie.name: cookie for cookie in browser.session.cookies}

    assert (reply.status_code, reply.headers["Location"]) == (303, "/en-US/app/TA_toy/inputs?a=b")
    assert by_name[f"splunkd_{browser.port}"].has_nonstandard_attr("HttpOnly")
    assert not by_name[f"splunkweb_csrf_token_{browser.port}"].has_nonstandard_attr("HttpOnly")
    assert browser.cookie("splunkd") != browser.cookie("splunkweb_csrf_token") != ""


def test_a_wrong_password_is_401_and_sets_no_cookie(stranger: Browser) -> None:
    reply = stranger.login("reader", "wrong")

    assert (reply.status_code, "Login failed" in reply.text, len(stranger.session.cookies)) == (401, True, 0)


@pytest.mark.parametrize("elsewhere", ["https://evil.invalid/", "//evil.invalid", "/en-US/\r\nX: y", "/other", ""])
def test_a_login_leads_nowhere_else(stranger: Browser, elsewhere: str) -> None:
    assert stranger.login("reader", return_to=elsewhere).headers["Location"] == "/en-US/"


def test_a_logout_ends_the_session_in_splunkd_too(browser: Browser) -> None:
    key = browser.cookie("splunkd")
    reply = browser("GET", "/en-US/account/logout")
    browser.session.cookies.set(f"splunkd_{browser.port}", key)

    assert (reply.status_code, reply.headers["Location"]) == (303, "/en-US/account/login")
    assert browser("GET", THING).status_code == 401
    assert browser("GET", "/en-US/app/TA_toy/inputs").status_code == 303


def test_a_view_without_a_session_leads_to_the_login_and_back(stranger: Browser) -> None:
    reply = stranger("GET", "/en-US/app/TA_toy/inputs?tab=a%20b")

    assert reply.status_code == 303
    assert reply.headers["Location"] == (
        "/en-US/account/login?return_to=%2Fen-US%2Fapp%2FTA_toy%2Finputs%3Ftab%3Da%2520b"
    )


def test_an_app_leads_to_its_default_view_and_home_to_an_app(browser: Browser) -> None:
    assert browser("GET", "/en-US/").headers["Location"] == "/en-US/app/TA_toy"
    assert browser("GET", "/en-US/app/TA_toy").headers["Location"] == "/en-US/app/TA_toy/configuration"


def test_a_view_is_its_template_as_it_is(browser: Browser) -> None:
    reply = browser("GET", "/en-US/app/TA_toy/configuration")

    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")
    assert reply.content.decode() == FILES["appserver/templates/base.html"]


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("TA_toy/none", 404, "has no view none"),
        ("TA_toy/studio", 404, "is a &lt;dashboard&gt;: this stand-in does not show those"),
        ("TA_toy/outside", 404, "no such file"),
        ("TA_toy/broken", 500, "is no XML"),
        ("TA_toy/..%2Fnav%2Fdefault", 404, "has no view"),
        ("TA_none", 404, "no navigation"),
        ("TA_none/inputs", 404, "has no view"),
    ],
)
def test_what_cannot_be_shown_says_why(browser: Browser, path: str, status: int, text: str) -> None:
    reply = browser("GET", f"/en-US/app/{path}")

    assert (reply.status_code, text in reply.text) == (status, True), reply.text


def test_a_browser_that_asks_for_an_icon_gets_none_and_no_error(stranger: Browser) -> None:
    assert stranger("GET", "/favicon.ico").status_code == 204


def test_every_answer_has_the_security_headers(browser: Browser) -> None:
    for path in ("/", "/en-US/app/TA_toy/inputs", f"{STATIC}/toy.css", THING, "/en-US/nothing", "/fr-FR/"):
        headers = browser("GET", path).headers
        assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("SAMEORIGIN", "nosniff"), path


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("js/build/entry_page.js", "text/javascript; charset=UTF-8"),
        ("js/build/globalConfig.json", "application/json; charset=UTF-8"),
        ("toy.css", "text/css; charset=UTF-8"),
        ("toy.unheard", "application/octet-stream"),
    ],
)
def test_static_files_are_given_with_and_without_a_number_and_to_anybody(
    stranger: Browser, path: str, kind: str
) -> None:
    for prefix in (STATIC, STATIC.replace("static/", "static/@1.2.3:0/")):
        reply = stranger("GET", f"{prefix}/{path}")
        assert (reply.status_code, reply.headers["Content-Type"]) == (200, kind)
        assert reply.text == FILES[f"appserver/static/{path}"]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "js/../../secret.txt",
        "%2e%2e/secret.txt",
        "..%2Fsecret.txt",
        "..%5Csecret.txt",
        "js%2Fbuild%2Fentry_page.js",
        "link.txt",
        "js",
        "",
        "toy.css%00",
        "none.js",
    ],
)
def test_nothing_outside_the_static_folder_is_given(site: Splunkd, path: str) -> None:
    link = site.app_home / "appserver" / "static" / "link.txt"
    if not link.is_symlink():
        link.symlink_to(site.app_home / "appserver" / "secret.txt")
    # As it stands: a client would tidy the path up.
    connection = http.client.HTTPConnection("127.0.0.1", site.web_port, timeout=10)
    connection.request("GET", f"{STATIC}/{path}")
    reply = connection.getresponse()
    body = reply.read()
    connection.close()

    assert (reply.status, b"not static" in body) == (404, False)


def test_the_pages_configuration_is_what_the_front_end_reads(site: Splunkd, browser: Browser) -> None:
    reply = browser("GET", "/en-US/config?autoload=1", headers={"Referer": f"{site.web_uri}/en-US/app/TA_toy/inputs"})
    name, _, value = reply.text.partition(" = ")
    told = json.loads(value.rstrip().rstrip(";"))

    assert (name, reply.headers["Content-Type"]) == ("window.$C", "text/javascript; charset=UTF-8")
    assert told.pop("SERVER_ZONEINFO").startswith("### SERIALIZED TIMEZONE FORMAT")
    assert told == {
        "APP": "TA_toy",
        "BUILD_NUMBER": "stand-in",
        "LOCALE": "en-US",
        "MRSPARKLE_PORT_NUMBER": site.web_port,
        "MRSPARKLE_ROOT_PATH": "",
        "SPLUNKD_PATH": "/en-US/splunkd/__raw",
        "USERNAME": "reader",
        "VERSION_LABEL": "10.0.0",
    }


def test_the_pages_scripts_are_there_and_the_chrome_links_the_navigation(browser: Browser) -> None:
    texts = {
        path: browser("GET", f"/en-US/{path}").text
        for path in (
            "i18ncatalog?autoload=1",
            "static/@1/js/i18n.js",
            "static/@1/build/api/layout.js",
            "static/@1/build/api/layout-dark.js",
        )
    }

    assert "i18n_register" in texts["i18ncatalog?autoload=1"]
    assert "window.gettext" in texts["static/@1/js/i18n.js"]
    for path in ("static/@1/build/api/layout.js", "static/@1/build/api/layout-dark.js"):
        assert "window.__splunk_layout__" in texts[path]
        assert '["Set \\u003cit> up", "/en-US/app/TA_toy/configuration"]' in texts[path]
        assert '["inputs", "/en-US/app/TA_toy/inputs"]' in texts[path]
        assert '["Help & more", "https://example.invalid/"]' in texts[path]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node to read JavaScript")
def test_the_pages_scripts_are_javascript(tmp_path: Path) -> None:
    pages = [
        scripts.config(8000, "a", "b"),
        scripts.translation(),
        scripts.catalog(),
        scripts.theme("dark"),
        scripts.layout({"TA_toy": [Link('a "quoted" </script>', "/x")]}, "dark"),
    ]
    for number, page in enumerate(pages):
        path = tmp_path / f"{number}.js"
        path.write_bytes(page.body)
        assert subprocess.run(["node", "--check", str(path)], capture_output=True, check=False).stderr == b""


def test_the_theme_is_switched(site: Splunkd, browser: Browser) -> None:
    path = "/en-US/static/@1/build/api/get_theme.js"
    light = browser("GET", path).text
    site.switch(theme="dark")
    dark = browser("GET", path).text
    site.switch(theme="light")

    assert ('resolve("light")' in light, 'resolve("dark")' in dark) == (True, True)
    assert site.request("POST", "/stand-in/switches", theme="mauve").status == 400


def test_a_restart_ends_the_sessions_and_keeps_the_address(start: Start) -> None:
    splunkd = start(web=True, confs=CONFS, files=FILES, users=[("reader", "pw", "list_settings")])
    browser = Browser(splunkd)
    before = browser("GET", THING).status_code
    splunkd.restart()

    assert (before, browser.uri, browser("GET", THING).status_code) == (200, splunkd.web_uri, 401)
