"""A toy app on disk, written by each test as it needs it, and an expression computed over toy fields."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Optional, Union

import pytest

from tests.searchtime import Ceilings, Cost, Event, Knowledge, Result, SearchTime, Settings
from tests.searchtime.expression.formula import compile_formula
from tests.searchtime.expression.scope import Scope
from tests.searchtime.expression.value import Value

Given = dict[str, Union[str, list[str]]]
Table = list[tuple[str, Value]]
FIELDS: Given = {
    "one": "1",
    "two": "2",
    "word": "word",
    "ip": "123.132.32.77",
    "status": "404",
    "date": "1/14/2023",
    "a.b{}": "dotted",
    "names": ["alex", "celestino", "claudia", "david", "ikraam", "nyah", "rutherford", "wei"],
    "ponies": ["buttercup", "dash", "flutter", "honey", "ivory", "minty", "pinky", "rarity"],
    "email": ["a@x.net", "b@y.com", "c@z.org"],
    "numbers": ["10", "9", "70", "100"],
    "results": ["1", "2", "3"],
    "threshold": "5",
    "hosts": ["a", "b"],
    "ports": ["80", "81", "82"],
    "same": ["x", "x"],
    "cities": '[{"name":"London","Bridges":[{"name":"Tower Bridge","length":801}]},'
    '{"name":"Venice","Bridges":[{"name":"Rialto Bridge","length":157},{"name":"Ponte della Paglia"}]}]',
    "splunk_path": '{"system.splunk.path":"/opt/splunk/"}',
    "mixed": '{"t":true,"n":null,"f":1.50,"s":"\\u00e9","o":{"k":[1,2]}}',
}


def compute(expression: str, fields: Optional[Given] = None, settings: Optional[Settings] = None) -> Value:
    """What an expression gives over these fields."""
    given = {name: [value] if isinstance(value, str) else value for name, value in (fields or FIELDS).items()}
    return compile_formula(expression).evaluate(Scope(given, settings or Settings(), Cost()))


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
