"""When an alert fires, as savedsearches.conf.spec has it.

Rules: `counttype` says what is counted, `relation` and `quantity` what it is held against; without a `counttype` the
alert fires after every run, whatever its search has found. `alert_type`, `alert_comparator` and `alert_threshold` are
names of the REST endpoint only: in the conf file they are unknown keys and change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable

from tests.searchtime.refusal import Refused

_RELATIONS: Mapping[str, Callable[[int, int], bool]] = {
    "greater than": lambda count, quantity: count > quantity,
    "less than": lambda count, quantity: count < quantity,
    "equal to": lambda count, quantity: count == quantity,
    "not equal to": lambda count, quantity: count != quantity,
}


def is_alert(search: Mapping[str, str]) -> bool:
    """Whether a saved search is an alert: it has a condition. A report has none."""
    return "counttype" in search


def is_detection(search: Mapping[str, str]) -> bool:
    """Whether an alert is also a detection for Enterprise Security."""
    return search.get("action.correlationsearch.enabled") == "1"


def fires(alert: Mapping[str, str], rows: int) -> bool:
    """Whether an alert with these settings fires after a run that found so many rows."""
    counted = alert.get("counttype", "always")
    if counted == "always":
        return True
    if counted != "number of events":
        raise Refused(f"counttype = {counted} is not known here")
    return _RELATIONS[alert["relation"]](rows, int(alert["quantity"]))
