"""What is generated and how often: every type of the events reference's section 4, the mix of its section 12.

Rules: weights are shares of an ordinary tenant's events with API auditing on; a pool of variants per type is made once
from the seed. `KINDS` names every type, so that a test can hold the pool against the reference's table.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from tests.emulator.events import audits, endpoint, estate, findings, hard, identity
from tests.emulator.events.cast import Cast
from tests.emulator.events.template import Template


class Kind(NamedTuple):
    """One type: its share in percent, the resolution of its creation time in ms, how it is made, how many variants."""

    event_type: str
    share: float
    resolution: int
    make: Callable[[Cast], Any]
    variants: int


KINDS = (
    Kind("APIActivityAuditEvent", 70.0, 1, audits.api_activity, 48),
    Kind("FirewallMatchEvent", 18.0, 1000, estate.firewall, 32),
    Kind("AuthActivityAuditEvent", 5.0, 1, audits.authentication, 24),
    Kind("UserActivityAuditEvent", 4.0, 1000, audits.user_activity, 24),
    Kind("EppDetectionSummaryEvent", 0.6, 1000, endpoint.epp, 24),
    Kind("DetectionSummaryEvent", 0.2, 1000, endpoint.legacy, 12),
    Kind("CSPMSearchStreamingEvent", 0.4, 1, estate.cspm_search, 8),
    Kind("RemoteResponseSessionStartEvent", 0.2, 1000, audits.rtr_start, 8),
    Kind("RemoteResponseSessionEndEvent", 0.2, 1000, audits.rtr_end, 8),
    Kind("IdpDetectionSummaryEvent", 0.2, 1000, identity.idp, 12),
    Kind("IdentityProtectionEvent", 0.2, 1, identity.identity_protection, 12),
    Kind("ScheduledReportNotificationEvent", 0.2, 1000, estate.scheduled_report, 6),
    Kind("XdrDetectionSummaryEvent", 0.1, 1000, findings.xdr, 8),
    Kind("MobileDetectionSummaryEvent", 0.1, 1000, identity.mobile, 8),
    Kind("OverwatchGenericDetectionSummaryEvent", 0.1, 1000, findings.overwatch, 6),
    Kind("AutomatedLeadSummaryEvent", 0.1, 1000, findings.lead, 6),
    Kind("DataProtectionDetectionSummaryEvent", 0.1, 1000, estate.data_protection, 12),
    Kind("IncidentSummaryEvent", 0.1, 1000, findings.incident, 6),
    Kind("CustomerIOCEvent", 0.1, 1000, endpoint.custom_ioc, 10),
    Kind("ReconNotificationSummaryEvent", 0.1, 1000, estate.recon, 6),
    Kind("CSPMIOAStreamingEvent", 0.1, 1000, estate.cspm_ioa, 6),
    Kind("HashSpreadingEvent", 0.05, 1000, endpoint.hash_spreading, 4),
    Kind("FcsIoaDetectionSummaryEvent", 0.05, 1000, estate.cloud_behaviour, 4),
    Kind("AuditLogV3Event", 0.05, 1, audits.nested, 4),
)
_HARD_SHARE = 0.3


class Catalogue:
    """The pool of one tenant's templates."""

    def __init__(self, seed: int, customer: str) -> None:
        self.customer = customer
        cast = self._cast = Cast(seed, customer)
        self.by_type = {
            kind.event_type: [Template(kind.event_type, kind.make(cast), kind.resolution) for _ in range(kind.variants)]
            for kind in KINDS
        }
        self.hard = hard.templates(cast)
        self.weighted: list[tuple[Template, float]] = [
            (template, kind.share / kind.variants) for kind in KINDS for template in self.by_type[kind.event_type]
        ]
        self._mixed = [template for template in self.hard if template is not hard.METADATA_ONLY]
        self.weighted += [(template, _HARD_SHARE / len(self._mixed)) for template in self._mixed]
        self.episodes = [self._burst(), self._repeated_lead(), self._mass_closing(), self._twins()]

    def tour(self) -> list[Template]:
        """One of everything but the event without a body."""
        return [templates[0] for templates in self.by_type.values()] + self._mixed

    def of(self, types: list[str]) -> list[Template]:
        """All variants of these types, the hard ones included."""
        strange = set(types) - set(self.by_type) - {template.event_type for template in self.hard}
        if strange:
            raise ValueError(f"no events of type {', '.join(sorted(strange))} are generated")
        hard_ones = [template for template in self._mixed if template.event_type in types]
        return [template for name in types for template in self.by_type.get(name, [])] + hard_ones

    # -- things that come together ---------------------------------------------------------------------------------

    def _burst(self) -> list[Template]:
        """Fifty detections on one host."""
        body = endpoint.epp(self._cast)
        return [Template("EppDetectionSummaryEvent", body, 1000)] * 50

    def _repeated_lead(self) -> list[Template]:
        """A lead that is sent three times, each time updated later."""
        body = findings.lead(self._cast)
        updates = [{**body, "SignalUpdatedTimestamp": f"[[s{-3 + number:+d}]]"} for number in range(3)]
        return [Template("AutomatedLeadSummaryEvent", update, 1000) for update in updates]

    def _mass_closing(self) -> list[Template]:
        """Two hundred detections closed at once."""
        closed = {"update_status": "closed", "composite_id": f"{self._cast.customer}:ind:[[serial+0]]"}
        body = audits.audit(
            "analyst1@example.com", "198.51.100.23", "detection_update", "detections", closed, UTCTimestamp="[[s+0]]"
        )
        return [Template("UserActivityAuditEvent", body, 1000)] * 200

    def _twins(self) -> list[Template]:
        """One finding as two events: endpoint and cross-domain at the next offset, identity old and new."""
        pair = ("EppDetectionSummaryEvent", "XdrDetectionSummaryEvent")
        identities = ("IdentityProtectionEvent", "IdpDetectionSummaryEvent")
        return [self.by_type[name][-1] for name in pair + identities]
