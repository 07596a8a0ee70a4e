"""The CIM data models that our tags lead into, as Splunk's own test package has them, and how an event fills them.

Rules: the definitions are the JSON files inside the wheel of pytest-splunk-addon, of one of the versions in
`environments.MODELS`, unpacked, never installed with its own pins. Required fields must be there, single, and none of
the words that mean nothing; expected values must hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.searchtime import Result
from tools import environments

_EMPTY = {"", "-", "unknown", "null", "(null)"}
_FILES = ("Alerts", "Authentication", "Change", "DLP", "Malware", "Network_Traffic")


class Model(NamedTuple):
    """One object of a data model: an event that has all its tags is in it."""

    name: str
    tags: frozenset[str]
    required: tuple[str, ...]
    expected: dict[str, list[str]]
    several: frozenset[str]


def load(requirement: str) -> list[Model]:
    """The objects at the top of a version's models, each with its own tags."""
    folder = environments.unpacked(requirement) / "pytest_splunk_addon" / "data_models"
    return [model for file in _FILES for model in _objects(json.loads((folder / f"{file}.json").read_text("utf-8")))]


def _objects(tree: Any) -> Iterator[Model]:
    for each in tree["objects"]:
        fields = each["fields"]
        yield Model(
            each["name"],
            frozenset(each["tags"][0]),
            tuple(field["name"] for field in fields if field["type"] == "required"),
            {field["name"]: field["expected_values"] for field in fields if field.get("expected_values")},
            frozenset(field["name"] for field in fields if field.get("multi_value")),
        )


def models_of(result: Result, models: list[Model]) -> list[Model]:
    """Those whose tags an event has."""
    return [model for model in models if model.tags <= set(result.tags)]


def faults(result: Result, model: Model) -> dict[str, str]:
    """What an event lacks for a model: field and fault."""
    wrong: dict[str, str] = {}
    for name in model.required:
        values = result.values(name)
        if not values or values[0].strip().lower() in _EMPTY:
            wrong[name] = "missing"
        elif len(values) > 1 and name not in model.several:
            wrong[name] = "several values"
    for name, allowed in model.expected.items():
        for value in result.values(name):
            if value not in allowed:
                wrong[name] = f"{value} is not allowed"
    return wrong
