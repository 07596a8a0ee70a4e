"""What is expected of EppDetectionSummaryEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import AID, Case, flags
from tests.knowledge.golden.detection import EPP_FIELDS, MALWARE, epp

CASES = [
    Case("endpoint detection, blocked", "EppDetectionSummaryEvent", epp(), *MALWARE, EPP_FIELDS),
    Case(
        "the same in another case of its type",
        "EPPDetectionSummaryEvent",
        epp(),
        *MALWARE,
        {**EPP_FIELDS, "vendor_event_type": "EPPDetectionSummaryEvent"},
    ),
    Case(
        "a policy that was off: would have been blocked is allowed",
        "EppDetectionSummaryEvent",
        epp(
            PatternDispositionDescription="Detection, process would have been blocked if the policy was enabled.",
            PatternDispositionFlags=flags("ProcessBlocked", "PolicyDisabled"),
        ),
        *MALWARE,
        {"action": "allowed"},
    ),
    Case(
        "a kill that failed is allowed",
        "EppDetectionSummaryEvent",
        epp(PatternDispositionFlags=flags("KillProcess", "KillActionFailed")),
        *MALWARE,
        {"action": "allowed"},
    ),
    Case(
        "only quarantined is deferred",
        "EppDetectionSummaryEvent",
        epp(PatternDispositionFlags=flags("QuarantineFile"), PatternDispositionDescription="Quarantine"),
        *MALWARE,
        {"action": "deferred"},
    ),
    Case(
        "a flag that nobody knows breaks nothing",
        "EppDetectionSummaryEvent",
        epp(PatternDispositionFlags={**flags("SuspendProcess"), "BrandNew": True}),
        *MALWARE,
        {"action": "blocked"},
    ),
    Case(
        "on-demand scan: no severity name, user, process or disposition",
        "EppDetectionSummaryEvent",
        epp(
            SeverityName=None,
            Severity=30,
            UserName=None,
            CommandLine=None,
            ProcessId=None,
            ParentProcessId=None,
            ProcessStartTime=None,
            PatternDispositionDescription=None,
            PatternDispositionValue=None,
            PatternDispositionFlags=None,
            Type="ods",
        ),
        *MALWARE,
        {"action": "allowed", "severity": "low", "user": None, "process_id": None, "file_name": "powershell.exe"},
    ),
    Case(
        "Linux: process ids of nineteen digits, no MAC",
        "EppDetectionSummaryEvent",
        epp(ProcessId=1769000066123456789, MACAddress="N/A", FilePath="/usr/bin/nc", FileName="nc", Tactic="Malware"),
        *MALWARE,
        {
            "process_id": "1769000066123456789",
            "process_guid": f"{AID}:1769000066123456789",
            "dest_mac": None,
            "file_path": "/usr/bin/nc",
            "category": "Malware",
        },
    ),
]
