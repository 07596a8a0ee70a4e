"""Accounts: what splunkd's confs and secret store say about one Falcon API client.

Rules: the conf names the client, and `storage/passwords` holds its secret (`stored_secret`), which goes only to the
address it was entered for. If something is missing, one sentence names it and the remedy.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Mapping, Optional

from falcon_streams.core.account import Credentials, Proxy, bare_cid
from falcon_streams.core.clouds import CUSTOM, Origin, origin_of
from falcon_streams.errors import Fatal, RestartNeeded
from falcon_streams.splunk.settings import InputSettings, Values, check_name, check_stanza, read_schema, stanza_schema
from falcon_streams.splunk.splunkd import Splunkd
from falcon_streams.splunk.stored_secret import (
    Adopt,
    client_secret,
    leave_unmarked,
    proxy_password,
)

ACCOUNT_CONF = "falcon_event_streams_account"
SETTINGS_CONF = "falcon_event_streams_settings"
RESERVED_PROXY_NAMES = ("default", "none")  # in an account's `proxy`: the stanza [proxy], and no proxy


@dataclass(frozen=True)
class Account:
    """One stanza of the accounts' conf, with its secret and its proxy."""

    name: str
    cloud: str
    origin: Origin
    credentials: Credentials
    ca_bundle: Optional[str]
    proxy: Optional[Proxy]


def read_account(splunkd: Splunkd, name: str, adopt: Adopt = leave_unmarked) -> Account:
    """The account with its secret and its proxy. Raises Fatal with one sentence, Retryable if splunkd is silent."""
    check_name(name, name)
    raw = splunkd.stanza(ACCOUNT_CONF, name)
    if raw is None:
        raise Fatal(
            f"account = {name} does not exist. Create it on the Configuration page, or as stanza [{name}] of "
            f"{ACCOUNT_CONF}.conf, or name another one"
        )
    values = check_account(name, raw)
    stored = client_secret(name)
    secret = stored.read_for(splunkd, values, adopt)
    if not secret:
        raise Fatal(
            f"account {name} has no client secret. Enter it on the Configuration page, or store it in "
            f"storage/passwords under realm {stored.realm}, user {stored.user}"
        )
    return make_account(splunkd, name, values, secret, adopt)


def check_account(name: str, raw: Mapping[str, str]) -> Values:
    """The values of an account's stanza. Raises Fatal with one sentence."""
    values = check_stanza(read_schema("account"), name, raw)
    _refuse_unreadable(name, values.get("ca_bundle"))
    return values


def make_account(splunkd: Splunkd, name: str, values: Values, secret: str, adopt: Adopt = leave_unmarked) -> Account:
    """Make an account from checked values and its secret, and read its proxy. Raises what `read_account` raises."""
    return Account(
        name=name,
        cloud=values["cloud"],
        origin=_origin(values),
        credentials=Credentials(values["client_id"], secret, bare_cid(values.get("member_cid", ""))),
        ca_bundle=values.get("ca_bundle"),
        proxy=_read_proxy(splunkd, name, str(values.get("proxy", "default")), adopt),
    )


def read_log_level(splunkd: Splunkd) -> str:
    """The log level in `[logging]`."""
    schema = stanza_schema("settings", "logging")
    raw = splunkd.stanza(SETTINGS_CONF, "logging") or {}
    return str(check_stanza(schema, "logging", raw).get("level", "INFO"))


def _refuse_unreadable(account: str, ca_bundle: Optional[str]) -> None:
    # A pipe or a device would block its reader.
    if ca_bundle is not None and not (os.path.isfile(ca_bundle) and os.access(ca_bundle, os.R_OK)):
        raise Fatal(
            f"[{account}] ca_bundle = {ca_bundle} cannot be read. Correct the path, and let the user that runs Splunk "
            "read the file"
        )


def _origin(values: Values) -> Origin:
    if values["cloud"] != CUSTOM:
        return origin_of(values["cloud"])
    return origin_of(CUSTOM, values["base_url"], tuple(values.get("allowed_domains", ())))


def read_proxy_stanza(splunkd: Splunkd, account: str, choice: str) -> Optional[Values]:
    """The values of the stanza that an account's `proxy` chooses, None for no proxy. Raises Fatal where a named one
    is missing or disabled."""
    if choice == "none":
        return None
    name = "" if choice == "default" else choice
    stanza = f"proxy:{name}" if name else "proxy"
    raw = splunkd.stanza(SETTINGS_CONF, stanza)
    if raw is None and name:
        raise Fatal(
            f"account {account}: proxy = {name} does not exist. Create stanza [{stanza}] of {SETTINGS_CONF}.conf, or "
            "choose default or none"
        )
    values = check_stanza(stanza_schema("settings", "proxy"), stanza, raw or {})
    if not values.get("enabled"):
        if not name:
            return None
        raise Fatal(f"account {account}: proxy = {name} is disabled. Enable [{stanza}], or choose default or none")
    return values


def _read_proxy(splunkd: Splunkd, account: str, choice: str, adopt: Adopt) -> Optional[Proxy]:
    values = read_proxy_stanza(splunkd, account, choice)
    if values is None:
        return None
    username = values.get("username", "")
    stored = proxy_password("" if choice == "default" else choice)
    password = stored.read_for(splunkd, values, adopt) if username else ""
    if username and not password:
        raise Fatal(
            f"[{stored.stanza}] username = {username} has no password. Store it in storage/passwords under realm "
            f"{stored.realm}, user {stored.user}, or remove the user name"
        )
    return Proxy(
        kind=values["type"],
        host=values["host"],
        port=values["port"],
        username=username,
        no_proxy=tuple(values.get("no_proxy", ())),
        password=password or "",
        name="" if choice == "default" else choice,
    )


def refuse_shared_app_id(splunkd: Splunkd, settings: InputSettings) -> None:
    """Raises Fatal if another input of this instance uses the app id with the same account."""
    for name, other in splunkd.inputs():
        same = (other.get("account"), other.get("app_id", "").lower()) == (settings.account, settings.app_id)
        if same and name != settings.name:
            raise Fatal(
                f"[{settings.stanza}] app_id = {settings.app_id} is used by input {name} with the same account: Falcon "
                "gives the streams of an app ID to one reader only. Choose another app_id"
            )


def read_credentials_again(splunkd: Splunkd, account: Account, adopt: Adopt) -> Credentials:
    """The credentials of a running input, which Falcon has refused: somebody may have entered a new secret.

    Raises RestartNeeded where more than the secret has changed, and whatever `read_account` raises.
    """
    again = read_account(splunkd, account.name, adopt)
    secret = again.credentials.client_secret
    if again != replace(account, credentials=replace(account.credentials, client_secret=secret)):
        raise RestartNeeded(f"account {account.name} was changed: the next start reads it")
    return again.credentials
