"""What a test may do to the emulator and ask of it, in process or over the control endpoint by the same names.

Rules: every argument and every result is JSON, but for bytes, which travel as {"base64": text}; what can be long is an
iterator of rows. A lever that makes no sense raises ValueError with a sentence. `tenant` is the CID of a child; without
it a lever is the parent's own, and where the text says so, EVERYONE is the parent and all its children.
"""

from __future__ import annotations

import secrets
from dataclasses import fields
from typing import Any, Iterable, Iterator, Mapping, Optional, Union

from tests.emulator import ledger
from tests.emulator.clock import EmulatedClock
from tests.emulator.events.lines import hard_lines
from tests.emulator.family import Family
from tests.emulator.feed import Feed
from tests.emulator.log import read_line
from tests.emulator.options import Options
from tests.emulator.partition import Partition
from tests.emulator.script import line_of
from tests.emulator.supply import Supply
from tests.emulator.tenant import Tenant

RawLine = Union[bytes, str, Mapping[str, str]]
EVERYONE = "*"


class Levers:
    """The levers of one tenant and its children."""

    def __init__(self, tenant: Tenant, supply: Supply) -> None:
        self.tenant = tenant
        self.supply = supply
        self.family = Family(tenant)

    # -- events ----------------------------------------------------------------------------------------------------

    def publish(self, partition: str, *lines: RawLine, tenant: Optional[str] = None) -> list[int]:
        """Append lines as they are; returns the offsets by which they are found."""
        raw = [line if isinstance(line, bytes) else line_of(line) for line in lines]
        return self._partition(partition, tenant).publish([read_line(line) for line in raw], self.tenant.clock.now())

    def publish_hard_lines(self, partition: str, tenant: Optional[str] = None) -> list[str]:
        """Append the broken lines of `events.lines`; returns their names, in their order."""
        found = self._partition(partition, tenant)
        lines = hard_lines(found.log.next_offset)
        found.publish([read_line(line) for line in lines.values()], self.tenant.clock.now())
        return list(lines)

    def generate(
        self,
        count: int,
        partition: Optional[str] = None,
        types: Optional[list[str]] = None,
        span: float = 0.0,
        tenant: Optional[str] = None,
    ) -> None:
        """Append that many events of the last `span` seconds, to one partition or each: the mix or these types.

        To EVERYONE's, where that is asked for.
        """
        for one in self.tenant.everyone() if tenant == EVERYONE else [self._tenant(tenant)]:
            for each in one.offered() if partition is None else [self._partition(partition, one.cid)]:
                self.supply.generate(one, each, count, span, types)

    def set_rate(self, rate: float, tenant: Optional[str] = None) -> None:
        """Generate that many events a second and partition from now on; see `set_option`."""
        self.set_option("rate", rate, tenant)

    def offsets(self, tenant: Optional[str] = None) -> dict[str, int]:
        """Per partition the offset that comes next."""
        return {partition.name: partition.log.next_offset for partition in self._tenant(tenant).offered()}

    # -- partitions ------------------------------------------------------------------------------------------------

    def add_partition(self, partition: str, first_offset: int = 0, tenant: Optional[str] = None) -> None:
        """A partition appears."""
        owner = self._tenant(tenant)
        if partition in owner.partitions:
            raise ValueError(f"partition {partition} is there already")
        owner.add_partition(partition, first_offset)

    def remove_partition(self, partition: str, tenant: Optional[str] = None) -> None:
        """A partition vanishes; its feeds are cut, its ledger stays."""
        owner = self._tenant(tenant)
        owner.removed.append(self._partition(partition, tenant))
        del owner.partitions[partition]
        self.drop_feeds(partition, tenant=owner.cid)

    def rename_partition(self, partition: str, name: str, tenant: Optional[str] = None) -> None:
        """A partition is known by another id from now on; its feeds are cut."""
        owner, found = self._tenant(tenant), self._partition(partition, tenant)
        self.drop_feeds(partition, tenant=owner.cid)
        names = {name if each == partition else each: where for each, where in owner.partitions.items()}
        found.name = name
        owner.partitions = names

    def reset_partition(
        self, partition: str, first_offset: int = 0, drop: bool = True, tenant: Optional[str] = None
    ) -> None:
        """The vendor starts a partition's offsets anew; open feeds are cut, or go on with the new events."""
        self._partition(partition, tenant).reset(first_offset)
        if drop:
            self.drop_feeds(partition, tenant=self._tenant(tenant).cid)

    def trim(self, partition: str, keep: int, tenant: Optional[str] = None) -> None:
        """Retention: only the newest events stay."""
        self._partition(partition, tenant).log.trim(keep)

    # -- children --------------------------------------------------------------------------------------------------

    def children(self) -> list[dict[str, Any]]:
        """Every child there ever was: `cid`, `listed`, `partitions`, and the `link` as the API answers it."""
        return self.family.rows()

    def cids(self) -> list[str]:
        """The CIDs of the children that are listed, in the order in which they came."""
        return [child["cid"] for child in self.family.rows() if child["listed"]]

    def add_child(self, cid: Optional[str] = None, name: Optional[str] = None, partitions: Optional[int] = None) -> str:
        """A child is linked; its CID. With as many partitions as the parent has at its start, or so many."""
        return self.family.add(cid, name, partitions)

    def remove_child(self, cid: str) -> None:
        """A child is unlinked: not listed, its tokens refused, its feeds cut. Its streams and its ledger stay."""
        self.family.remove(cid)

    def bring_back_child(self, cid: str) -> None:
        """It is linked again, its offsets where they were."""
        self.family.bring_back(cid)

    def rename_child(self, cid: str, name: str) -> None:
        """A child has another name from now on."""
        self.family.change(cid, {"name": name})

    def change_child(self, cid: str, fields: Mapping[str, Any]) -> None:
        """Flight Control says this of a child from now on, true or not; null leaves a field out."""
        self.family.change(cid, fields)

    # -- clients and customers -------------------------------------------------------------------------------------

    def rotate_secret(self, revoke: bool = False, client_id: Optional[str] = None) -> str:
        """A new secret for a client, the first by default; the old one is refused, `revoke` ends the bearers too."""
        client_id = client_id or next(iter(self.tenant.tokens.clients))
        secret = self.tenant.tokens.clients[client_id] = secrets.token_hex(20)
        if revoke:
            self.revoke_bearers()
        return secret

    def add_client(
        self, client_id: Optional[str] = None, client_secret: Optional[str] = None, tenant: Optional[str] = None
    ) -> dict[str, str]:
        """One more API client of this tenant."""
        owner, tokens = self._tenant(tenant), self.tenant.tokens
        client_id, client_secret = client_id or secrets.token_hex(16), client_secret or secrets.token_hex(20)
        if owner.parent is not None:
            tokens.homes[client_id] = owner.cid
        tokens.clients[client_id] = client_secret
        return {"client_id": client_id, "client_secret": client_secret}

    def remove_client(self, client_id: str) -> None:
        """An API client is deleted, its bearers with it."""
        if self.tenant.tokens.clients.pop(client_id, None) is None:
            raise ValueError(f"no client {client_id}")

    def revoke_bearers(self, tenant: Optional[str] = None) -> None:
        """No bearer is good any more, or none of this tenant's."""
        if tenant is None:
            self.tenant.tokens.revoke()
        else:
            self.tenant.tokens.revoke_bearers_of(self._tenant(tenant).member_cid)

    def become_another_tenant(self, customer: str, client_id: Optional[str] = None) -> None:
        """Behind the same address stands another customer: other events, offsets from the beginning, its own client.

        The secret stays, so that only the tenant has changed; without a client id that stays too.
        """
        self.tenant.options.customer = customer
        self.tenant.client_id = client_id or self.tenant.client_id
        self.revoke_bearers()
        self.supply.forget()
        for partition in self.offsets():
            self.reset_partition(partition)

    # -- trouble ---------------------------------------------------------------------------------------------------

    def add_faults(self, steps: list[Mapping[str, Any]]) -> None:
        """Append steps to the script of faults; see `faults`."""
        self.tenant.faults.add(steps, self.tenant.clock.now())

    def clear_faults(self) -> None:
        """Forget the script of faults."""
        self.tenant.faults.clear()

    def waiting_faults(self) -> list[dict[str, Any]]:
        """The steps that have not come true, or not often enough."""
        return self.tenant.faults.waiting(self.tenant.clock.now())

    def drop_feeds(
        self,
        partition: Optional[str] = None,
        app_id: Optional[str] = None,
        how: str = "cut",
        lock: Optional[float] = None,
        tenant: Optional[str] = None,
    ) -> int:
        """End the open feeds of a partition, an app id and a tenant, or of all, by eof, cut or reset; returns how many.

        They stay taken for `lock`, by default what such an end brings as the options stand now.
        """
        count = 0
        for owner in self.tenant.everyone() if tenant is None else [self._tenant(tenant)]:
            occupancy = owner.occupancy
            found = [feed for feed in occupancy.live() if feed.ordered is None and _matches(feed, partition, app_id)]
            for feed in found:
                feed.order(how, occupancy.shadow(how) if lock is None else lock)
            count += len(found)
        return count

    def set_option(self, name: str, value: Any, tenant: Optional[str] = None) -> None:
        """Change an option from now on: for this child alone, or for all but the children that have it set alone."""
        if name == "children":
            raise ValueError("children come by add_child and go by remove_child")
        self.tenant.options.check(name, value)
        setattr(self._tenant(tenant).options, name, value)
        self.tenant.wake_feeds()

    def options(self, tenant: Optional[str] = None) -> dict[str, Any]:
        """The options as they stand, without secrets."""
        names = {each.name for each in fields(Options)} - {"client_secret", "proxy_login"}
        return {name: value for name, value in vars(self._tenant(tenant).options).items() if name in names}

    def skip(self, seconds: float) -> None:
        """Let that much emulated time have passed."""
        if not isinstance(self.tenant.clock, EmulatedClock):
            raise ValueError("this clock was handed in: whoever handed it in moves it")
        self.tenant.clock.skip(seconds)
        self.tenant.wake_feeds()

    def now(self) -> float:
        """The emulated time, in epoch seconds."""
        return self.tenant.clock.now()

    # -- what happened ---------------------------------------------------------------------------------------------

    def requests(self, kind: Optional[str] = None, after: int = 0) -> list[dict[str, Any]]:
        """What clients asked, without secrets: all but the first `after` requests, of one kind or all."""
        return [row for row in self.tenant.requests[after:] if kind in (None, row["kind"])]

    def feeds(self, tenant: Optional[str] = None) -> list[dict[str, Any]]:
        """Every feed there was: what was asked, how it ended, how far it was served."""
        return [feed.row() for feed in self._tenant(tenant).occupancy.feeds]

    def connections(self, tenant: Optional[str] = None) -> list[list[str]]:
        """The feeds that are open, as [app id, partition]."""
        return [list(feed.key) for feed in self._tenant(tenant).occupancy.live()]

    def open_feeds(self) -> dict[str, int]:
        """Per tenant, by CID, how many feeds are open."""
        return {each.cid: len(each.occupancy.live()) for each in self.tenant.everyone()}

    def violations(self) -> list[dict[str, Any]]:
        """Attempts at a second feed on one (app id, partition) of one tenant, by whose it is: there must be none."""
        everyone = self.tenant.everyone()
        return [{"tenant": each.cid, **row} for each in everyone for row in list(each.occupancy.violations)]

    def crossings(self) -> list[dict[str, Any]]:
        """Tokens of one tenant that came with another's call, `token_of` and `call_of`: there must be none."""
        return list(self.tenant.crossings)

    def proxy_targets(self) -> list[str]:
        """What clients asked the proxy to connect to, as host:port."""
        return list(self.tenant.proxied)

    def published(self, partition: str, tenant: Optional[str] = None) -> Iterator[list[Any]]:
        """Rows [offset, sha256] of everything that was published to a partition, in order."""
        return map(list, ledger.published(self._partition(partition, tenant)))

    def ledger(self, app_id: Optional[str] = None, tenant: Optional[str] = None) -> dict[str, list[list[Any]]]:
        """Per partition rows [offset, sha256, times sent] of all that was published; sent to one app id, or to any."""
        owner = self._tenant(tenant)
        feeds = [feed for feed in owner.occupancy.feeds if app_id in (None, feed.asked.app_id)]
        return {each.name: [list(row) for row in ledger.counted(each, feeds)] for each in owner.offered()}

    def ledgers(self, app_id: Optional[str] = None) -> dict[str, dict[str, list[list[Any]]]]:
        """The ledger of every tenant by its CID, the parent's own first; also of children that are gone."""
        return {each.cid: self.ledger(app_id, each.cid) for each in self.tenant.everyone()}

    def deliveries(self, app_id: Optional[str] = None, tenant: Optional[str] = None) -> Iterator[dict[str, Any]]:
        """Rows of who was sent what: app id, client, partition, generation, offset, SHA-256, times."""
        owner = self._tenant(tenant)
        for partition in [*owner.removed, *owner.offered()]:
            rows: Iterable[ledger.Delivery] = ledger.deliveries(partition, owner.occupancy.feeds, app_id)
            yield from (row._asdict() for row in rows)

    def _tenant(self, cid: Optional[str]) -> Tenant:
        if cid is None or cid == self.tenant.cid:
            return self.tenant
        if cid not in self.tenant.children:
            raise ValueError(f"no tenant {cid}")
        return self.tenant.children[cid]

    def _partition(self, name: str, tenant: Optional[str] = None) -> Partition:
        owner = self._tenant(tenant)
        found = owner.partitions.get(name) or next((each for each in owner.removed if each.name == name), None)
        if found is None:
            raise ValueError(f"no partition {name}")
        return found


def _matches(feed: Feed, partition: Optional[str], app_id: Optional[str]) -> bool:
    return partition in (None, feed.name) and app_id in (None, feed.asked.app_id)


LEVERS = tuple(name for name in vars(Levers) if not name.startswith("_"))
