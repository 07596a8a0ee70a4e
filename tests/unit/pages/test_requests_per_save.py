"""What each kind of form asks of splunkd, call by call, so that nobody adds a call unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.pages.form_scene import CLIENT, PROXY, FormScene

_SHORT = {
    "GET ": "",
    "authentication/current-context": "capabilities",
    "apps/local/TA_falcon_event_streams": "app",
    "configs/conf-falcon_event_streams_account": "accounts",
    "configs/conf-falcon_event_streams_settings": "settings",
    "storage/passwords": "secrets",
    "data/inputs/falcon_event_streams": "inputs",
    "TA_falcon_event_streams#": "",
    "_destination:": " mark",
    "client_secret:": "client_secret",
    "password:": "password",
}
INPUT = {"name": "new", "account": "prod", "app_id": "new"}

# What is saved: path and form, the calls before the lock, the calls under it.
SAVES = {
    "an account": (
        "account",
        {"name": "new", **CLIENT},
        "capabilities, app, accounts/new, settings/proxy, connection test",
        "accounts/new, secrets/account#new:client_secret, secrets/account#new:client_secret mark, "
        "POST secrets, POST secrets, POST accounts",
    ),
    "an account behind a named proxy": (
        "account",
        {"name": "new", "proxy": "lab", **CLIENT},
        "capabilities, app, accounts/new, settings/proxy:lab, secrets/proxy#lab:password, "
        "secrets/proxy#lab:password mark, connection test",
        "accounts/new, settings/proxy:lab, "
        "secrets/account#new:client_secret, secrets/account#new:client_secret mark, "
        "POST secrets, POST secrets, POST accounts",
    ),
    "another member CID": (
        "account/prod",
        {"member_cid": "a" * 32},
        "capabilities, accounts/prod, secrets/account#prod:client_secret, secrets/account#prod:client_secret mark, "
        "settings/proxy, connection test",
        "accounts/prod, POST accounts/prod",
    ),
    "another member CID behind a named proxy": (
        "account/via",
        {"member_cid": "a" * 32},
        "capabilities, accounts/via, secrets/account#via:client_secret, secrets/account#via:client_secret mark, "
        "settings/proxy:lab, secrets/proxy#lab:password, secrets/proxy#lab:password mark, connection test",
        "accounts/via, settings/proxy:lab, POST accounts/via",
    ),
    "another client secret": (
        "account/prod",
        {"client_secret": "t" * 40},
        "capabilities, accounts/prod, settings/proxy, connection test",
        "accounts/prod, secrets/account#prod:client_secret, secrets/account#prod:client_secret mark, "
        "POST secrets/account#prod:client_secret mark, POST secrets/account#prod:client_secret, "
        "POST accounts/prod",
    ),
    "a proxy": (
        "settings",
        {"name": "proxy:new", **PROXY},
        "capabilities, app, settings/proxy:new",
        "settings/proxy:new, secrets/proxy#new:password, secrets/proxy#new:password mark, "
        "POST secrets, POST secrets, POST settings",
    ),
    "a proxy's exceptions": (
        "settings/proxy%3Alab",
        {"no_proxy": "a.example"},
        "capabilities, settings/proxy:lab, secrets/proxy#lab:password, secrets/proxy#lab:password mark",
        "settings/proxy:lab, POST settings/proxy:lab",
    ),
    "a proxy's password": (
        "settings/proxy%3Alab",
        {"password": "q"},
        "capabilities, settings/proxy:lab",
        "settings/proxy:lab, secrets/proxy#lab:password, secrets/proxy#lab:password mark, "
        "POST secrets/proxy#lab:password mark, POST secrets/proxy#lab:password, POST settings/proxy:lab",
    ),
    "no proxy": (
        "settings/proxy",
        {"enabled": "0"},
        "capabilities, settings/proxy",
        "settings/proxy, secrets/proxy:password, secrets/proxy:password mark, POST settings/proxy",
    ),
    "the log level": (
        "settings/logging",
        {"level": "DEBUG"},
        "capabilities, settings/logging",
        "settings/logging, POST settings/logging",
    ),
    "an input": ("input", INPUT, "capabilities", "inputs, POST inputs, inputs"),
    "an input that is switched off": (
        "input",
        {**INPUT, "disabled": "1"},
        "capabilities",
        "inputs, POST inputs, POST inputs/new/disable, inputs",
    ),
    "an input's app id": ("input/main", {"app_id": "other"}, "capabilities, inputs", "POST inputs/main, inputs"),
    "an input's toggle": ("input/main", {"disabled": "1"}, "capabilities, inputs", "POST inputs/main/disable, inputs"),
}


def short(call: str) -> str:
    """A call in the words of the tables below: a read without its method, and `mark` for a secret's."""
    for path, word in _SHORT.items():
        call = call.replace(path, word)
    return call


@pytest.mark.parametrize(("path", "form", "before_the_lock", "under_it"), SAVES.values(), ids=list(SAVES))
def test_a_save_asks_splunkd_once_for_each_thing(
    scene: FormScene, path: str, form: dict[str, str], before_the_lock: str, under_it: str
) -> None:
    assert scene.send("POST", path, **form)[0] in (200, 201)
    assert ", ".join(map(short, scene.port.asked)) == f"{before_the_lock}, lock, {under_it}"


@pytest.mark.parametrize(
    ("path", "under_the_lock"),
    [
        (
            "account/via",
            "accounts/via, inputs, secrets/account#via:client_secret, secrets/account#via:client_secret mark, "
            "DELETE secrets/account#via:client_secret, DELETE secrets/account#via:client_secret mark, "
            "DELETE accounts/via, accounts",
        ),
        (
            "settings/proxy%3Aspare",
            "settings/proxy:spare, accounts, secrets/proxy#spare:password, secrets/proxy#spare:password mark, "
            "DELETE secrets/proxy#spare:password, DELETE secrets/proxy#spare:password mark, "
            "DELETE settings/proxy:spare, settings",
        ),
        ("input/main", "inputs, DELETE inputs/main, inputs"),
    ],
)
def test_a_deletion_asks_splunkd_once_for_each_thing(scene: FormScene, path: str, under_the_lock: str) -> None:
    scene.send("POST", "settings", name="proxy:spare", **PROXY)

    assert scene.send("DELETE", path)[0] == 200
    assert ", ".join(map(short, scene.port.asked)) == f"capabilities, lock, {under_the_lock}"


@pytest.mark.parametrize(
    ("path", "calls"),
    [
        ("account", "accounts"),
        ("account/prod", "accounts/prod"),
        ("settings", "settings"),
        ("settings/proxy", "settings/proxy"),
        ("input", "capabilities, inputs"),
        ("input/main", "capabilities, inputs"),
    ],
)
def test_a_page_that_is_shown_asks_splunkd_once(scene: FormScene, path: str, calls: str) -> None:
    assert scene.send("GET", path)[0] == 200
    assert ", ".join(map(short, scene.port.asked)) == calls


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FormScene:
    return FormScene(tmp_path, monkeypatch)
