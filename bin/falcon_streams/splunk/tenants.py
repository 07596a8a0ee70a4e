"""Tenants: what splunkd's conf says about each customer whose events an input may bring.

Rules: a stanza is named by a CID in any form that a console or an event writes, or is `[default]`. One wrong stanza is
refused with one sentence, because an event that goes to the wrong index cannot be called back. splunkd has already put
`[default]` under each stanza. All stanzas come by one call; `[default]` by another where splunkd does not list it.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, Optional, Tuple

from falcon_streams.core.partition_name import read_cid
from falcon_streams.core.tenants import DEFAULT, Tenant, Tenants
from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal
from falcon_streams.splunk.settings import UNSET, check_stanza, read_schema
from falcon_streams.splunk.splunkd import Splunkd

TENANTS_CONF = "falcon_event_streams_tenants"
_NOT_PRINTABLE = "holds a character that cannot be seen. Write a name such as ACME & Sons, Berlin."


def read_tenants(splunkd: Splunkd) -> Tenants:
    """All tenants of the conf. Raises Fatal with one sentence, Retryable if splunkd is silent."""
    listed = splunkd.stanzas(TENANTS_CONF, with_switch=True)
    default = dict(listed).get(DEFAULT)
    if default is None:
        default = splunkd.stanza(TENANTS_CONF, DEFAULT, with_switch=True)
    return make_tenants([(name, raw) for name, raw in listed if name != DEFAULT], default)


def make_tenants(stanzas: Iterable[Tuple[str, Mapping[str, str]]], default: Optional[Mapping[str, str]]) -> Tenants:
    """Tenants out of their stanzas as a conf has them. Raises Fatal with one sentence."""
    common = check_tenant(DEFAULT, default or {})
    listed: List[Tenant] = []
    named: Dict[str, str] = {}
    for stanza, raw in stanzas:
        tenant = check_tenant(stanza, raw)
        if tenant.cid in named:
            raise Fatal(
                f"[{named[tenant.cid]}] and [{tidy(stanza)}] of {TENANTS_CONF}.conf are the same tenant, so it is not "
                "known where its events go. Remove one of them"
            )
        named[tenant.cid] = tidy(stanza)
        listed.append(tenant)
    return Tenants(listed, common)


def check_tenant(stanza: str, raw: Mapping[str, str]) -> Tenant:
    """One stanza's tenant. Raises Fatal with one sentence."""
    cid, shown = read_cid(stanza), tidy(stanza)
    if not cid and stanza != DEFAULT:
        raise Fatal(
            f"[{shown}] of {TENANTS_CONF}.conf is not the CID of a tenant: 32 hexadecimal digits, with or without the "
            "checksum behind a dash. Correct it, or remove the stanza"
        )
    values = check_stanza(read_schema("tenant"), shown, raw)
    name = values.get("name", "")
    if not name.isprintable():
        raise Fatal(f"[{shown}] name = {tidy(name)} {_NOT_PRINTABLE}")
    index = values.get("index", "")
    return Tenant(
        cid=cid,
        name=name,
        index="" if index == UNSET["index"] else index,
        event_types=frozenset(values.get("event_types", ())),
        exclude_event_types=frozenset(values.get("exclude_event_types", ())),
        disabled=values["disabled"],
        note=values.get("note", ""),
    )
