"""What is expected of DetectionSummaryEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import AID, Case, flags
from tests.knowledge.golden.detection import MALWARE

CASES = [
    Case(
        "legacy detection: directory and name make the path, severity of five steps",
        "DetectionSummaryEvent",
        {
            "ProcessStartTime": 1712000001,
            "ProcessEndTime": 1712000002,
            "ProcessId": 38684386611,
            "ComputerName": "LAB-PC-07",
            "UserName": "tester",
            "DetectName": "NGAV",
            "DetectDescription": "File is above the threshold.",
            "Severity": 3,
            "FileName": "setup.exe",
            "FilePath": "\\Device\\HarddiskVolume2\\Users\\tester\\Downloads",
            "CommandLine": '"C:\\Users\\tester\\setup.exe" \\',
            "SHA256String": "ab" * 32,
            "MachineDomain": "LAB",
            "FalconHostLink": "https://falcon.example/x",
            "SensorId": AID,
            "DetectId": f"ldt:{AID}:38655257584",
            "LocalIP": "192.0.2.50",
            "Tactic": "Machine Learning",
            "Technique": "Sensor-based ML",
            "PatternDispositionDescription": "Detection only",
            "PatternDispositionFlags": flags(),
            "PatternId": 5704,
        },
        *MALWARE,
        {
            "action": "allowed",
            "aid": AID,
            "app": "Falcon Insight",
            "category": "Malware",
            "dest": "LAB-PC-07",
            "dest_nt_domain": "LAB",
            "file_path": "\\Device\\HarddiskVolume2\\Users\\tester\\Downloads\\setup.exe",
            "id": f"ldt:{AID}:38655257584",
            "process": '"C:\\Users\\tester\\setup.exe" \\',
            "process_end_time": "1712000002",
            "severity": "medium",
            "severity_id": "3",
            "signature": "NGAV",
            "event.Hostname": "LAB-PC-07",
            "event.Name": "NGAV",
            "event.CompositeId": f"ldt:{AID}:38655257584",
        },
    ),
]
