"""One event as the index has it, and as a search sees it.

Rules: the bytes are those of the index; only line breaks and indents are added. The fields come from the conf files
that ship, by the evaluator of the tests, which does what Splunk documents.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple, Optional

from tests import searchtime
from tests.splunkd.intake.index import Event
from tools import environments
from tools.demo.tally import metadata_of

TYPE = "IdpDetectionSummaryEvent"  # a detection that fits a screen
# Those of the CIM data model Alerts, and what finds the event
FIELDS = (
    "eventtype", "tag", "action", "app", "category", "dest", "description", "id", "mitre_technique_id", "severity",
    "severity_id", "signature", "signature_id", "src", "subject", "type", "user", "vendor_product", "falcon_partition",
)  # fmt: skip


class Sample(NamedTuple):
    """What is shown of an event."""

    event_type: str
    pretty: str
    fields: tuple[tuple[str, str], ...]


def sample(events: Sequence[Event]) -> Optional[Sample]:
    """The newest event of the type that is shown; None without one."""
    found = next((event for event in reversed(events) if metadata_of(event)["eventType"] == TYPE), None)
    if found is None:
        return None
    pretty = json.dumps(json.loads(found.raw), indent=2, ensure_ascii=False)
    return Sample(TYPE, pretty, tuple(fields_of(found)))


def fields_of(event: Event) -> list[tuple[str, str]]:
    """The CIM fields that a search finds in an event."""
    searching = searchtime.SearchTime(searchtime.Knowledge.load(environments.ROOT))
    result = searching.evaluate(
        searchtime.Event(
            event.raw,
            sourcetype=event.sourcetype,
            source=event.source,
            host=event.host,
            index=event.index,
            time=event.time,
            fields=json.loads(event.fields or "{}"),
        )
    )
    return [(name, ", ".join(values)) for name in FIELDS if (values := result.values(name))]
