"""The invented company whose events these are: its hosts, people and API clients, the same for the same seed.

Rules: names are fictitious, some of them not ASCII; addresses are documentation ranges; identifiers have the forms
that the events reference gives in its section 3.3.
"""

from __future__ import annotations

import random
import uuid
from typing import NamedTuple, Sequence, TypeVar

T = TypeVar("T")

_TEAMS = ("FIN", "HR", "ENG", "OPS", "LAB", "POS")
_PEOPLE = ("mkeller", "hlang", "a.østergård", "jörg.müller", "李雷", "svc.backup", "root", "d'arcy", "zoë", "tester")
_ANALYSTS = ("analyst1@example.com", "analyst9@example.com", "admin2@example.com", "søren@example.org")


class Host(NamedTuple):
    """One machine with a sensor."""

    name: str
    aid: str
    ip: str
    ipv6: str
    mac: str
    platform: str


class Cast:
    """Who and what the events speak of."""

    def __init__(self, seed: int, customer: str) -> None:
        self.rng = random.Random(seed)
        self.customer = customer
        self.hosts = [self._host(number) for number in range(40)]
        self.api_clients = [self.hex(32) for _ in range(4)]
        self.host_groups = [self.hex(32) for _ in range(5)]

    def one(self, choices: Sequence[T]) -> T:
        """Any of these."""
        return self.rng.choice(choices)

    def host(self, platform: str = "") -> Host:
        """Any host, or any of this platform."""
        return self.one([host for host in self.hosts if platform in ("", host.platform)])

    def person(self) -> str:
        """Any account on the machines."""
        return self.one(_PEOPLE)

    def analyst(self) -> str:
        """Anyone who works in the console."""
        return self.one(_ANALYSTS)

    def hex(self, digits: int) -> str:
        """An identifier of that many hexadecimal digits."""
        return f"{self.rng.getrandbits(4 * digits):0{digits}x}"

    def uuid(self) -> str:
        """An identifier in the form of a UUID."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def outside(self) -> str:
        """An address somewhere in the internet."""
        return f"{self.one(('198.51.100', '203.0.113'))}.{self.rng.randrange(1, 255)}"

    def process(self, host: Host) -> int:
        """A Falcon process id: 19 digits on Linux, 12 elsewhere."""
        if host.platform == "Linux":
            return self.rng.randrange(1_700_000_000_000_000_000, 1_800_000_000_000_000_000)
        return self.rng.randrange(10**11, 10**12)

    def _host(self, number: int) -> Host:
        platform = ("Windows", "Windows", "Windows", "Linux", "Mac")[number % 5]
        name = f"{self.one(_TEAMS)}-{'SRV' if platform == 'Linux' else 'WS'}-{number:04d}"
        last = number + 10
        mac = f"02-00-5e-10-00-{last:02x}"
        return Host(name, self.hex(32), f"192.0.2.{last}", f"2001:db8::{last:x}", mac, platform)
