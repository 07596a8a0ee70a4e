"""A log line is one line, whatever it holds."""

from __future__ import annotations

import io
import logging
import sys

from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.splunk.logs import LineFormatter, render_fields, start_page_logging


def line(level: int, action: str, fields: dict[str, object], with_time: bool = False) -> str:
    record = logging.LogRecord("falcon_streams.x", level, __file__, 1, action, (fields,), None)
    return LineFormatter("prod", with_time).format(record)


def test_level_action_and_input_come_first_and_none_is_left_out() -> None:
    fields = {"partition": "0", "offset": 0, "lag_s": 1.25, "status": None, "ok": True}

    assert (
        line(logging.INFO, "x", fields) == "INFO level=INFO action=x input=prod partition=0 offset=0 lag_s=1.25 ok=true"
    )


def test_splunkds_words_for_levels_are_used() -> None:
    assert line(logging.WARNING, "x", {"a": 1}).startswith("WARN level=WARN ")
    assert line(logging.CRITICAL, "x", {"a": 1}).startswith("FATAL ")


def test_the_file_has_the_time_before_the_line() -> None:
    stamp = line(logging.INFO, "x", {"a": 1}, with_time=True).split(" ")[0]

    assert len(stamp) == len("2026-11-23T10:00:00.000+00:00")
    assert stamp.endswith("+00:00")


def test_values_are_quoted_where_they_need_it() -> None:
    assert render_fields({"a": 'say "hi" \\ now', "b": "", "c": "x=y"}) == r'a="say \"hi\" \\ now" b="" c="x=y"'


@given(st.text(), st.text())
def test_any_text_stays_one_printable_line(key_value: str, error: str) -> None:
    written = line(logging.ERROR, "x", {"a": key_value, "error": error})

    assert written.isprintable()


def test_an_unexpected_error_is_told_by_kind_and_place_never_by_its_text() -> None:
    try:
        raise ValueError("s3cret")
    except ValueError:
        record = logging.LogRecord("falcon_streams.x", logging.ERROR, __file__, 1, "boom", ({"t": 1},), sys.exc_info())
    written = LineFormatter("prod", False).format(record)

    assert "exception=ValueError" in written
    assert "test_logs.py:" in written
    assert "s3cret" not in written


def test_a_librarys_line_keeps_its_message_in_one_field() -> None:
    record = logging.LogRecord("urllib3", logging.WARNING, __file__, 1, "retry %s", ("a\nb",), None)

    assert LineFormatter("prod", False).format(record) == (
        'WARN level=WARN action=library_message input=prod logger=urllib3 message="retry a b"'
    )


def test_the_pages_process_tells_the_place_of_a_fault_and_not_its_text() -> None:
    ours = logging.getLogger("falcon_streams")
    before = ours.handlers, ours.propagate
    said = io.StringIO()
    try:
        start_page_logging(said)
        try:
            raise KeyError("s3cret")
        except KeyError:
            logging.getLogger("falcon_streams.pages.endpoints").exception("unexpected_error")
    finally:
        ours.handlers, ours.propagate = before

    assert "s3cret" not in said.getvalue()
    assert "action=unexpected_error input=pages exception=KeyError at=test_logs.py:" in said.getvalue()
    assert len(said.getvalue().splitlines()) == 1
