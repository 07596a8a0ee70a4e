"""What an admin's doctor asks a splunkd beside its confs: its queues, and a search that answers at once."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.splunkd.conftest import Start
from tests.splunkd.intake import index as intake
from tests.splunkd.rest.newest_events import newest_events
from tests.splunkd.rest_client import RestClient

QUEUES = "/services/server/introspection/queues"
SEARCH = '| tstats max(_indextime) as seen where index="{}" sourcetype="x" falcon_partition=* by falcon_partition'


def test_a_queue_is_full_while_its_switch_says_so(start: Start) -> None:
    splunkd = start()
    splunkd.switch(full_queue="typingQueue")
    found = {entry["name"]: entry["content"] for entry in splunkd.get(QUEUES, count=0)["entry"]}
    fills = {name: content["current_size_bytes"] / content["max_size_bytes"] for name, content in found.items()}
    splunkd.switch(full_queue="")
    (again,) = splunkd.get(f"{QUEUES}/typingQueue")["entry"]

    assert fills["typingQueue"] == 1.0
    assert [name for name, fill in fills.items() if fill > 0.1] == ["typingQueue"]
    assert again["content"]["current_size_bytes"] < 10_000


def test_queues_are_told_to_admins_and_not_in_the_cloud(start: Start) -> None:
    splunkd = start(users=[("viewer", "pw", "list_inputs")])
    viewer = RestClient(splunkd.management_uri, splunkd.ca_file, "viewer", "pw")
    assert viewer.request("GET", QUEUES).status == 403

    splunkd.pose(instance_type="cloud")
    assert splunkd.request("GET", QUEUES).status == 404


def test_a_oneshot_search_answers_with_its_rows(start: Start) -> None:
    splunkd = start()
    asked = {"exec_mode": "oneshot", "output_mode": "json"}
    found = splunkd.post("/services/search/jobs", search=SEARCH.format("main"), **asked)

    assert found["results"] == []
    assert splunkd.request("POST", "/services/search/jobs", search="| tstats count", **asked).status == 400


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    file = tmp_path / "index.sqlite"
    index = intake.Index(file, lambda: {"main", "other"}, print, lambda: 0.0, lambda: 0.0)
    index.close()
    with closing(sqlite3.connect(file)) as database, database:
        for at, name, fields in (
            (10.0, "main", {"falcon_partition": "0"}),
            (30.0, "main", {"falcon_partition": "0"}),
            (20.0, "main", {"falcon_partition": "1"}),
            (40.0, "other", {"falcon_partition": "1"}),
            (50.0, "main", {}),
        ):
            database.execute(
                "INSERT INTO events (_time, _indextime, idx, host, source, sourcetype, raw, fields, stanza) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (at, at, name, "h", "s", "x", b"{}", json.dumps(fields), "toy://a"),
            )
    return file


@pytest.mark.parametrize(("index", "wanted"), [("main", ["30", "20"]), ("*", ["30", "40"]), ("none", [])])
def test_the_newest_event_of_each_partition_is_found_in_the_index(rows: Path, index: str, wanted: list[str]) -> None:
    found = newest_events(rows)(SEARCH.format(index))

    assert found is not None
    assert [row["seen"] for row in found] == wanted


def test_other_searches_are_not_its_own(rows: Path) -> None:
    assert newest_events(rows)("| tstats count where index=main by falcon_partition") is None
    assert newest_events(rows)("| tstats max(_indextime) as x where host=a by falcon_partition") is None
