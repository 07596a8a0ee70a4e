"""`search/jobs`: searches, of which the stand-in knows a few by their text, and refuses every other one.

Rules (REST API reference, "Search endpoint descriptions"): POST makes a job and answers its sid (201); the job is done
at once; its entry tells `isDone` and `dispatchState`; results come as rows (`json`) or by column (`json_cols`), and a
`search` beside the question goes on from them, as a chained search does; `control` and DELETE end it. Nothing is
searched: a known text has rows that are made for it, an unknown one is a 400.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, Optional

from tests.splunkd.conf.layers import Confs
from tests.splunkd.rest.exchange import Answer, Entry, Question, Refused

Row = Mapping[str, Any]
Rows = Sequence[Row]
Known = Callable[[str], Optional[Rows]]
"""Rows for the text of a search, None where it is not known."""

_BUILD = re.compile(r"\| rest services/apps/local/(\S+) splunk_server=local \| fields build")


def app_build(confs: Confs) -> Known:
    """The search at the foot of UCC's pages: the build number of an app."""

    def rows(search: str) -> Optional[Rows]:
        match = _BUILD.fullmatch(search.strip())
        if match is None:
            return None
        install = confs.merged("app", match.group(1)).get("install", {})
        return [{"build": install.get("build", "")}]

    return rows


def stored(file: Optional[Path]) -> Known:
    """Searches whose rows stand in a file of JSON, by their text with its blanks folded; none without a file."""
    answers = json.loads(file.read_text(encoding="utf-8")) if file is not None else {}
    by_text = {_folded(search): rows for search, rows in answers.items()}
    return lambda search: by_text.get(_folded(search))


def _folded(search: str) -> str:
    """A search with its blanks folded and without the `search` that a client may put before it."""
    text = " ".join(search.split())
    return text[len("search ") :] if text.startswith("search ") else text


class SearchEndpoint:
    """`search/jobs`, and its second version at `search/v2/jobs`."""

    def __init__(self, known: Sequence[Known]) -> None:
        self._known = known
        self._jobs: dict[str, tuple[str, Rows]] = {}
        self._lock = threading.Lock()

    def answer(self, question: Question, rest: list[str]) -> Answer:
        if not rest:
            return self._create(question) if question.method == "POST" else self._list(question)
        sid = rest[0]
        if sid not in self._jobs:
            raise Refused(404, "Unknown sid.", "FATAL")
        if question.method == "DELETE" or rest[1:] == ["control"]:
            return Answer(body=json.dumps({"messages": [{"type": "INFO", "text": "Search job cancelled."}]}).encode())
        if rest[1:] in (["results"], ["results_preview"]):
            return self._results(sid, question, question.arguments.get("search", ""))
        if rest[1:]:
            raise Refused(404, "Not Found")
        return Answer(entries=[self._entry(sid)])

    def _rows(self, search: str) -> Rows:
        rows = next((found for found in (known(search) for known in self._known) if found is not None), None)
        if rows is None:
            raise Refused(400, f"The stand-in does not know this search: {search}", "FATAL")
        return rows

    def _create(self, question: Question) -> Answer:
        search = question.arguments.get("search", "")
        rows = self._rows(search)
        sid = f"{uuid.uuid4()}"
        with self._lock:
            self._jobs[sid] = (search, rows)
        if question.arguments.get("exec_mode") == "oneshot":
            return self._results(sid, question)
        return Answer(201, None, json.dumps({"sid": sid}).encode())

    def _list(self, question: Question) -> Answer:
        wanted = {value for name, value in question.request.query if name == "id"}
        return Answer(entries=[self._entry(sid) for sid in list(self._jobs) if not wanted or sid in wanted])

    def _entry(self, sid: str) -> Entry:
        search, rows = self._jobs[sid]
        content = {
            "sid": sid,
            "search": search,
            "isDone": True,
            "isFailed": False,
            "dispatchState": "DONE",
            "doneProgress": 1,
            "eventCount": len(rows),
            "resultCount": len(rows),
            "resultPreviewCount": len(rows),
            "messages": [],
        }
        return Entry(search, "search/jobs", content)

    def _results(self, sid: str, question: Question, further: str = "") -> Answer:
        search, rows = self._jobs[sid]
        if further:
            rows = self._rows(f"{search} {further}")
        names = list(dict.fromkeys(name for row in rows for name in row))
        told: dict[str, Any] = {"preview": False, "init_offset": 0, "messages": []}
        if question.arguments.get("output_mode") == "json_cols":
            told.update(fields=names, columns=[[row.get(name) for row in rows] for name in names])
        else:
            told.update(fields=[{"name": name} for name in names], results=[dict(row) for row in rows])
        return Answer(body=json.dumps(told).encode())
