"""What CrowdStrike's own add-on (Splunkbase 5082) stores, and how its values are read.

| thing | where |
|---|---|
| names of its confs | `meta.restRoot` and the tabs of its globalConfig.json; without that file, what is in `local/` |
| input | `[crowdstrike_event_streams://<name>]` of inputs.conf, of any app |
| account | `[<name>]` of `<restRoot>_account.conf`; `username` is the client ID |
| secret | `storage/passwords`, JSON in pieces under numbered users with an end mark, or in one older entry |
| proxy | `[proxy]` of `<restRoot>_settings.conf`; its password as the secret of an account |
| offset | a KV collection: key `<input>_feed_num_<partition>`, `state` a JSON object: whole dataFeedURL, last offset |

The facts are from the add-on's public copies, and from solnlib and splunktaucclib, which write for it; the tests let
those two write, and read that here.

Rules: pure. A value that cannot be read is an answer of its own, never a zero.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import parse_qs, urlsplit

from falcon_streams.core.clouds import CLOUDS, CUSTOM

APP = "TA-crowdstrike-falcon-event-streams"
SCHEME = "crowdstrike_event_streams"
COLLECTION = "TA_crowdstrike_falcon_event_streams_checkpointer"
GLOBAL_CONFIG = "appserver/static/js/build/globalConfig.json"
CLOUDS_OF = {
    "us_commercial": "us-1",
    "us_commercial2": "us-2",
    "eucloud": "eu-1",
    "govcloud": "us-gov-1",
    "govcloud2": "us-gov-2",
}
OLDEST = "the oldest event that Falcon has"
_ACCOUNT, _SETTINGS = "_account", "_settings"
_KEY = "_feed_num_"
_SEPARATOR = "``splunk_cred_sep``"
_END = "".join(f"{_SEPARATOR}{letter}" for letter in "SPLUNK") + _SEPARATOR
_MOST_PIECES = 100
_CONF = re.compile(r"[A-Za-z0-9_-]{1,128}")  # it becomes part of a path
_PARTITION = re.compile(r"[0-9A-Za-z_-]{1,64}")
_MOST_OFFSET = 10**19  # our setting start_from takes no more


class ConfNames(NamedTuple):
    """The confs that hold accounts and settings."""

    account: str
    settings: str


class Start(NamedTuple):
    """Where a partition goes on: the last offset that the vendor's add-on wrote, None for the oldest event; and how we
    know that."""

    partition: str
    offset: Optional[int]
    because: str


def conf_names(global_config: bytes) -> Optional[ConfNames]:
    """The confs according to globalConfig.json, None if that cannot be read. UCC names a conf `<restRoot>_<tab>`, in
    lower case, unless the tab names one; the tab with a table is that of the accounts."""
    try:
        tree = json.loads(global_config)
        root = str(tree["meta"]["restRoot"])
        tabs = [tab for tab in tree["pages"]["configuration"]["tabs"] if "table" in tab]
        tab = next((each for each in tabs if each.get("name") == _ACCOUNT[1:]), tabs[0])
        account = str(tab.get("conf") or f"{root}_{tab['name']}".lower())
        if not (_CONF.fullmatch(account) and _CONF.fullmatch(root)):
            return None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None
    return ConfNames(account, f"{root}{_SETTINGS}".lower())


def conf_names_in(files: Iterable[str]) -> Optional[ConfNames]:
    """The confs according to the names of the files in `local/`, None unless exactly one holds accounts."""
    found = [name[: -len(".conf")] for name in files if name.endswith(f"{_ACCOUNT}.conf")]
    return ConfNames(found[0], found[0][: -len(_ACCOUNT)] + _SETTINGS) if len(found) == 1 else None


def realm_of(conf: str) -> str:
    """The realm of the secrets of a conf's stanzas."""
    return f"__REST_CREDENTIAL__#{APP}#configs/conf-{conf}"


