"""An account, as both sides see it: splunkd stores it, and requests to Falcon use it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Tuple


@dataclass(frozen=True)
class Credentials:
    """An API client of Falcon. `member_cid`, a bare CID, locks its tokens to one child tenant; empty for none."""

    client_id: str
    client_secret: str = field(repr=False)
    member_cid: str = ""


@dataclass(frozen=True)
class Proxy:
    """A forward proxy, `kind` http or https; `name` is empty for the default one. `no_proxy` holds the hosts, and
    domains with a leading dot, that are reached without it, in upper or lower case."""

    kind: str
    host: str
    port: int
    username: str = ""
    password: str = field(repr=False, default="")
    no_proxy: Tuple[str, ...] = ()
    name: str = ""

    @property
    def label(self) -> str:
        """How a sentence names it: by its address, and where an admin finds it."""
        place = f"stanza [proxy:{self.name}]" if self.name else "Configuration > Proxy"
        return f"Proxy {self.host}:{self.port} ({place})"

    def url_for(self, host: str) -> Optional[str]:
        """The proxy's URL for a host in lower case, without its login; None if that host is reached directly."""
        for name in map(str.lower, self.no_proxy):
            if host == name.lstrip(".") or (name.startswith(".") and host.endswith(name)):
                return None
        return f"{self.kind}://{self.host}:{self.port}"


def bare_cid(cid: str) -> str:
    """A customer id as Falcon's API takes it: in lower case, without the checksum that the console shows after it."""
    return cid.partition("-")[0].lower()
