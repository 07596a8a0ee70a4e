"""What search time has to make of events, typed by hand from the events reference, sections 5 and 6; never generated.

Rules: each type has a module of its own in `types`, as it has a file of its own in `knowledge/types`. A case is an
event, the event type and tags it gets, and fields with the values they must have; None: no such field.
"""

from __future__ import annotations

from tests.knowledge.case import Case
from tests.knowledge.golden.types import (
    api_activity_audit,
    audit_log_v3,
    auth_activity_audit,
    automated_lead_summary,
    brand_new,
    cspm_search_streaming,
    cspmioa_streaming,
    customer_ioc,
    data_protection_detection_summary,
    detection_summary,
    epp_detection_summary,
    fcs_ioa_detection_summary,
    firewall_match,
    hash_spreading,
    identity_protection,
    idp_detection_summary,
    incident_summary,
    mobile_detection_summary,
    overwatch_generic_detection_summary,
    recon_notification_summary,
    remote_response_session_end,
    remote_response_session_start,
    scheduled_report_notification,
    user_activity_audit,
    xdr_detection_summary,
)

DETECTIONS: list[Case] = [
    *epp_detection_summary.CASES,
    *detection_summary.CASES,
    *idp_detection_summary.CASES,
    *identity_protection.CASES,
    *xdr_detection_summary.CASES,
    *mobile_detection_summary.CASES,
    *overwatch_generic_detection_summary.CASES,
    *automated_lead_summary.CASES,
    *data_protection_detection_summary.CASES,
    *incident_summary.CASES,
    *customer_ioc.CASES,
    *hash_spreading.CASES,
    *recon_notification_summary.CASES,
    *cspm_search_streaming.CASES,
    *cspmioa_streaming.CASES,
    *fcs_ioa_detection_summary.CASES,
]
AUDIT: list[Case] = [
    *auth_activity_audit.CASES,
    *user_activity_audit.CASES,
    *api_activity_audit.CASES,
    *remote_response_session_start.CASES,
    *remote_response_session_end.CASES,
    *firewall_match.CASES,
    *scheduled_report_notification.CASES,
    *audit_log_v3.CASES,
    *brand_new.CASES,
]
