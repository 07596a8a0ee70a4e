"""The doctor's report: findings as lines for people, or as JSON that `report.schema.json` describes."""

from __future__ import annotations

import json
from typing import Sequence

from falcon_streams.doctor.finding import Finding


def as_line(finding: Finding) -> str:
    """A finding as a line for people."""
    what = f"{finding.check} of {finding.about}" if finding.about else finding.check
    return f"{finding.verdict:<11}  {what}: {finding.sentence}"


def as_json(findings: Sequence[Finding]) -> str:
    """All findings; the endpoint gives them the same names."""
    return json.dumps([{"name": f"{number:02d}", **each.told()} for number, each in enumerate(findings, 1)], indent=2)
