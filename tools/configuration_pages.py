"""Describes the Configuration and Inputs pages for UCC's front end: writes `globalConfig.json` from the JSON Schemas.

Rules: what a schema can say (title, description, choices, pattern, bounds, default, what to do about a wrong value)
comes from the schema. This module adds only the order of fields, what is on a page but not in a conf (names, secrets,
columns of a table), and what one field does to another.
"""

from __future__ import annotations

import json
from typing import Any, Mapping, Sequence

from tools.page_fields import (
    Page,
    Setting,
    choices_field,
    field,
    name_field,
    reference_field,
    remark,
    secret_field,
    short,
)

NEW_INPUT_HOOK, REFUSAL_HOOK = "new_input", "refusal"
_CELLS = {"state": "state_cell", "replay": "replay_link"}
_FEED_STAYS = (
    "The checkpoint stays with the input. Another API client of the same tenant goes on where this input is; another "
    "tenant is refused with a sentence in the input's log, and needs an input of its own."
)
_START_STAYS = (
    "Only a partition that was never read begins here. Those with a checkpoint go on from it, whatever stands here."
)
_STORE_STAYS = (
    "After a change here this input begins where Start from says. To carry its checkpoints to the other store, move "
    "them on Configuration > Offsets instead."
)


def global_config(
    account: Mapping[str, Any],
    settings: Mapping[str, Any],
    inputs: Mapping[str, Any],
    version: str,
    types: Sequence[str],
) -> str:
    """The text of globalConfig.json. The schemas are those of the three confs; `types` are the known event types."""
    tree = {
        "meta": {
            "name": "TA_falcon_event_streams",
            "displayName": "Falcon Event Streams",
            "restRoot": "falcon_event_streams",
            "version": version,
            "schemaVersion": "0.0.11",
            "checkForUpdates": True,
            "supportedThemes": ["light", "dark"],
            "supportedPythonVersion": ["3.9", "3.13"],
            "hideUCCVersion": True,
            "defaultView": "inputs",
        },
        "pages": {
            "configuration": {
                "title": "Configuration",
                "description": "The Falcon API clients, the proxy, shared checkpoints, logging, and tenants.",
                "tabs": [
                    _accounts_tab(account["properties"], account["required"]),
                    _proxy_tab(settings["$defs"]["proxy"]["properties"]),
                    _checkpoint_tab(settings["$defs"]["checkpoint"]["properties"]),
                    _logging_tab(settings["$defs"]["logging"]["properties"]),
                    {"name": "tenants", "title": "Tenants", "customTab": {"src": "tenants", "type": "external"}},
                    {"name": "offsets", "title": "Offsets", "customTab": {"src": "offsets", "type": "external"}},
                    {"name": "doctor", "title": "Doctor", "customTab": {"src": "doctor", "type": "external"}},
                    {"name": "takeover", "title": "Take over", "customTab": {"src": "takeover", "type": "external"}},
                ],
            },
            "inputs": _inputs_page(inputs["properties"], inputs["required"], types),
        },
    }
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


# -- the tabs and the table --------------------------------------------------------------------------------------------


def _accounts_tab(properties: Mapping[str, Setting], required: Sequence[str]) -> Page:
    fields = {name: field(name, each, name in required) for name, each in properties.items()}
    fields["cloud"]["modifyFieldsOnValue"] = [
        {"fieldValue": "custom", "fieldsToModify": [_shown("base_url"), _shown("allowed_domains")]},
        {"fieldValue": "[[any_other_value]]", "fieldsToModify": [_hidden("base_url"), _hidden("allowed_domains")]},
    ]
    fields["base_url"]["options"] = {"display": False, "requiredWhenVisible": True}
    fields["allowed_domains"]["options"] = {"display": False}
    return {
        "name": "account",
        "title": "Accounts",
        "formTitle": "account",
        "hook": {"src": REFUSAL_HOOK, "type": "external"},
        "table": {
            "header": [
                {"field": "name", "label": "Name"},
                {"field": "cloud", "label": "Cloud"},
                {"field": "client_id", "label": "Client id"},
                {"field": "proxy", "label": "Proxy"},
            ],
            "moreInfo": [
                {"field": "name", "label": "Name"},
                *({"field": name, "label": each["title"]} for name, each in properties.items()),
            ],
            "actions": ["edit", "clone", "delete"],
        },
        "entity": [
            name_field("A name for this API client within Splunk."),
            fields["cloud"],
            fields["base_url"],
            fields["client_id"],
            secret_field(
                "client_secret", "Client secret", "The secret that Falcon showed when the API client was made.", True
            ),
            fields["member_cid"],
            fields["proxy"],
            fields["ca_bundle"],
            fields["allowed_domains"],
            {
                "type": "checkbox",
                "field": "save_without_test",
                "label": "Save without testing",
                "help": "Otherwise Falcon is asked for a token and the streams first, for at most 10 s.",
                "defaultValue": 0,
            },
        ],
    }


