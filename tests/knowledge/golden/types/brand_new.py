"""What is expected of BrandNewEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import Case
from tests.knowledge.golden.audit import FALCON

CASES = [
    Case(
        "a type that Falcon has just made up",
        "BrandNewEvent",
        {"Severity": 3, "Anything": {"Nested": [1, 2]}},
        "crowdstrike_es_other",
        "",
        {
            "vendor_event_type": "BrandNewEvent",
            "event.Anything.Nested{}": ["1", "2"],
            "vendor_product": FALCON,
            "family": "new",
        },
    ),
]
