"""Everything that can be set, with Falcon's documented or observed behaviour as default (Event Streams reference 8).

Rules: times are emulated seconds; an option may be changed while the emulator runs, and counts from then on (ports,
folder, seed, time, credentials and `children` excepted). Each option is also a command-line option of the same name
with dashes. A child tenant has its parent's options, as they stand, but for those that were set for it alone.
"""

from __future__ import annotations

import copy
import secrets
from dataclasses import dataclass, field, fields
from typing import Any, Optional, Union

from tests.emulator.limits import LIMITS, WAIT_FORMS
from tests.emulator.link import is_cid

Children = Union[int, list[str], dict[str, str]]


def option(default: Any, text: str, choices: Optional[tuple[str, ...]] = None) -> Any:
    """One option with its text for `--help`."""
    return field(default=default, metadata={"text": text, "choices": choices})


# As a tenant is in life: offsets of hundreds of millions, and no event in the same bytes twice. For proofs; tests that
# speak of single offsets or bytes are easier to read without.
AS_IN_LIFE: dict[str, Any] = {"floor": 412_345_678, "render_anew": True}


@dataclass
class Options:
    """The emulator's options."""

    api_port: int = option(0, "port of the API; 0 takes a free one")
    feed_port: int = option(0, "port of the firehose")
    control_port: int = option(0, "port of the control endpoint")
    proxy_port: int = option(0, "port of the CONNECT proxy")
    ca_dir: Optional[str] = option(
        None, "folder of the test CA; kept, so that a restart is trusted. Default: temporary"
    )
    proxy_login: Optional[tuple[str, str]] = option(None, "user and password that the proxy asks for, as user:password")
    proxy_tls: bool = option(False, "speak TLS to clients of the proxy")

    partitions: int = option(1, "how many partitions, with the ids 0 to N-1")
    seed: int = option(1, "what the generated events grow from")
    preload: int = option(0, "events retained per partition at the start")
    rate: float = option(0.0, "generated events per second and partition")
    events: Optional[str] = option(None, "replay this file's lines byte for byte, spread over the partitions, in order")
    floor: int = option(0, "offset of each partition's first retained event")
    null_every: int = option(2000, "one generated event in so many has metadata only, its `event` null; 0 none")
    other_customers: int = option(0, "customers that are no tenants here, whose events the streams bear beside our own")
    holes: int = option(0, "offsets that are left out after each tenth generated event")
    render_anew: bool = option(False, "an event that is sent again has another key order and one key more")
    retention: float = option(7 * 86400.0, "how long events are retained")

    time_scale: float = option(1.0, "how much faster the clock runs; 0 stands still until told to skip")
    epoch: Optional[float] = option(
        None, "where both times agree, to share the clock with another process; default: now"
    )
    date_skew: float = option(0.0, "how far the Date header is off")

    client_id: str = option("1111222233334444555566667777aaaa", "the API client's id")
    client_secret: str = field(
        default_factory=lambda: secrets.token_hex(20), metadata={"text": "its secret; default: random", "choices": None}
    )
    member_cid: str = option("", "the tenant is this child, its client the parent's: what a token may be locked to")
    children: Children = field(
        default=0,
        metadata={"text": "child tenants: how many, or their names, or names by CID, as JSON", "choices": None},
    )
    flight_control: bool = option(True, "the API client has the scope Flight Control: Read")
    longest_page: int = option(5000, "most children that one query may ask for")
    parent_bears_children: bool = option(False, "the parent's own streams bear the events of its children too")
    marked_urls: bool = option(True, "a parent's and a child's stream URLs bear a `ref` that tells whose they are")
    customer: str = option("0a1b2c3d4e5f60718293a4b5c6d7e8f9", "the customer id (CID) in the events")
    home_cloud: str = option("", "where the tenant lives, e.g. us-2; default: wherever it is asked")
    wrong_cloud: str = option(
        "redirect",
        "what another commercial cloud answers a token request: a 308, or a token that is good at home only",
        ("redirect", "grant"),
    )

    token_life: float = option(1799.0, "life of a bearer")
    session_token_life: float = option(300.0, "how long a session token opens a feed")
    refresh_interval: int = option(1800, "refreshActiveSessionInterval of a discovery answer")
    session_life: float = option(1800.0, "a feed without a refresh is ended after this")
    longest_session: float = option(0.0, "a feed is ended after this in any case; 0 never (4 h were seen once)")
    cut: str = option("abort", "how those feeds end: abruptly or with a last chunk", ("abort", "eof"))
    heartbeat: Optional[float] = option(5.0, "blank line after this much silence; none for no heartbeats")
    linger: float = option(1.0, "(app id, partition) is free this long after a FIN")
    lock: float = option(60.0, "and this long after a reset or a half-open connection")
    siblings: str = option("free", "what rediscovery shows while siblings are connected", ("free", "all", "null"))
    empty: str = option("null", "resources where no partition is free", ("null", "missing", "[]"))
    errors: str = option("empty", "errors in a good discovery answer", ("empty", "null", "absent"))
    takeover: bool = option(False, "a second feed takes over instead of being refused")
    beyond_head: str = option("hold", "an offset beyond the head: hold the feed open, or answer 400", ("hold", "400"))
    resource_override: dict[str, dict[str, Any]] = field(
        default_factory=dict,
        metadata={"text": "per partition what its discovery says instead, as JSON", "choices": None},
    )
    separator: str = option(".", "between the names of a flatjson key (no public sample exists)")

    rate_limits: bool = option(True, "6000 calls, 300 tokens, 15 bad bearers a minute")
    token_limit: int = option(LIMITS["token"], "token requests a minute and address; 0 any number")
    wait_header: str = option("epoch", "how a 429 names its wait: see limits.py", WAIT_FORMS)
    audit: bool = option(False, "streamStarted and streamStopped events")
    api_audit: bool = option(False, "an APIActivityAuditEvent for each call of the API, in the first partition")

    chunk_events: int = option(0, "most events per chunk; 0 as many as fit")
    chunk_bytes: int = option(65536, "most bytes per chunk; a small number splits lines and characters")
    write_bytes: int = option(0, "most bytes per write to the socket; 0 as many as it takes")

    def __post_init__(self) -> None:
        for each in fields(self):
            self.check(each.name, getattr(self, each.name))

    def check(self, name: str, value: Any) -> None:
        """Refuse a name or a value that means nothing."""
        known = {each.name: each for each in fields(self)}
        if name not in known:
            raise ValueError(f"no option {name}")
        choices = known[name].metadata["choices"]
        if choices and value not in choices:
            raise ValueError(f"{name} is one of {', '.join(choices)}, not {value!r}")
        if isinstance(value, (int, float)) and value < 0 and name != "date_skew":
            raise ValueError(f"{name} is not negative")
        if name == "children" and isinstance(value, dict) and not all(map(is_cid, value)):
            raise ValueError("children are named by CIDs of 32 hexadecimal digits in lower case")

    # -- a parent's and its children's -----------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__.get("_own")
        if own is not None:
            own.add(name)
        super().__setattr__(name, value)
        for child in self.__dict__.get("_children", ()):
            if name not in child._own:  # it follows its parent, without setting anything of its own
                child.__dict__[name] = value

    def of_child(self, **own: Any) -> Options:
        """These options as they stand, but for these and those that will be set on the result."""
        child = copy.copy(self)
        child.__dict__.update(own, _own=set(own), _children=[])
        self.__dict__.setdefault("_children", []).append(child)
        return child
