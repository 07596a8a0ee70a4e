"""The records of an input as one document, to carry them to another machine.

Rules: pure. The document holds positions and what events are recognised by, and no secret. Whoever reads one checks all
of it: it may come from anywhere.
"""

from __future__ import annotations

import json
from typing import Any, Mapping, Tuple

from falcon_streams.core.offset_change import portable
from falcon_streams.core.partition_name import NAME
from falcon_streams.core.record import Record, RecordTooNew, RecordUnreadable, read_record

_KIND = "falcon_event_streams_offsets"
_VERSION = 1


def to_document(name: str, records: Mapping[str, Record]) -> str:
    """The document of an input's records."""
    trees = [json.loads(portable(record).to_bytes()) for _, record in sorted(records.items())]
    return json.dumps({_KIND: _VERSION, "input": name, "records": trees}, sort_keys=True)


def read_document(text: str) -> Tuple[Record, ...]:
    """The records of a document, one for each of its partitions. Raises RecordTooNew or RecordUnreadable."""
    try:
        tree = json.loads(text)
        version, trees = tree[_KIND], tree["records"]
        if version > _VERSION:
            raise RecordTooNew("a newer version of this add-on wrote the document")
        records = tuple(_record(each) for each in trees)
    except (RecordTooNew, RecordUnreadable):
        raise
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise RecordUnreadable("this is not a document of offsets") from error
    if not records or len({record.partition for record in records}) < len(records):
        raise RecordUnreadable("the document has no record, or two of one partition")
    return records


def _record(tree: Any) -> Record:
    record = read_record(json.dumps(tree).encode())
    if not NAME.fullmatch(record.partition):
        raise RecordUnreadable("a partition has no name of Falcon's form")
    return record
