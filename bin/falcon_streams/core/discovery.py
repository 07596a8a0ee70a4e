"""Reads streams out of a discovery answer: which partitions there are, and the URLs of their feeds and refreshes.

Rules: nothing in the answer is trusted. Both URLs must be https, belong to the account's cloud, and name the same
partition (the last path segment, an opaque word), and the token must be there. A partition that fails is refused by
name, and the others are read. Null, missing, and empty `resources` mean the same: the app id is in use, or streams are
not enabled (reference 2.4). `expiration` is not read, and the interval leniently: no timer depends on it alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import quote, urlsplit

from falcon_streams.core.clouds import Origin
from falcon_streams.core.text import tidy

_ASK_SUPPORT = ": if this goes on, ask CrowdStrike support"
_MOST_REFUSALS = 20
_PARTITION = re.compile(r"[0-9A-Za-z_-]{1,64}\Z")


@dataclass(frozen=True)
class Stream:
    """What Falcon offers for one partition. The token opens the feed for about five minutes; it is never shown."""

    partition: str
    feed_url: str = field(repr=False)
    refresh_url: str = field(repr=False)
    token: str = field(repr=False)
    interval: float

    def feed_url_from(self, position: str, event_types: Sequence[str] = ()) -> str:
        """The feed's URL from a position (`offset=7`, `whence=0`), with the server-side filter if there is one."""
        joint = "&" if urlsplit(self.feed_url).query else "?"
        url = f"{self.feed_url}{joint}{position}"
        # Commas stay unencoded, as every known client sends them (reference 3.1).
        return f"{url}&eventType={','.join(quote(name, safe='') for name in event_types)}" if event_types else url


class Discovery(NamedTuple):
    """One discovery: the streams offered, a sentence for each partition that we refuse, and Falcon's clock."""

    streams: Tuple[Stream, ...]
    refusals: Tuple[str, ...]
    served_at: Optional[float] = None


def read_discovery(tree: Dict[str, Any], origin: Origin, served_at: Optional[float] = None) -> Discovery:
    """Read a discovery body that is a JSON object. Never raises, whatever it holds."""
    resources = tree.get("resources")
    streams: Dict[str, Stream] = {}
    refusals: List[str] = []
    for position, resource in enumerate(resources if isinstance(resources, list) else []):
        stream, refusal = _read_resource(resource, origin)
        if stream is None or stream.partition in streams:
            refusals.append(
                f"entry {position} of the discovery answer {refusal or 'names a partition twice' + _ASK_SUPPORT}"
            )
        else:
            streams[stream.partition] = stream
    if len(refusals) > _MOST_REFUSALS:
        refusals[_MOST_REFUSALS:] = [
            f"{len(refusals) - _MOST_REFUSALS} more entries of the discovery answer are refused"
        ]
    return Discovery(tuple(streams.values()), tuple(refusals), served_at)


def _read_resource(resource: Any, origin: Origin) -> Tuple[Optional[Stream], str]:
    if not isinstance(resource, dict):
        return None, f"is not an object{_ASK_SUPPORT}"
    feed_url, refresh_url = resource.get("dataFeedURL"), resource.get("refreshActiveSessionURL")
    session = resource.get("sessionToken")
    token = session.get("token") if isinstance(session, dict) else None
    if not isinstance(feed_url, str) or not isinstance(refresh_url, str):
        return None, f"lacks a URL{_ASK_SUPPORT}"
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        return None, f"lacks a session token{_ASK_SUPPORT}"
    for name, url in (("dataFeedURL", feed_url), ("refreshActiveSessionURL", refresh_url)):
        fault = origin.refusal(url)
        if fault is not None:
            return None, (
                f"has a {name} that {fault} (host {tidy(host_of(url))}): check the account's cloud; for a custom one, "
                "add the feed's domain to its allowed_domains"
            )
    partition = partition_of(feed_url)
    if partition is None or partition_of(refresh_url) != partition:
        return None, f"does not name one partition in both of its URLs{_ASK_SUPPORT}"
    return Stream(partition, feed_url, refresh_url, token, _interval(resource.get("refreshActiveSessionInterval"))), ""


def partition_of(url: str) -> Optional[str]:
    """The partition in a feed or refresh URL: its last path segment. None if that is not a plain word."""
    word = urlsplit(url).path.rsplit("/", 1)[-1]
    return word if _PARTITION.match(word) else None


def host_of(url: str) -> str:
    """The host of a text that may not be a URL, for a message."""
    try:
        return urlsplit(url).hostname or "none"
    except ValueError:
        return "unreadable"


def _interval(value: Any) -> float:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if plain and abs(value) < 1e9 else 0.0