def read_secret(read: Callable[[str], Optional[str]], stanza: str, field: str) -> Optional[str]:
    """A secret of a stanza, put together from its pieces; None if it is not there or not whole. `read` gives what is
    stored for a user."""
    text = _joined(read, stanza)
    try:
        secret = json.loads(text or "").get(field)
    except (ValueError, AttributeError, RecursionError):
        return None
    return secret if isinstance(secret, str) and secret else None


def _joined(read: Callable[[str], Optional[str]], stanza: str) -> Optional[str]:
    pieces: List[str] = []
    while len(pieces) < _MOST_PIECES:
        piece = read(f"{stanza}{_SEPARATOR}{len(pieces) + 1}")
        if piece == _END:
            return "".join(pieces)
        if piece is None:
            return None if pieces else read(stanza)  # an earlier version stored one entry without a number
        pieces.append(piece)
    return None


def event_types_of(text: str) -> Tuple[str, ...]:
    """The event types that an input wants, none for all."""
    names = tuple(filter(None, (part.strip() for part in text.split("~"))))
    return () if "All" in names else names


def starts_of(name: str, documents: Iterable[Mapping[str, Any]], cloud: str, app_id: str) -> Tuple[Start, ...]:
    """Where each partition of an input goes on, in the order of the partitions' numbers."""
    found: Dict[str, Start] = {}
    for document in documents:
        owner, divider, partition = str(document.get("_key", "")).rpartition(_KEY)
        if divider and owner == name and _PARTITION.fullmatch(partition):
            found[partition] = _start(partition, document.get("state"), cloud, app_id)
    return tuple(found[partition] for partition in sorted(found, key=lambda each: (len(each), each)))


def _start(partition: str, state: object, cloud: str, app_id: str) -> Start:
    """One partition. Of several URLs the input's own counts, then the furthest of another app ID: offsets hold across
    app IDs, and whatever was written once need not come again. An offset of another cloud is another stream's. The
    vendor's reader takes 0 for the start of the stream, and so do we."""
    positions, doubt = _positions(partition, state, cloud)
    if not positions:
        return Start(partition, None, doubt)
    own = [offset for asked, offset in positions if asked.lower() == app_id.lower()]
    if own:
        return Start(partition, max(own) or None, "its checkpoint")
    asked, offset = max(positions, key=lambda each: each[1])
    return Start(partition, offset or None, f"its checkpoint under app ID {asked[:64] or '(none)'}")


def _positions(partition: str, state: object, cloud: str) -> Tuple[List[Tuple[str, int]], str]:
    """App ID and offset of each URL of this partition in this cloud; and if there is none, why."""
    if not isinstance(state, str) or not state.strip():
        return [], "its checkpoint is empty"
    try:
        tree = json.loads(state)
    except (ValueError, RecursionError):
        return [], "its checkpoint is not JSON"
    if not isinstance(tree, dict) or not tree:
        return [], "its checkpoint is empty" if tree in ({}, None, "", 0) else "its checkpoint holds no offsets by URL"
    positions, doubt = [], "its checkpoint holds no offset"
    for url, value in tree.items():
        host, place, asked = _parts(str(url))
        offset = _offset(value)
        if place != partition:
            doubt = "its checkpoint is about another partition"
        elif cloud_of_host(host) != cloud:
            doubt = f"its checkpoint is about {host[:128] or 'no host'}, which is not the input's cloud"
        elif offset is not None:
            positions.append((asked, offset))
    return positions, doubt


def _parts(url: str) -> Tuple[str, str, str]:
    """Host, partition, and app ID of a dataFeedURL."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return "", "", ""
    asked = {name.lower(): values[-1] for name, values in parse_qs(parts.query).items()}
    return host, parts.path.rstrip("/").rpartition("/")[2], asked.get("appid", "")


def cloud_of_host(host: str) -> str:
    """The cloud that a host belongs to; `custom` if it is none of Falcon's. us-1's suffix ends all others', too."""
    fitting = [cloud for cloud in CLOUDS.values() if host.endswith(cloud.suffix)]
    return max(fitting, key=lambda cloud: len(cloud.suffix)).name if fitting else CUSTOM


def _offset(value: object) -> Optional[int]:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_OFFSET:
        return value
    return None
