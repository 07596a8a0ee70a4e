"""The event types that are known by name (events reference, section 4).

Rules: events of other types are delivered like all others. They are only counted, and the log names the type once:
new types appear about twice a year, and an admin's searches may need them. The case of names does not matter.
"""

from __future__ import annotations

KNOWN_TYPES = (
    "APIActivityAuditEvent",
    "AuditLogV3Event",
    "AuthActivityAuditEvent",
    "AutomatedLeadSummaryEvent",
    "CSPMIOAStreamingEvent",
    "CSPMSearchStreamingEvent",
    "CustomerIOCEvent",
    "DataProtectionDetectionSummaryEvent",
    "DetectionSummaryEvent",
    "EppDetectionSummaryEvent",
    "FcsIoaDetectionSummaryEvent",
    "FirewallMatchEvent",
    "HashSpreadingEvent",
    "IdentityProtectionEvent",
    "IdpDetectionSummaryEvent",
    "IncidentSummaryEvent",
    "MobileDetectionSummaryEvent",
    "OverwatchGenericDetectionSummaryEvent",
    "ReconNotificationSummaryEvent",
    "RemoteResponseSessionEndEvent",
    "RemoteResponseSessionStartEvent",
    "ScheduledReportNotificationEvent",
    "UserActivityAuditEvent",
    "XdrDetectionSummaryEvent",
)
_FOLDED = frozenset(name.lower() for name in KNOWN_TYPES)


def is_known(event_type: str) -> bool:
    """Whether the catalogue has this type."""
    return event_type.lower() in _FOLDED
