"""The pages say what the schemas say: every field's words, choices, bounds, defaults and patterns."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from falcon_streams.core.catalogue import KNOWN_TYPES
from falcon_streams.core.clouds import CLOUDS
from falcon_streams.pages.account_collection import SAVE_WITHOUT_TEST, SECRET
from falcon_streams.splunk.accounts import ACCOUNT_CONF, SETTINGS_CONF
from falcon_streams.splunk.settings import check_name, check_stanza, read_schema, stanza_schema
from falcon_streams.splunk.stored_secret import checkpoint_token, proxy_password
from tools import settings_pages
from tools.package import ROOT

PAGES = json.loads((ROOT / "globalConfig.json").read_text(encoding="utf-8"))
TABS = {tab["name"]: tab for tab in PAGES["pages"]["configuration"]["tabs"]}
(INPUTS,) = PAGES["pages"]["inputs"]["services"]
SCHEMAS = {
    "account": (read_schema("account"), TABS["account"]["entity"]),
    "proxy": (stanza_schema("settings", "proxy"), TABS["proxy"]["entity"]),
    "checkpoint": (stanza_schema("settings", "checkpoint"), TABS["checkpoint"]["entity"]),
    "logging": (stanza_schema("settings", "logging"), TABS["logging"]["entity"]),
    "input": (read_schema("input"), INPUTS["entity"]),
}
PASSWORD, TOKEN = proxy_password().user, checkpoint_token().user
NOT_SETTINGS = {"name", SECRET, SAVE_WITHOUT_TEST, PASSWORD, TOKEN}
FIELDS = [
    (conf, entity, schema["properties"][entity["field"]], entity["field"] in schema.get("required", ()))
    for conf, (schema, entities) in SCHEMAS.items()
    for entity in entities
    if entity["field"] not in NOT_SETTINGS
]
# Texts that a pattern might take wrongly; each is judged by the schema itself.
PROBES = ["", "a", "A-1", "a b", "a,b", "a , b", ",", "x" * 65, "0=1", "oldest", "newest", "12", "https://a.b", "http://a",
          "/a/b", "C:\\a", "é", "a.b", ".a.b", "a\tb", "f" * 32, "f" * 32 + "-00", "1,2", "*", "_a", "all"]  # fmt: skip


def differences(entity: dict[str, Any], setting: dict[str, Any], required: bool) -> list[str]:
    """Where a field does not say what the schema says."""
    wrong = []
    if entity["label"] != setting["title"]:
        wrong.append("title")
    if not setting["description"].startswith(entity["help"].rstrip(".")):
        wrong.append("description")
    if "enum" in setting and [item["value"] for item in entity["options"]["autoCompleteFields"]] != setting["enum"]:
        wrong.append("choices")
    default = setting.get("default")
    told = entity.get("defaultValue")
    if default is not None and told not in (default, ",".join(default) if isinstance(default, list) else default):
        wrong.append("default")
    if bool(entity.get("required")) != required and entity["type"] != "checkbox":
        wrong.append("required")
    for validator in entity.get("validators", ()):
        if validator["type"] == "number" and validator["range"] != [setting["minimum"], setting["maximum"]]:
            wrong.append("bounds")
        if setting["x-fault"] not in validator["errorMsg"] or setting["x-remedy"] not in validator["errorMsg"]:
            wrong.append("message")
    return wrong


@pytest.mark.parametrize(("conf", "entity", "setting", "required"), FIELDS, ids=lambda each: str(each)[:20])
def test_a_field_says_what_its_schema_says(
    conf: str, entity: dict[str, Any], setting: dict[str, Any], required: bool
) -> None:
    assert differences(entity, setting, required) == []


def test_a_field_that_differs_is_found() -> None:
    """The control of the former."""
    _, entity, setting, required = next(each for each in FIELDS if each[1]["field"] == "replay_seconds")
    for change in ({"title": "?"}, {"description": "?"}, {"default": 31}, {"maximum": 1}, {"x-remedy": "?"}):
        assert differences(entity, {**setting, **change}, required) != []


@pytest.mark.parametrize(("conf", "entity", "setting", "required"), FIELDS, ids=lambda each: str(each)[:20])
def test_a_pattern_takes_what_the_schema_takes(
    conf: str, entity: dict[str, Any], setting: dict[str, Any], required: bool
) -> None:
    patterns = [each["pattern"] for each in entity.get("validators", ()) if each["type"] == "regex"]
    schema = {"type": "object", "properties": {entity["field"]: setting}, "additionalProperties": False}
    for probe in PROBES if patterns else ():
        try:
            check_stanza(schema, "x", {entity["field"]: probe})
            taken = bool(probe.strip())
        except Exception:
            taken = False
        found = all(re.search(pattern, probe) for pattern in patterns)
        if probe.strip(" ,"):  # an empty field is not asked its pattern
            assert found == taken, probe


def test_every_setting_of_ours_has_a_field() -> None:
    for schema, entities in SCHEMAS.values():
        shown = {entity["field"] for entity in entities}
        own = {name for name, each in schema["properties"].items() if not each.get("x-splunk")}
        assert own <= shown


def test_names_are_judged_alike() -> None:
    (pattern,) = {tab["entity"][0]["validators"][0]["pattern"] for tab in (TABS["account"], INPUTS)}
    for probe in [*PROBES, "ok_1", "-x", "1x", "x" * 64]:
        try:
            check_name("x", probe)
            taken = True
        except Exception:
            taken = False
        assert bool(re.search(pattern, probe)) == taken, probe


def test_the_endpoints_have_the_names_that_the_pages_ask_for() -> None:
    root = PAGES["meta"]["restRoot"]

    assert f"{root}_account" == ACCOUNT_CONF
    assert f"{root}_settings" == SETTINGS_CONF
    for conf in ("restmap", "web"):
        text = (ROOT / "default" / f"{conf}.conf").read_text(encoding="utf-8")
        for endpoint in (f"{root}_account", f"{root}_settings", f"{root}_{INPUTS['name']}"):
            assert endpoint in text


def test_event_types_are_offered_and_others_can_be_typed() -> None:
    entity = next(each for each in INPUTS["entity"] if each["field"] == "event_types")

    assert [item["value"] for item in entity["options"]["items"]] == list(KNOWN_TYPES)
    assert entity["options"]["createSearchChoice"] is True


def test_secrets_are_masked_fields_without_a_default() -> None:
    secret = next(each for each in TABS["account"]["entity"] if each["field"] == SECRET)
    password = next(each for each in TABS["proxy"]["entity"] if each["field"] == PASSWORD)

    for entity in (secret, password):
        assert entity["encrypted"] is True
        assert "defaultValue" not in entity


def test_the_plain_page_has_every_setting_too() -> None:
    text = (ROOT / "default/data/ui/manager/falcon_event_streams.xml").read_text(encoding="utf-8")
    own = [name for name, each in read_schema("input")["properties"].items() if not each.get("x-splunk")]

    for name in own:
        assert f'<element name="{name}"' in text


def test_each_cloud_is_offered_with_the_address_that_the_input_asks() -> None:
    cloud = settings_pages.read("account")["properties"]["cloud"]
    offered = dict(zip(cloud["enum"], cloud["x-names"]))
    assert offered.pop("custom") == "Another address"
    assert offered == {name: f"{name.upper()} ({each.api_host})" for name, each in CLOUDS.items()}