def _proxy_tab(properties: Mapping[str, Setting]) -> Page:
    fields = {name: field(name, each, False) for name, each in properties.items()}
    password = secret_field("password", "Password", "The password of that user.")
    order = ["enabled", "type", "host", "port", "username"]
    return {
        "name": "proxy",
        "title": "Proxy",
        "entity": [*(fields[name] for name in order), password, fields["no_proxy"]],
    }


def _checkpoint_tab(properties: Mapping[str, Setting]) -> Page:
    token = secret_field(
        "token", "Token", "The token of a user there who has the role falcon_event_streams_checkpoint."
    )
    fields = [field(name, each, False) for name, each in properties.items()]
    return {"name": "checkpoint", "title": "Shared checkpoints", "entity": [fields[0], token, *fields[1:]]}


def _logging_tab(properties: Mapping[str, Setting]) -> Page:
    return {"name": "logging", "title": "Logging", "entity": [field("level", properties["level"], False)]}


def _inputs_page(properties: Mapping[str, Setting], required: Sequence[str], types: Sequence[str]) -> Page:
    fields = {
        name: field(name, each, name in required) for name, each in properties.items() if name not in _NOT_ON_THE_PAGE
    }
    fields["account"] = reference_field(fields["account"], {"referenceName": "account"}, _FEED_STAYS)
    fields["index"] = reference_field(
        fields["index"], {"endpointUrl": "data/indexes", "denyList": "^_.*$", "createSearchChoice": True}
    )
    fields["index"]["defaultValue"] = "default"
    for name in ("event_types", "exclude_event_types"):
        fields[name] = choices_field(fields[name], types)
    fields["start_from"]["modifyFieldsOnValue"] = [remark("start_from", _START_STAYS)]
    fields["checkpoint_store"]["modifyFieldsOnValue"] = [remark("checkpoint_store", _STORE_STAYS)]
    fields["app_id"]["help"] = short(properties["app_id"]["description"])
    columns = [
        ("name", "Name"),
        ("account", "Account"),
        ("state", "State"),
        ("events", "Events"),
        ("disabled", "Enabled"),
        ("replay", "Replay"),
    ]
    details = [
        ("name", "Name"),
        ("trouble", "Trouble"),
        ("progress", "Progress"),
        ("lag", "Behind"),
        ("app_id", "App ID"),
        ("index", "Index"),
        ("event_types", "Event types"),
        ("offsets", "Offsets by partition"),
        ("interval", "Interval"),
    ]
    return {
        "title": "Inputs",
        "description": "One input reads the event streams of one account, every partition, from where it left off.",
        "table": {
            "header": [_column(*each) for each in columns],
            "moreInfo": [_column(*each) for each in details],
            "actions": ["edit", "clone", "delete"],
        },
        "services": [
            {
                "name": "input",
                "title": "Falcon event streams",
                "formTitle": "input",
                "hook": {"src": NEW_INPUT_HOOK, "type": "external"},
                "groups": [
                    {
                        "label": "Advanced",
                        "options": {"isExpandable": True, "expand": False},
                        "fields": [name for name in fields if name not in _FIRST],
                    }
                ],
                "entity": [
                    name_field("A name for this input; its checkpoints are kept under it."),
                    *(fields[name] for name in _FIRST),
                    *(each for name, each in fields.items() if name not in _FIRST),
                ],
            }
        ],
    }


_FIRST = ("account", "app_id", "index", "start_from", "stop_at", "event_types")
# Splunk's own settings, or chosen elsewhere: they stay as they are.
_NOT_ON_THE_PAGE = (
    "disabled",
    "host",
    "source",
    "sourcetype",
    "python.version",
    "python.required",
    "start_by_shell",
    "run_introspection",
    "run_only_one",
    "persistentQueueSize",
    "queueSize",
)


def _column(name: str, label: str) -> Page:
    column: Page = {"field": name, "label": label}
    if name == "disabled":
        column["mapping"] = {"true": "Off", "false": "On"}
    if name in _CELLS:
        column["customCell"] = {"src": _CELLS[name], "type": "external"}
    return column


def _shown(name: str) -> Page:
    return {"fieldId": name, "display": True}


def _hidden(name: str) -> Page:
    return {"fieldId": name, "display": False, "value": ""}
