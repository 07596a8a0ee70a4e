"""Words that several types of events share: severities, techniques, dispositions (events reference 3)."""

from __future__ import annotations

from typing import Any

from tests.emulator.events.cast import Cast

Body = dict[str, Any]
LINK = "https://falcon.crowdstrike.com"
_FLAGS = [
    "Indicator",
    "Detect",
    "InddetMask",
    "SensorOnly",
    "Rooting",
    "KillProcess",
    "KillSubProcess",
    "QuarantineMachine",
    "QuarantineFile",
    "PolicyDisabled",
    "KillParent",
    "OperationBlocked",
    "ProcessBlocked",
    "RegistryOperationBlocked",
    "CriticalProcessDisabled",
    "BootupSafeguardEnabled",
    "FsOperationBlocked",
    "HandleOperationDowngraded",
    "KillActionFailed",
    "BlockingUnsupportedOrDisabled",
    "SuspendProcess",
    "SuspendParent",
    "ContainmentFileSystem",
]
_DISPOSITIONS = (
    (0, "Detection, standard detection.", ()),
    (16, "Prevention, process killed.", ("KillProcess",)),
    (272, "Detection, process would have been killed if policy was enabled.", ("KillProcess", "PolicyDisabled")),
    (1024, "Prevention, operation blocked.", ("OperationBlocked",)),
    (2048, "Prevention, process was blocked from execution.", ("ProcessBlocked",)),
    (2176, "Prevention, process was blocked and quarantined.", ("ProcessBlocked", "QuarantineFile")),
    (2304, "Detection, process would have been blocked if policy was enabled.", ("ProcessBlocked", "PolicyDisabled")),
)
SEVERITIES = ((10, "Informational"), (30, "Low"), (50, "Medium"), (70, "High"), (90, "Critical"))
TECHNIQUES = (
    ("Execution", "TA0002", "PowerShell", "T1059.001", 10197),
    ("Machine Learning", "CSTA0004", "Sensor-based ML", "CST0007", 5704),
    ("Credential Access", "TA0006", "OS Credential Dumping", "T1003", 10250),
    ("Initial Access", "TA0001", "Phishing", "T1566", 10391),
    ("Falcon Overwatch", "CSTA0006", "Malicious Activity", "CST0002", 10111),
)


def disposition(cast: Cast) -> Body:
    """The three disposition fields."""
    value, text, raised = cast.one(_DISPOSITIONS)
    flags = {name: name in raised for name in _FLAGS}
    return {
        "PatternDispositionDescription": text,
        "PatternDispositionValue": value,
        "PatternDispositionFlags": flags,
    }


def mitre(tactic: str, tactic_id: str, technique: str, technique_id: str, pattern: int) -> Body:
    """One element of MitreAttack."""
    ids = {"TechniqueID": technique_id, "PatternID": pattern}
    return {"Tactic": tactic, "TacticID": tactic_id, "Technique": technique, **ids}
