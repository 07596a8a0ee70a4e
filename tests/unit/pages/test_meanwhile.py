"""What somebody else changed while a form was checked is found under the lock, before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.pages.form_scene import ACCOUNT, CLIENT, PROXY, SETTINGS, FormScene

SECRET = "storage/passwords/TA_falcon_event_streams#account#prod:client_secret:"


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FormScene:
    return FormScene(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("stanza", "path", "form", "sentence"),
    [
        (f"{ACCOUNT}/prod", "account/prod", {"client_secret": "t" * 40}, "account prod was changed by somebody else"),
        (f"{ACCOUNT}/new", "account", {"name": "new", **CLIENT}, "account new exists already"),
        (f"{SETTINGS}/proxy:lab", "settings/proxy%3Alab", {"password": "q"}, "[proxy:lab] was changed by somebody"),
        (f"{SETTINGS}/proxy:new", "settings", {"name": "proxy:new", **PROXY}, "[proxy:new] exists already"),
    ],
)
def test_a_stanza_that_somebody_else_has_saved_stays_as_it_is(
    scene: FormScene, stanza: str, path: str, form: dict[str, str], sentence: str
) -> None:
    scene.meanwhile = lambda: scene.port.things.setdefault(stanza, {}).update(no_proxy="theirs.example")
    status, text = scene.send("POST", path, **form)

    assert (status, sentence in text) == (409, True)
    assert scene.writes() == []


@pytest.mark.parametrize(
    ("stanza", "path", "form", "status", "sentence"),
    [
        (f"{ACCOUNT}/prod", "account/prod", {"client_secret": "t" * 40}, 404, "there is no account"),
        (f"{SETTINGS}/proxy:lab", "settings/proxy%3Alab", {"password": "q"}, 404, "there is no stanza [proxy:lab]"),
        (f"{SETTINGS}/proxy:lab", "account/prod", {"proxy": "lab", **CLIENT}, 400, "proxy = lab does not exist"),
        (f"{SETTINGS}/proxy:lab", "account", {"name": "new", "proxy": "lab", **CLIENT}, 400, "proxy = lab does not"),
    ],
)
def test_what_somebody_else_has_deleted_is_not_written_about(
    scene: FormScene, stanza: str, path: str, form: dict[str, str], status: int, sentence: str
) -> None:
    scene.meanwhile = lambda: scene.port.things.pop(stanza)
    said, text = scene.send("POST", path, **form)

    assert (said, sentence in text) == (status, True)
    assert scene.writes() == []


@pytest.mark.parametrize("act", ["save", "delete"])
def test_where_splunkd_refuses_the_stanza_the_former_secret_comes_back(scene: FormScene, act: str) -> None:
    before = {name: dict(each) for name, each in scene.port.things.items()}
    scene.send("DELETE", "input/main")
    scene.port.refused.add(f"{ACCOUNT}/prod")
    if act == "save":
        status, _ = scene.send("POST", "account/prod", client_secret="t" * 40)
    else:
        status, _ = scene.send("DELETE", "account/prod")

    assert status == 403
    assert len(scene.writes()) == 5  # the secret and its mark, the stanza, and both back
    secrets = {name: each["clear_password"] for name, each in before.items() if name.startswith(SECRET[:-1])}
    assert len(secrets) == 2
    assert {name: scene.port.things[name]["clear_password"] for name in secrets} == secrets
