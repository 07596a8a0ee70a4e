"""What stands in `knowledge/` is what ships, each word gives an expression, and a slip is named with its place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.emulator.events.catalogue import KINDS
from tests.searchtime.expression.formula import compile_formula
from tools.knowledge import detection, event_type, pages, spl
from tools.knowledge.compiled import SAVED_SEARCHES, files
from tools.package import ROOT


def test_the_files_that_ship_are_what_knowledge_comes_to() -> None:
    assert {path: (ROOT / path).read_text(encoding="utf-8") for path in files()} == files()


def test_a_source_of_each_kind_becomes_an_expression_that_search_time_reads() -> None:
    words = re.findall(r"`([a-z_]+)", " ".join(re.findall(r"^\| (.*?) \|", spl.__doc__ or "", re.MULTILINE)))
    assert {"account", "folder", "instant", "list", "pairs", "spl", "text"} <= set(words)
    assert set(words) == {*spl._WORDS, *spl._ALONE, "spl"} - {"plain"}
    for each in event_type.read_types():
        for text in each.fields.values():
            compile_formula(spl.formula(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hostname.", "'Hostname.' is neither a key nor a word with one"),
        ("hostt Hostname", "'hostt Hostname' is neither a key nor a word with one"),
        ("", "'' is neither a key nor a word with one"),
        ("Hostname | ", "'' is neither a key nor a word with one"),
    ],
)
def test_a_source_that_means_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(spl.WrongWord, match=re.escape(said)):
        spl.formula(text)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fields: {dest: 'hostt Hostname'}", "MyEvent.yaml: dest: 'hostt Hostname' is neither"),
        ("colour: x", "MyEvent.yaml: 'colour' is not known here"),
    ],
)
def test_a_slip_in_a_file_is_named_with_file_and_field(tmp_path: Path, line: str, said: str) -> None:
    shutil.copytree(event_type.FOLDER, tmp_path / "knowledge")
    file = tmp_path / "knowledge" / "types" / "MyEvent.yaml"
    file.write_text(f"what: Something.\nfamily: x\nevent type: other\n{line}\n")
    with pytest.raises(spl.WrongWord, match=re.escape(said)):
        event_type.read_types(tmp_path / "knowledge")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("  headline: ", "  headlines: ", "'headlines' is not known here"),
        ("threats: [hash, domain, address, link]", "threats: [hsah]", "'hsah' is not known here"),
        ("what: An endpoint's", 'what: An "endpoint"\'s', "a quote in `what` would end a text of its search"),
    ],
)
def test_a_slip_in_a_detection_is_named_with_its_place(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    text = (event_type.FOLDER / "detections.yaml").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "detections.yaml").write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(spl.WrongWord, match=re.escape(f"detections.yaml: Falcon - endpoint detection: {said}")):
        detection.read_detections(tmp_path)


def test_what_is_written_by_hand_in_the_file_of_saved_searches_stays_before_the_detections() -> None:
    text = files()[SAVED_SEARCHES]
    by_hand, _, made = text.partition("# Detections, to the end of this file.")

    assert "[Falcon - silent input]" in by_hand
    assert "correlationsearch" not in by_hand
    assert made.count("\n[") == len(detection.read_detections())


def test_the_emulator_plays_every_type_that_knowledge_has() -> None:
    assert {kind.event_type for kind in KINDS} == {each.name for each in event_type.read_types()}


def test_every_type_names_an_event_type_that_there_is_and_takes_part_in_it() -> None:
    known = {each.name for each in event_type.read_eventtypes()}
    assert {each.eventtype for each in event_type.read_types()} <= {*known, event_type.BY_OPERATION}


def test_the_pages_have_every_type_with_all_its_fields() -> None:
    examples: dict[str, object] = {each.name: {"event": {}} for each in event_type.read_types()}
    made = pages.pages(examples)
    assert len(made) == len(examples) + 1
    for each in event_type.read_types():
        page = made[f"docs/events/{each.name}.md"]
        assert all(f"| `{name}` |" in page for name in each.fields)
        assert f"[{each.name}]({each.name}.md)" in made["docs/events/README.md"]
