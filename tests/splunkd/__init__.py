"""A stand-in for splunkd's side of a Splunk add-on, written from Splunk's documents; see README.md beside this file."""

from __future__ import annotations

from tests.splunkd.driver import Splunkd
from tests.splunkd.inputs.documents import Surroundings
from tests.splunkd.inputs.invocation import run_input, run_scheme, run_validation
from tests.splunkd.intake.index import Event
from tests.splunkd.rest_client import Reply, RestRefused

__all__ = [
    "Event",
    "Reply",
    "RestRefused",
    "Splunkd",
    "Surroundings",
    "run_input",
    "run_scheme",
    "run_validation",
]
