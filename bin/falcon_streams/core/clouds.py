"""The Falcon clouds: where their APIs are, and which hosts a discovery answer may name.

Rules: hosts are compared whole or by a suffix that starts with a dot, in lower case, never by prefix or substring. Only
https is allowed, and only port 443. A `custom` cloud may use any port; its hosts are exactly the API host and the
admin's `allowed_domains`. API hosts: falconpy `_base_url.py`, gofalcon `cloud.go` (us-3). Firehose hosts: reference
section 1.5; they are never built from this table, only checked against it.
"""

from __future__ import annotations

import re
from typing import Mapping, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

CUSTOM = "custom"
_PLAIN_URL = re.compile(r"[A-Za-z0-9:/?&=%._~,+\[\]-]+")  # no user, no fragment, nothing that must be escaped
_PLAIN_HOST = re.compile(r"[a-z0-9.-]+")


class Cloud(NamedTuple):
    """One cloud: its API host, the suffix of all its hosts, and whether the secret may move to or from it."""

    name: str
    api_host: str
    suffix: str
    discoverable: bool


CLOUDS: Mapping[str, Cloud] = {
    cloud.name: cloud
    for cloud in (
        Cloud("us-1", "api.crowdstrike.com", ".crowdstrike.com", True),
        Cloud("us-2", "api.us-2.crowdstrike.com", ".us-2.crowdstrike.com", True),
        Cloud("us-3", "api.us-3.crowdstrike.com", ".us-3.crowdstrike.com", True),
        Cloud("eu-1", "api.eu-1.crowdstrike.com", ".eu-1.crowdstrike.com", True),
        Cloud("us-gov-1", "api.laggar.gcw.crowdstrike.com", ".laggar.gcw.crowdstrike.com", False),
        Cloud("us-gov-2", "api.us-gov-2.crowdstrike.mil", ".us-gov-2.crowdstrike.mil", False),
    )
}


class Origin(NamedTuple):
    """Where an account's API is, and what its discovery answers may name."""

    base_url: str
    api_host: str
    hosts: Tuple[str, ...]
    suffixes: Tuple[str, ...]
    any_port: bool
    discoverable: bool

    def refusal(self, url: str) -> Optional[str]:
        """Why we must not connect to this URL, as the end of a sentence; None if we may."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return "is not a URL"
        if parts.scheme != "https":
            return "is not https"
        # urlsplit forgives control characters, blanks, and a zone in an address; another parser may not.
        if not _PLAIN_URL.fullmatch(url) or (host not in self.hosts and not _PLAIN_HOST.fullmatch(host)):
            return "is not a plain URL"
        if not self.any_port and port not in (None, 443):
            return "names a port other than 443"
        if host in self.hosts or any(host.endswith(suffix) for suffix in self.suffixes):
            return None
        return "names a host outside the account's cloud"


def origin_of(cloud: str, base_url: Optional[str] = None, allowed_domains: Tuple[str, ...] = ()) -> Origin:
    """The origin of an account: `cloud` one of CLOUDS, or `custom` with its https `base_url`."""
    known = CLOUDS.get(cloud)
    if known is not None:
        return _origin_of_cloud(known)
    host = (urlsplit(base_url or "").hostname or "").lower()
    suffixes = tuple("." + domain.lower().lstrip(".") for domain in allowed_domains)
    exact = (host, *(suffix[1:] for suffix in suffixes))
    return Origin((base_url or "").rstrip("/"), host, exact, suffixes, True, False)


def cloud_at(api_host: str) -> str:
    """The name of the cloud whose API is at this host; `custom` if it is not one of Falcon's."""
    return next((cloud.name for cloud in CLOUDS.values() if cloud.api_host == api_host), CUSTOM)


def home_in(origin: Origin, region: str) -> Optional[Origin]:
    """The origin of the cloud that `X-Cs-Region` names, None if the secret must not go there.

    The secret may go from one known cloud to another. Government clouds are not discoverable (reference 1.6), and no
    secret goes from or to an address of the admin's own.
    """
    cloud = CLOUDS.get(region)
    if cloud is None or not (origin.discoverable and cloud.discoverable):
        return None
    return _origin_of_cloud(cloud)


def home_after_redirect(origin: Origin, location: str) -> Optional[Origin]:
    """The origin that a 308 of the token endpoint leads to, None if it must not be followed.

    The body sent again holds the client secret, so it only goes to API hosts of discoverable clouds (reference 1.6).
    """
    if not origin.discoverable:
        return None
    try:
        parts = urlsplit(location)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or port not in (None, 443) or parts.username is not None:
        return None
    for cloud in CLOUDS.values():
        if cloud.discoverable and cloud.api_host == host:
            return _origin_of_cloud(cloud)
    return None


def _origin_of_cloud(cloud: Cloud) -> Origin:
    return Origin(
        f"https://{cloud.api_host}", cloud.api_host, (cloud.api_host,), (cloud.suffix,), False, cloud.discoverable
    )
