"""The table of unknowns: every item of docs/architecture.md, section 8, is in it, and what shall answer it exists."""

from __future__ import annotations

import ast
import re

from tools.package import ROOT

HERE = ROOT / "tests" / "real_splunk"
ELSEWHERE = (
    "needs a tenant",
    "needs eyes",
    "needs a search head cluster",
    "needs a forwarder",
    "needs the vendor's package",
)


def table(text: str) -> dict[str, str]:
    """The rows of the README's last table: the unknown, what answers it."""
    last = text.rpartition("| unknown | answered by |\n|---|---|\n")[2]
    return dict(re.findall(r"^\| (.+?) \| (.+?) \|$", last, re.MULTILINE))


def items() -> list[str]:
    """The items of section 8, each on one line."""
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = architecture.partition("## 8. ")[2].partition("\n## ")[0]
    return [" ".join(item.split()) for item in re.split(r"^- ", section, flags=re.MULTILINE)[1:]]


def unanswered(rows: dict[str, str], given: list[str]) -> list[str]:
    """The items of which no row says a part."""
    return [item for item in given if not any(unknown in item for unknown in rows)]


def test_every_unknown_of_the_architecture_has_its_row() -> None:
    rows = table((HERE / "README.md").read_text(encoding="utf-8"))
    assert len(items()) >= 9
    assert unanswered(rows, items()) == []
    assert unanswered(rows, [*items(), "What splunkd dreams of."]) == ["What splunkd dreams of."]


def test_what_shall_answer_an_unknown_exists() -> None:
    rows = table((HERE / "README.md").read_text(encoding="utf-8"))
    for unknown, answer in rows.items():
        named = re.fullmatch(r"`(\w+\.py)::(\w+)`", answer)
        if named is None:
            assert answer.startswith(ELSEWHERE), unknown
            continue
        tree = ast.parse((HERE / named.group(1)).read_text(encoding="utf-8"))
        assert named.group(2) in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, unknown


def test_every_question_answers_an_unknown() -> None:
    asked = set(re.findall(r"^def (test_\w+)", (HERE / "test_questions.py").read_text(), re.MULTILINE))
    answers = " ".join(table((HERE / "README.md").read_text(encoding="utf-8")).values())
    assert {name for name in asked if name not in answers} == set()
