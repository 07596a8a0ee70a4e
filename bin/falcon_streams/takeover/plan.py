"""What becomes of one input of the vendor's add-on: the plan of a take-over, and its hash.

Rules:

- Pure: an inventory in, a plan out. The same inventory gives the same plan, also in the middle of a take-over, so
  names that we choose are made from theirs.
- An account is made for exactly the cloud and the proxy that the secret was entered for.
- The app ID is a new one, because Falcon gives the streams of an app ID to one reader only. Offsets hold across app
  IDs.
- What cannot be carried over is said. What must not be guessed is a problem, and nothing is done.
- The hash covers all of that but the offsets, which move while the vendor's input reads: the move reads them again when
  that input has ended.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import Callable, Dict, List, Mapping, Optional, Tuple

from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal
from falcon_streams.splunk.accounts import check_account
from falcon_streams.splunk.settings import (
    UNSET,
    InputSettings,
    check_stanza,
    is_true,
    read_input,
    stanza_schema,
)
from falcon_streams.splunk.splunkd import OwnedStanza
from falcon_streams.takeover import vendor
from falcon_streams.takeover.inventory import Ours, Theirs
from falcon_streams.takeover.vendor import Start

PROXY = "vendor_add_on"
PROXY_STANZA = f"proxy:{PROXY}"
_CARRIED = ("index", "host", "source", "sourcetype", "persistentQueueSize", "queueSize")
_ROUTED = ("_TCP_ROUTING", "_SYSLOG_ROUTING", "queue")
_DEFAULTS = {"sourcetype": ("CrowdStrike:Event:Streams:JSON", vendor.SCHEME), "source": ("CrowdStrike:Event:Streams",)}
_LONGEST_NAME, _LONGEST_ID = 64, 32
_DIGEST = 8


@dataclass(frozen=True)
class Plan:
    """What would be made of one input of theirs, from where it would go on, and what stands in the way. `can_return`
    says that the vendor's input could read again."""

    stanza: OwnedStanza
    ours: str
    account: str
    account_form: Mapping[str, str]
    proxy_form: Mapping[str, str]
    input_form: Mapping[str, str]
    starts: Tuple[Start, ...]
    not_carried: Tuple[str, ...]
    problems: Tuple[str, ...]
    they_read: bool
    we_read: bool
    can_return: bool

    @property
    def reads(self) -> str:
        """Who reads now."""
        if self.they_read:
            return "both" if self.we_read else "the vendor's add-on"
        return "this add-on" if self.we_read else "nobody"

    @property
    def hash(self) -> str:
        """Stands for all of the plan but the offsets and who reads."""
        starts = [(start.partition, start.because) for start in self.starts]
        forms = [dict(form) for form in (self.account_form, self.proxy_form, self.input_form)]
        told = [self.stanza.name, self.stanza.app, self.ours, self.account, forms, starts, self.not_carried]
        text = json.dumps([*told, self.problems], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def settings(self) -> InputSettings:
        """The settings of our input. Raises Fatal with one sentence."""
        return read_input(self.ours, self.input_form)


def make_plan(stanza: OwnedStanza, theirs: Theirs, ours: Ours, has_secret: Callable[[str, str, str], bool]) -> Plan:
    """The plan for one input of theirs. `has_secret` says whether a secret of a conf, a stanza, and a field can be
    read."""
    found = stanza.settings
    cloud = vendor.CLOUDS_OF.get(found.get("cloud_environment", ""), "")
    their_account = found.get("account", "")
    name, account = _name(stanza.name), _name(f"{their_account}_{cloud}")
    proxy, proxy_form = _proxy(theirs)
    client_id = theirs.accounts.get(their_account, {}).get("username", "")
    account_form = {"cloud": cloud, "client_id": client_id, "proxy": proxy}
    starts = vendor.starts_of(stanza.name, theirs.checkpoints or (), cloud, found.get("app_id", ""))
    plan = Plan(
        stanza=stanza,
        ours=name,
        account=account,
        account_form=account_form,
        proxy_form=proxy_form,
        input_form=_input_form(found, name, account, starts, _store(ours, name)),
        starts=starts,
        not_carried=tuple(_not_carried(found, theirs)),
        problems=(),
        they_read=theirs.reads(stanza),
        we_read=ours.reads(name),
        can_return=theirs.is_installed,
    )
    problems = [_cloud_problem(found, cloud), _account_problem(plan, theirs, ours, their_account, has_secret)]
    problems += [_proxy_problem(plan, theirs, ours, has_secret), _input_problem(plan, ours)]
    return replace(plan, problems=tuple(filter(None, problems)))


def _name(theirs: str) -> str:
    """A name that our add-on takes, made from theirs: the same one wherever that is possible."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", theirs)
    if plain == theirs and plain[:1].isalnum() and len(plain) <= _LONGEST_NAME:
        return plain
    return f"{plain.lstrip('_-')[: _LONGEST_NAME - _DIGEST - 1] or 'input'}-{_digest(theirs)}"


def _app_id(theirs: str, name: str) -> str:
    """A new app ID that shows where it comes from."""
    plain = re.sub(r"[^A-Za-z0-9]", "", theirs).lower()
    return f"{plain[: _LONGEST_ID - _DIGEST]}{_digest(f'{theirs} {name}')}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]


def _input_form(
    found: Mapping[str, str], name: str, account: str, starts: Tuple[Start, ...], store: str
) -> Dict[str, str]:
    form = {"account": account, "app_id": _app_id(found.get("app_id", ""), name)}
    types = vendor.event_types_of(found.get("event_types", ""))
    if types:
        form["event_types"] = ",".join(types)
    if found.get("initial_start") == "current" and not starts:  # it has never read anything
        form["start_from"] = "newest"
    if store:
        form["checkpoint_store"] = store
    for setting in _CARRIED:
        value = found.get(setting, "")
        if value and value != UNSET.get(setting) and value not in _DEFAULTS.get(setting, ()):
            form[setting] = value
    return form


def _store(ours: Ours, name: str) -> str:
    """Where our input keeps its offsets, empty for the default: an input that is there already knows that itself."""
    return ours.inputs.get(name, {}).get("checkpoint_store", "") or ("kvstore" if ours.follows_machine else "")


def _proxy(theirs: Theirs) -> Tuple[str, Dict[str, str]]:
    """The proxy of our account, and the stanza to make for it, empty if there is none."""
    if not is_true(theirs.proxy.get("proxy_enabled", "")):
        return "none", {}
    host = theirs.proxy.get("proxy_url", "").rpartition("//")[2].rstrip("/")
    form = {"enabled": "1", "type": "http", "host": host, "port": theirs.proxy.get("proxy_port", "")}
    username = theirs.proxy.get("proxy_username", "")
    return PROXY, {**form, "username": username} if username else form


def _not_carried(found: Mapping[str, str], theirs: Theirs) -> List[str]:
    said = [
        f"{setting} = {tidy(found[setting])}: set it by hand in inputs.conf"
        for setting in _ROUTED
        if found.get(setting)
    ]
    if theirs.checkpoints is None:
        said.append("checkpoints: the vendor's add-on has stored none, so this add-on begins where start_from says")
    return said


def _cloud_problem(found: Mapping[str, str], cloud: str) -> str:
    if cloud:
        return ""
    named = tidy(found.get("cloud_environment", "")) or "(none)"
    return f"cloud_environment = {named} is not a cloud that this add-on knows: make account and input by hand"


def _account_problem(
    plan: Plan, theirs: Theirs, ours: Ours, their_account: str, has_secret: Callable[[str, str, str], bool]
) -> str:
    present = ours.accounts.get(plan.account)
    if present is not None:
        same = all(present.get(each, "").lower() == plan.account_form[each].lower() for each in ("cloud", "client_id"))
        if same and not present.get("member_cid"):
            return ""
        return (
            f"account {plan.account} exists with another cloud or client ID, or a member CID: delete it, or rename it"
        )
    if their_account not in theirs.accounts:
        return (
            f"account {tidy(their_account) or '(none)'} is not in {theirs.names.account}.conf: choose one of the "
            "vendor's accounts in the vendor's input"
        )
    try:
        if plan.account_form["cloud"]:
            check_account(plan.account, {**plan.account_form, "proxy": "none"})
    except Fatal as fault:
        return str(fault)
    if not has_secret(theirs.names.account, their_account, "password"):
        return (
            f"the secret of the vendor's account {tidy(their_account)} is missing, not whole, or cannot be decrypted. "
            f"Make the account {plan.account} on the Accounts tab, with the cloud {plan.account_form['cloud']}, the "
            f"client ID {tidy(plan.account_form['client_id'])}, and its secret"
        )
    return ""


def _proxy_problem(plan: Plan, theirs: Theirs, ours: Ours, has_secret: Callable[[str, str, str], bool]) -> str:
    if not plan.proxy_form:
        return ""
    kind = theirs.proxy.get("proxy_type", "") or "http"
    if kind != "http":
        return f"the vendor's proxy is {tidy(kind)}, and this add-on goes through http and https proxies only"
    try:
        check_stanza(stanza_schema("settings", "proxy"), PROXY_STANZA, plan.proxy_form)
    except Fatal as fault:
        return str(fault)
    present = ours.settings.get(PROXY_STANZA)
    if present is not None:
        same = all(present.get(each, "") == plan.proxy_form.get(each, "") for each in ("host", "port", "username"))
        return "" if same else f"[{PROXY_STANZA}] exists with other settings: delete it on the Proxy tab"
    if "username" in plan.proxy_form and not has_secret(theirs.names.settings, "proxy", "proxy_password"):
        return f"the password of the vendor's proxy cannot be read: enter it in [{PROXY_STANZA}]"
    return ""


def _input_problem(plan: Plan, ours: Ours) -> str:
    try:
        settings = plan.settings()
    except Fatal as fault:
        return str(fault)
    present: Optional[Mapping[str, str]] = ours.inputs.get(plan.ours)
    if present is not None and any(present.get(each, "") != plan.input_form[each] for each in ("account", "app_id")):
        return (
            f"this add-on has an input {plan.ours} already, with another account or app ID: delete it, or rename the "
            "vendor's input"
        )
    taken = [
        name
        for name, each in ours.inputs.items()
        if name != plan.ours
        and (each.get("account"), each.get("app_id", "").lower()) == (plan.account, settings.app_id)
    ]
    return f"app ID {settings.app_id} is used by input {taken[0]} with the same account" if taken else ""
