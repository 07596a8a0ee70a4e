"""A search that the stand-in carries out: when an event of each partition was last indexed.

Rules (Search Reference, tstats): `| tstats max(_indextime) as NAME where TERMS by falcon_partition`, where terms are
joined by AND, `index` and `sourcetype` may hold `*`, and quotes stand around a value. Values come back as text. A
search by an indexed field finds events that have it, and no others. What is asked of time is not looked at: no event of
a test is older.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, Optional

from tests.splunkd.intake import index

_SEARCH = re.compile(r"\| tstats max\(_indextime\) as (\w+) where (.+) by falcon_partition")
_TERM = re.compile(r'(index|sourcetype|falcon_partition)=(?:"((?:[^"\\]|\\.)*)"|(\S+))\s*')


def newest_events(file: Path) -> Callable[[str], Optional[Sequence[Mapping[str, Any]]]]:
    """The rows of such a search over the index, None for every other search."""

    def rows(search: str) -> Optional[Sequence[Mapping[str, Any]]]:
        match = _SEARCH.fullmatch(search.strip())
        if match is None or _TERM.sub("", match.group(2)):
            return None
        wanted = {name: quoted or bare for name, quoted, bare in _TERM.findall(match.group(2))}
        newest: dict[str, float] = {}
        for event in index.select(file, "", ()):
            partition = json.loads(event.fields).get("falcon_partition")
            found = {"index": event.index, "sourcetype": event.sourcetype, "falcon_partition": partition}
            if partition is not None and all(fnmatch.fnmatch(found[name], text) for name, text in wanted.items()):
                newest[partition] = max(newest.get(partition, 0.0), event.indextime)
        return [{"falcon_partition": name, match.group(1): f"{at:.0f}"} for name, at in sorted(newest.items())]

    return rows
