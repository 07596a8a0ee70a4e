"""Makes the fields of a form of UCC's front end from the settings of a JSON Schema.

Rules: title, description, choices, pattern, bounds, default, and what to do about a wrong value come from the schema.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, Sequence

Page = Dict[str, Any]
Setting = Mapping[str, Any]

NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
_HELP_LIMIT = 200


def field(name: str, setting: Setting, required: bool) -> Page:
    """One setting as a field of a form."""
    entity: Page = {
        "type": "text",
        "field": name,
        "label": setting["title"],
        "help": short(setting["description"]),
        "required": required,
    }
    kind = setting.get("type")
    if "default" in setting:
        entity["defaultValue"] = _written(setting["default"])
    if kind == "boolean":
        entity.update(type="checkbox", defaultValue=int(setting.get("default", False)))
    elif "enum" in setting:
        names = setting.get("x-names", setting["enum"])
        items = [{"value": each, "label": name} for each, name in zip(setting["enum"], names)]
        entity.update(type="singleSelect", options={"disableSearch": True, "autoCompleteFields": items})
    elif kind == "integer":
        bounds = [setting["minimum"], setting["maximum"]]
        entity["validators"] = [{"type": "number", "range": bounds, "isInteger": True, "errorMsg": wrong(setting)}]
    else:
        entity["validators"] = [{"type": "regex", "pattern": pattern(setting), "errorMsg": wrong(setting)}]
    return entity


def pattern(setting: Setting) -> str:
    """The pattern of a setting's whole text; for a list, of the comma-separated text."""
    if setting.get("type") != "array":
        return str(setting["pattern"])
    item = re.sub(r"^\^|\$$", "", setting["items"]["pattern"])
    return rf"^\s*(?:{item})(?:\s*,\s*(?:{item}))*\s*$"


def wrong(setting: Setting) -> str:
    """What a form says about a wrong value, in the schema's own words."""
    return f"{setting['title']} {setting['x-fault']}. {setting['x-remedy']}"


def _written(default: Any) -> Any:
    if isinstance(default, list):
        return ",".join(default)
    return default


def short(text: str) -> str:
    """The description as a field's help; one too long for it is cut at a sentence's end."""
    if len(text) <= _HELP_LIMIT:
        return text
    end = max(text.rfind(mark, 0, _HELP_LIMIT) for mark in (". ", ": ", "; "))
    return text[:end] + "."


def name_field(text: str) -> Page:
    """The name of a stanza, on the form for a new one."""
    return {
        "type": "text",
        "field": "name",
        "label": "Name",
        "help": text,
        "required": True,
        "validators": [
            {
                "type": "regex",
                "pattern": NAME_PATTERN,
                "errorMsg": "Name is not 1 to 64 letters, digits, _ and -, beginning with a letter or digit.",
            }
        ],
    }


def secret_field(name: str, label: str, text: str, required: bool = False) -> Page:
    """A masked field, which is sent only if it was changed."""
    return {"type": "text", "field": name, "label": label, "help": text, "encrypted": True, "required": required}


def reference_field(entity: Page, options: Page, note: str = "") -> Page:
    """A choice among what an endpoint lists; `note` stands below it once the stanza exists."""
    plain = {key: value for key, value in entity.items() if key != "validators"}
    if note:
        plain["modifyFieldsOnValue"] = [remark(entity["field"], note)]
    return {**plain, "type": "singleSelect", "options": options}


def choices_field(entity: Page, values: Sequence[str]) -> Page:
    """A choice of several, which also takes typed values."""
    plain = {key: value for key, value in entity.items() if key != "validators"}
    items = [{"value": each, "label": each} for each in values]
    options = {"createSearchChoice": True, "delimiter": ",", "items": items}
    return {**plain, "type": "multipleSelect", "options": options}


def remark(name: str, text: str) -> Page:
    """A text that an existing input shows below the field, whatever its value."""
    message = {"markdownType": "text", "text": text}
    return {
        "fieldValue": "[[any_other_value]]",
        "mode": "edit",
        "fieldsToModify": [{"fieldId": name, "markdownMessage": message}],
    }
