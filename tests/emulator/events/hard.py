"""Awkward events that are legal all the same, a small share of the ordinary mix (events reference 12).

Rules: each case is one template, its reason beside it. All of them have a good offset; what is broken is in `lines`.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.emulator.events import audits, endpoint, estate, findings, identity
from tests.emulator.events.cast import Cast
from tests.emulator.events.template import Template, millis, nanos

Body = dict[str, Any]
UNKNOWN_TYPE = "WorkloadPostureSummaryEvent"
_SCANNED = "FileName FilePath SHA256String LocalIP MACAddress Hostname Name Description Severity AgentId CompositeId"
_SCANNED += " FalconHostLink Tactic Technique PatternId"
EPP, AUTH = "EppDetectionSummaryEvent", "AuthActivityAuditEvent"
METADATA_ONLY = Template(EPP, None, 1000)  # the generator has it as rarely as its options say


def templates(cast: Cast) -> list[Template]:
    """All of them."""
    epp, xdr, incident = endpoint.epp(cast), findings.xdr(cast), findings.incident(cast)
    flags = {**epp["PatternDispositionFlags"], "QuantumRollback": True}
    scanned = {name: epp[name] for name in _SCANNED.split()}
    return [
        Template(EPP, _linux(cast), 1000),
        Template(EPP, {**scanned, "Type": "ods"}, 1000),  # on-demand scan: no severity name, process, user, disposition
        Template(EPP, {**epp, "MACAddress": "N/A", "PatternDispositionFlags": flags}, 1000),  # a flag nobody knows
        Template(
            EPP, {**epp, "Tags": [{"Key": "owner", "ValueString": "a"}]}, 1000
        ),  # an array where a string is usual
        Template(EPP, {**epp, "CommandLine": "cmd.exe /c " + "rem é" * 14000 + ' "C:\\x\\"'}, 1000),  # over 64 KiB
        Template("EPPDetectionSummaryEvent", epp, 1000),  # the type in another case
        Template(EPP, {name: "" if isinstance(value, str) else value for name, value in epp.items()}, 1000),
        METADATA_ONLY,
        Template("XdrDetectionSummaryEvent", {**xdr, "StartTimeEpoch": nanos(-293), "EndTimeEpoch": nanos(-73)}, 1000),
        Template("IdpDetectionSummaryEvent", _nameless(identity.idp(cast)), 1000),
        Template("IncidentSummaryEvent", {**incident, "IncidentType": "CrowdScore incident"}, 1000),  # text, not number
        Template("AutomatedLeadSummaryEvent", findings.lead(cast, indicators=40), 1000),
        Template("RemoteResponseSessionEndEvent", audits.rtr_end(cast, commands=300), 1000),
        Template("RemoteResponseSessionEndEvent", audits.rtr_end(cast, commands=0), 1000),
        Template("FirewallMatchEvent", {**estate.firewall(cast), "RuleName": 'A & B <all> "x" \\'}, 1000),
        Template(AUTH, _saml(cast)),
        Template(
            AUTH, {**audits.authentication(cast), "UTCTimestamp": millis()}
        ),  # milliseconds where seconds are usual
        Template(AUTH, {**audits.authentication(cast), "UserId": "zoë\u2028ö 李雷 🦅\x00\x7f"}),
        Template(AUTH, audits.authentication(cast), version=False),
        Template(UNKNOWN_TYPE, _unknown(cast)),
    ]


def _linux(cast: Cast) -> Body:
    """A process id of 19 digits, more than a double holds."""
    host = cast.host("Linux")
    return {**endpoint.epp(cast), "Hostname": host.name, "AgentId": host.aid, "ProcessId": cast.process(host)}


def _nameless(body: Body) -> Body:
    """The old kind: a small number for the severity, no name."""
    return {name: value for name, value in {**body, "Severity": 7}.items() if name != "SeverityName"}


def _saml(cast: Cast) -> Body:
    """A login with its assertion, carried twice: some twenty kilobytes."""
    assertion = base64.b64encode(cast.rng.getrandbits(8 * 7500).to_bytes(7500, "big")).decode()
    attributes = {"target_name": cast.analyst(), "saml_assertion": assertion, "trace_id": cast.uuid()}
    service = "CrowdStrike Authentication"
    return audits.audit(cast.analyst(), cast.outside(), "saml2Assert", service, attributes, Success=True)


def _unknown(cast: Cast) -> Body:
    """A type of next year, with fields to match."""
    nested: Body = {"Depth": {"Deeper": {"Deepest": [1, 2.5, -0, 1e-7, None, True, {"x": []}]}}}
    return {"WorkloadId": cast.uuid(), "Score": 1.0e22, "Posture": nested, "Big": 2**64 + 1, "event": {"metadata": 0}}
