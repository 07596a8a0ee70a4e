"""A toy app on disk, written by each test as it needs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Optional, Union

import pytest

from tests.searchtime import Ceilings, Event, Knowledge, Result, SearchTime, Settings


class App:
    """The folder of an app, and one event put through it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, path: str, text: str) -> App:
        """Put a file into the app."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return self

    def search(
        self,
        raw: Union[str, bytes] = "",
        sourcetype: str = "toy",
        ceilings: Optional[Ceilings] = None,
        settings: Optional[Settings] = None,
        keep_empty_json: bool = False,
        fields: Optional[Mapping[str, Union[str, list[str]]]] = None,
        source: str = "/var/log/toy.log",
        host: str = "box",
        time: float = 0.0,
    ) -> Result:
        """What a search shows of an event."""
        search_time = SearchTime(
            Knowledge.load(self.folder), ceilings or Ceilings(), settings or Settings(), keep_empty_json=keep_empty_json
        )
        text = raw.encode() if isinstance(raw, str) else raw
        return search_time.evaluate(
            Event(text, sourcetype=sourcetype, source=source, host=host, time=time, fields=fields or {})
        )


@pytest.fixture
def app(tmp_path: Path) -> App:
    """An app with nothing in it."""
    return App(tmp_path)
