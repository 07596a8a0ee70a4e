"""What is expected of ScheduledReportNotificationEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import Case

CASES = [
    Case(
        "a report is ready",
        "ScheduledReportNotificationEvent",
        {
            "UserUUID": "9f3c",
            "UserID": "analyst1@example.com",
            "ExecutionID": "68b3",
            "ReportID": "78b3",
            "ReportName": "Empty user agent",
            "Status": 1,
            "ExecutionMetadata": {"ExecutionStart": 1769012608000, "ExecutionDuration": 226, "ResultCount": 0},
        },
        "crowdstrike_es_report",
        "",
        {
            "duration": "0.226",
            "id": "68b3",
            "report_name": "Empty user agent",
            "result_count": "0",
            "user": "analyst1@example.com",
        },
    ),
]
