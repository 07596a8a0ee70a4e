"""The detections of knowledge/detections.yaml, as stanzas of savedsearches.conf.

Rules: each ships disabled. A row of a search is a finding: `finding` is what it is about, `severity` Falcon's, and
`risk_score` follows from it. A field `risk_score` or `severity` of a row counts before what the stanza says, as ESCU's
own "CrowdStrike Falcon Stream Alerts" relies on; a field `risk_object` must not be there, because Enterprise Security
takes it for all. Enterprise Security alone reads the keys of the actions `correlationsearch`, `risk`, and `notable`;
the rest makes the same search an alert. The message of an alert has the values of its first row, because the
actions of Enterprise Security run once for all rows (`alert.digest_mode`). Of an event's values, only `headline` and
`details` go into texts, and only ids into a drilldown's search: the macros have taken out what could end either.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

import yaml

from tools.knowledge.event_type import FOLDER
from tools.knowledge.spl import WrongWord
from tools.package import APP

_KEYS = {
    "what",
    "search",
    "headline",
    "fields",
    "risk",
    "threats",
    "techniques",
    "severity",
    "within",
    "indexed",
    "domain",
}
_ONCE_BY = ("tenant", "finding", "severity")
# By what a threat object is called here: its field, and its type in Enterprise Security.
_THREATS = {
    "hash": ("threat_hash", "file_hash"),
    "domain": ("threat_domain", "domain"),
    "address": ("threat_address", "ip_address"),
    "link": ("threat_link", "url"),
}
_SCORES = {"low": 20, "medium": 40, "high": 60}
_ALERT_SEVERITIES = {"low": 3, "medium": 4, "high": 5}
_ANY = "medium"  # where Falcon says how severe a thing is, what counts if it does not
_FOUND = '(id="$id$" OR detection_group_id="$detection_group_id$")'


class Detection(NamedTuple):
    """One search, and what is made of its rows."""

    name: str
    what: str
    search: str
    headline: str
    fields: List[str]
    risk: Dict[str, str]
    threats: List[str]
    techniques: List[str]
    severity: Optional[str]
    within: Optional[str]
    indexed: str
    domain: str

    @property
    def from_falcon(self) -> bool:
        """Whether Falcon itself found it, and so says how severe it is."""
        return self.severity is None


def read_detections(folder: Path = FOLDER) -> List[Detection]:
    """All of them, in their order."""
    with (folder / "detections.yaml").open(encoding="utf-8") as file:
        return [_read(name, said) for name, said in yaml.safe_load(file).items()]


def _read(name: str, said: Dict[str, Any]) -> Detection:
    wrong = sorted(set(said) - _KEYS) + sorted(set(said.get("threats", ())) - set(_THREATS))
    if wrong:
        raise WrongWord(f"detections.yaml: {name}: {wrong[0]!r} is not known here")
    if '"' in said["what"]:
        raise WrongWord(f"detections.yaml: {name}: a quote in `what` would end a text of its search")
    return Detection(
        name=name,
        what=" ".join(said["what"].split()),
        search=" ".join(said["search"].split()),
        headline=" ".join(said["headline"].split()),
        fields=said["fields"],
        risk=said["risk"],
        threats=said.get("threats", []),
        techniques=said.get("techniques", []),
        severity=said.get("severity"),
        within=said.get("within"),
        indexed=said.get("indexed", "15m"),
        domain=said["domain"],
    )


def stanzas(detections: Iterable[Detection]) -> str:
    """Their text in savedsearches.conf. They run every ten minutes, not all in the same one."""
    return "\n".join(
        f"[{each.name}]\n{_lines({**_alert(each, minute % 10), **_enterprise_security(each)})}"
        for minute, each in enumerate(detections)
    )


def _lines(settings: Dict[str, str]) -> str:
    return "".join(f"{key} = {value}\n" for key, value in settings.items())


def _alert(each: Detection, minute: int) -> Dict[str, str]:
    """What makes it an alert."""
    since = {"dispatch.earliest_time": f"-{each.within or '24h'}", "dispatch.latest_time": "now"}
    if not each.within:  # a backlog is found when it comes, not when it was made
        since["dispatch.index_earliest"] = f"-{each.indexed}"
    return {
        "description": each.what,
        "search": _search(each),
        "disabled": "1",
        "enableSched": "1",
        "cron_schedule": f"{minute}-59/10 * * * *",
        "realtime_schedule": "0",  # the scheduler makes up for a run that it had no room for
        **since,
        "counttype": "number of events",
        "relation": "greater than",
        "quantity": "0",
        "alert.severity": str(_ALERT_SEVERITIES[each.severity or "high"]),
        "alert.track": "1",
        "alert.digest_mode": "1",
        "alert.suppress": "1",
        "alert.suppress.fields": ",".join(_ONCE_BY),
        "alert.suppress.period": "24h",
        "request.ui_dispatch_app": APP,
        "alert.display_view": "detections" if each.from_falcon else "audit",
        "action.email.subject": "Falcon: $result.headline$",
        "action.email.message.alert": "$result.headline$. $result.details$",
    }


def _search(each: Detection) -> str:
    headline = f'eval headline=severity.": ".{each.headline}'
    fields = [*each.fields, *(_THREATS[name][0] for name in each.threats)]
    return (
        f"`falcon_event_streams` {each.search} | {headline} | {_details(each)}"
        " | `falcon_event_streams_plain_text`"
        f" | dedup {' '.join(_ONCE_BY)} keepempty=true"
        f" | table _time tenant severity headline details {' '.join(fields)} {_shown(each)}"
    )


def _details(each: Detection) -> str:
    """What Falcon says of it and where it is in Falcon, or what it means and what was changed from where."""
    if each.from_falcon:
        link = 'coalesce("In Falcon: ".url, "The event has no link to Falcon.")'
        return f'eval details=coalesce(rtrim(description, ". ").". ", "").{link}'
    told = {
        "object_attrs": '.coalesce(" Details: ".object_attrs.".", "")',
        "src": '.coalesce(" From ".mvjoin(src, ", ").".", "")',
    }
    return f'eval details="{each.what}"' + "".join(text for field, text in told.items() if field in each.fields)


def _shown(each: Detection) -> str:
    ids = " risk_user annotations.mitre_attack id detection_group_id url" if each.from_falcon else ""
    return f"risk_score finding{ids}"


def _enterprise_security(each: Detection) -> Dict[str, str]:
    """What Enterprise Security makes of its rows."""
    score = _SCORES[each.severity or _ANY]
    objects = [
        {"risk_object_field": field, "risk_object_type": kind, "risk_score": score} for field, kind in each.risk.items()
    ]
    threats = [
        {"threat_object_field": field, "threat_object_type": kind}
        for field, kind in (_THREATS[name] for name in each.threats)
    ]
    return {
        "action.correlationsearch.enabled": "1",
        "action.correlationsearch.label": each.name,
        "action.correlationsearch.detection_type": "ebd",
        "action.correlationsearch.annotations": json.dumps({"mitre_attack": each.techniques}),
        "action.risk": "1",
        "action.risk.param._risk_message": "Falcon: $headline$",
        "action.risk.param._risk": json.dumps([*objects, *threats]),
        "action.risk.param._risk_score": "0",
        "action.risk.param.verbose": "0",
        "action.notable": "1",
        "action.notable.param.rule_title": "Falcon: $headline$",
        "action.notable.param.rule_description": "$details$",
        "action.notable.param.security_domain": each.domain,
        "action.notable.param.severity": each.severity or _ANY,
        "action.notable.param.nes_fields": ",".join(field.replace("risk_", "") for field in each.risk),
        "action.notable.param._entities": json.dumps(objects[:1]),
        "action.notable.param.drilldown_searches": json.dumps(_drilldowns(each)),
    }


def _drilldowns(each: Detection) -> List[Dict[str, str]]:
    """To the events: those of the same thing by Falcon's ids, which hold no quote; else what the search reads first."""
    if each.from_falcon:
        search = f"`falcon_event_streams` {_FOUND}"
    else:
        search = f"`falcon_event_streams` {re.split(r' [|] ', each.search)[0]}"
    times = {"earliest_offset": "$info_min_time$", "latest_offset": "$info_max_time$"}
    return [{"name": "The events", "search": search, **times}]
