"""The event types that are known by name (events reference, section 4).

Rules: a name that is missing here is delivered like any other; it is only counted and named once in the log, because
new types appear about twice a year and an admin's searches may want to know. Names are compared whatever their case.
"""

from __future__ import annotations

KNOWN_TYPES = (
    "APIActivityAuditEvent",
    "AuthActivityAuditEvent",
    "AutomatedLeadSummaryEvent",
    "CSPMIOAStreamingEvent",
    "CSPMSearchStreamingEvent",
    "CustomerIOCEvent",
    "DataProtectionDetectionSummaryEvent",
    "DetectionSummaryEvent",
    "EppDetectionSummaryEvent",
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
