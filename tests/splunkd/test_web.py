"""splunkweb: login, pages, static files, what every page is given, and the proxy to splunkd."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.splunkd import Splunkd
from tests.splunkd.conftest import Start
from tests.splunkd.toy import write_app
from tests.splunkd.web import scripts
from tests.splunkd.web.exposure import fits
from tests.splunkd.web.views import Link

_HANDLER = """
import json
from splunk.persistconn.application import PersistentServerConnectionApplication

class Echo(PersistentServerConnectionApplication):
    def __init__(self, command_line, command_arg):
        super().__init__()

    def handle(self, in_string):
        told = json.loads(in_string)
        return {"payload": told, "status": 409 if told.get("path_info") == "taken" else 200}
"""
_STANZA = """
[script:{name}]
match = /{name}
script = toy_rest.py
scripttype = persist
handler = toy_rest.Echo
output_modes = json
passPayload = true
{more}
"""
_WEB = """
[expose:toy_thing]
pattern = toy_thing
methods = GET, POST

[expose:toy_thing_one]
pattern = toy_thing/*
methods = GET,POST,DELETE

[expose:toy_guarded]
pattern = toy_guarded
"""
_FILES = {
    "bin/toy_rest.py": _HANDLER,
    "default/data/ui/nav/default.xml": (
        '<nav><view name="inputs"/><collection label="More"><view name="configuration" default="true"/></collection>'
        '<view name="studio"/><a href="https://example.invalid/">Help &amp; more</a></nav>'
    ),
    "default/data/ui/views/configuration.xml": (
        '<view template="TA_toy:/templates/base.html" type="html" isDashboard="False">'
        "<label>Set &lt;it&gt; up</label></view>"
    ),
    "default/data/ui/views/inputs.xml": '<view template="TA_toy:/templates/base.html" type="html"/>',
    "default/data/ui/views/outside.xml": '<view template="TA_toy:/../default/app.conf" type="html"/>',
    "default/data/ui/views/studio.xml": '<dashboard version="2"><label>Studio</label></dashboard>',
    "default/data/ui/views/broken.xml": "<view",
    "appserver/templates/base.html": "<!DOCTYPE html><title>Toy ünder ${glass}</title>",
    "appserver/static/js/build/entry_page.js": "export const toy = 1;",
    "appserver/static/js/build/globalConfig.json": "{}",
    "appserver/static/toy.css": "a {}",
    "appserver/static/toy.unheard": "x",
    "appserver/secret.txt": "not static",
}
_CONFS = {
    "restmap": "".join(
        _STANZA.format(name=name, more=more)
        for name, more in (("toy_thing", ""), ("toy_hidden", ""), ("toy_guarded", "capability.get = edit_toys"))
    ),
    "web": _WEB,
}
_THING = "/en-US/splunkd/__raw/servicesNS/nobody/TA_toy/toy_thing"
_STATIC = "/en-US/static/app/TA_toy"


class Browser:
    """A session of plain requests that follows no redirect."""

    def __init__(self, splunkd: Splunkd, user: str | None = "reader") -> None:
        self.uri = splunkd.web_uri
        self.port = splunkd.web_port
        self.session = requests.Session()
        self.session.trust_env = False
        if user:
            assert self.login(user).status_code == 303

    def __call__(self, method: str, path: str, **told: Any) -> requests.Response:
        return self.session.request(method, self.uri + path, allow_redirects=False, timeout=30, **told)

    def login(self, user: str, password: str = "pw", **more: str) -> requests.Response:
        return self("POST", "/en-US/account/login", data={"username": user, "password": password, **more})

    def cookie(self, name: str) -> str:
        return self.session.cookies.get(f"{name}_{self.port}") or ""

    @property
    def headers(self) -> dict[str, str]:
        """What a page's script sends along."""
        return {"X-Splunk-Form-Key": self.cookie("splunkweb_csrf_token"), "X-Requested-With": "XMLHttpRequest"}


@pytest.fixture(scope="module")
def splunkd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splunkd]:
    folder = tmp_path_factory.mktemp("web")
    package = write_app(folder, confs=_CONFS, files=_FILES)
    with Splunkd(folder / "home", package, web=True, users=[("reader", "pw", "list_settings")]) as started:
        yield started


@pytest.fixture
def browser(splunkd: Splunkd) -> Browser:
    return Browser(splunkd)


@pytest.fixture
def stranger(splunkd: Splunkd) -> Browser:
    return Browser(splunkd, None)


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


def test_a_login_sets_a_cookie_that_no_script_reads_and_one_that_pages_read(splunkd: Splunkd) -> None:
    browser = Browser(splunkd, None)
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
    assert browser("GET", _THING).status_code == 401
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
    assert reply.content.decode() == _FILES["appserver/templates/base.html"]


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
    for path in ("/", "/en-US/app/TA_toy/inputs", f"{_STATIC}/toy.css", _THING, "/en-US/nothing", "/fr-FR/"):
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
    for prefix in (_STATIC, _STATIC.replace("static/", "static/@1.2.3:0/")):
        reply = stranger("GET", f"{prefix}/{path}")
        assert (reply.status_code, reply.headers["Content-Type"]) == (200, kind)
        assert reply.text == _FILES[f"appserver/static/{path}"]


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
def test_nothing_outside_the_static_folder_is_given(splunkd: Splunkd, path: str) -> None:
    link = splunkd.app_home / "appserver" / "static" / "link.txt"
    if not link.is_symlink():
        link.symlink_to(splunkd.app_home / "appserver" / "secret.txt")
    # As it stands: a client would tidy the path up.
    connection = http.client.HTTPConnection("127.0.0.1", splunkd.web_port, timeout=10)
    connection.request("GET", f"{_STATIC}/{path}")
    reply = connection.getresponse()
    body = reply.read()
    connection.close()

    assert (reply.status, b"not static" in body) == (404, False)


def test_the_pages_configuration_is_what_the_front_end_reads(splunkd: Splunkd, browser: Browser) -> None:
    reply = browser(
        "GET", "/en-US/config?autoload=1", headers={"Referer": f"{splunkd.web_uri}/en-US/app/TA_toy/inputs"}
    )
    name, _, value = reply.text.partition(" = ")
    told = json.loads(value.rstrip().rstrip(";"))

    assert (name, reply.headers["Content-Type"]) == ("window.$C", "text/javascript; charset=UTF-8")
    assert told.pop("SERVER_ZONEINFO").startswith("### SERIALIZED TIMEZONE FORMAT")
    assert told == {
        "APP": "TA_toy",
        "BUILD_NUMBER": "stand-in",
        "LOCALE": "en-US",
        "MRSPARKLE_PORT_NUMBER": splunkd.web_port,
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


def test_the_theme_is_switched(splunkd: Splunkd, browser: Browser) -> None:
    path = "/en-US/static/@1/build/api/get_theme.js"
    light = browser("GET", path).text
    splunkd.switch(theme="dark")
    dark = browser("GET", path).text
    splunkd.switch(theme="light")

    assert ('resolve("light")' in light, 'resolve("dark")' in dark) == (True, True)
    assert splunkd.request("POST", "/stand-in/switches", theme="mauve").status == 400


def test_the_proxy_wants_a_session(stranger: Browser) -> None:
    assert stranger("GET", _THING).status_code == 401
    assert stranger("GET", "/en-US/splunkd/__raw/services/server/info").status_code == 401


def test_the_proxy_asks_splunkd_as_the_user(browser: Browser) -> None:
    path = "/en-US/splunkd/__raw/services/authentication/current-context"
    reply = browser("GET", path, params={"output_mode": "json"})

    assert reply.json()["entry"][0]["content"]["username"] == "reader"


def test_the_proxy_hands_everything_on_but_the_cache_buster(browser: Browser) -> None:
    query = [("output_mode", "json"), ("_", "1700000000"), ("k", "1"), ("k", "ü")]
    reply = browser("POST", f"{_THING}/a%2Fb", params=query, data=[("x", "1"), ("x", "2")], headers=browser.headers)
    told = reply.json()

    assert (reply.status_code, told["method"], told["path_info"]) == (200, "POST", "a/b")
    assert told["query"] == [["output_mode", "json"], ["k", "1"], ["k", "ü"]]
    assert (told["form"], told["payload"]) == ([["x", "1"], ["x", "2"]], "x=1&x=2")
    assert told["session"] == {"user": "reader", "authtoken": browser.cookie("splunkd")}
    assert told["ns"] == {"user": "nobody", "app": "TA_toy"}


def test_a_refusal_of_splunkd_comes_through_as_it_is(browser: Browser) -> None:
    taken = browser("POST", f"{_THING}/taken?output_mode=json", headers=browser.headers)
    guarded = browser("GET", _THING.replace("thing", "guarded"), params={"output_mode": "json"})

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
    reply = browser(method, f"{_THING}/a", headers=headers)

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


def test_what_is_hidden_from_pages_is_there_for_splunkds_own_clients(splunkd: Splunkd, browser: Browser) -> None:
    assert splunkd.request("GET", "/services/toy_hidden").status == 200
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


def test_a_busy_splunkd_is_busy_through_the_proxy_too(splunkd: Splunkd, browser: Browser) -> None:
    splunkd.switch(rest_status=503, rest_path="toy_thing")
    try:
        assert browser("GET", _THING).status_code == 503
    finally:
        splunkd.switch(rest_status=0, rest_path="")


def test_a_restart_ends_the_sessions_and_keeps_the_address(start: Start) -> None:
    splunkd = start(web=True, confs=_CONFS, files=_FILES, users=[("reader", "pw", "list_settings")])
    browser = Browser(splunkd)
    before = browser("GET", _THING).status_code
    splunkd.restart()

    assert (before, browser.uri, browser("GET", _THING).status_code) == (200, splunkd.web_uri, 401)
