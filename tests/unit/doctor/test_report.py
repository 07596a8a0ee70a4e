"""The report: lines for people, and JSON that its schema describes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from falcon_streams.doctor import report
from falcon_streams.doctor.finding import Finding, Said, shortened

SCHEMA = json.loads(Path(report.__file__).with_name("report.schema.json").read_text(encoding="utf-8"))
FINDINGS = [
    Finding("Settings", "", *Said.SETTINGS.about()),
    Finding("Input", "main", *Said.INPUT_WRONG.about(sentence="index = x does not exist.")),
]


def test_a_line_says_the_verdict_the_check_and_what_to_do() -> None:
    assert [report.as_line(each) for each in FINDINGS] == [
        "ok           Settings: The add-on's settings are in order.",
        "problem      Input of main: Correct the input: index = x does not exist.",
    ]


def test_the_json_fits_its_schema() -> None:
    tree = json.loads(report.as_json(FINDINGS))

    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(tree, SCHEMA)
    assert [each["said"] for each in tree] == ["settings", "input_wrong"]


@pytest.mark.parametrize("change", [{"result": "fine"}, {"more": 1}, {"said": "Not A Name"}, {"sentence": ""}])
def test_what_does_not_fit_the_schema_is_refused(change: dict[str, object]) -> None:
    tree = json.loads(report.as_json(FINDINGS))
    tree[0].update(change)

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tree, SCHEMA)


def test_a_sentence_of_another_module_ends_with_one_full_stop() -> None:
    told = [
        Said.NOT_ALLOWED.about(what="a."),
        Said.UNANSWERED.about(sentence="b"),
        Said.UNANSWERED.about(sentence="b."),
    ]

    assert [each.sentence.endswith(".") and not each.sentence.endswith("..") for each in told] == [True] * 3


def test_many_names_are_shortened() -> None:
    assert shortened([]) == "none"
    assert shortened(["a", "b\n"]) == "a, b"
    assert shortened([str(number) for number in range(25)]).endswith("18, 19 and 5 more")
