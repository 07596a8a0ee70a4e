"""One of twenty children as the scene of a row: what the row does, it does to this child alone.

Theory. A row was written for the account's own tenant. Here its steps, levers, and looks are those of one child: a
lever that takes a tenant is pulled for the child, a step bears its CID, the log is read without its siblings' lines,
and its partitions have their bare names in it. Beside the family's input, another input reads the parent's own
stream: the bystander of `others.py`.

Rules: what belongs to more than one tenant (a conf, an account, a proxy, a certificate) is out of reach. A row that
asks for it raises NotOneTenants, and counts as not run. The child's offsets are far from its siblings', so that a
search for one finds the child's.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Optional, cast

from tests.emulator import Emulator
from tests.emulator.levers import Levers
from tests.emulator.tenant import Tenant
from tests.faults.load import publishing
from tests.integration.scene import INPUT, Scene
from tests.splunkd import Splunkd
from tests.splunkd.intake.index import Event

CHILDREN = 20
FLOOR = 712_345_678  # of the siblings; a row's own is lower, or far above
PACE = 2.0  # events a second of each sibling and of the parent
BYSTANDER = "bystander"
_WHOSE = re.compile(r"partition=([0-9a-f]{32})/")
_CUSTOMER = re.compile(rb'"customerIDString":\s*"([0-9a-f]{32})"')
_LOOKS = frozenset({"now", "clear_faults", "waiting_faults", "trapped", "trap_url", "proxy_targets"})
_READS = frozenset({"home", "logs", "wait_for", "input_pid"})


class NotOneTenants(Exception):
    """A row asks for what is not one tenant's."""


class ChildScene(Scene):
    """The scene as one child has it."""

    def __init__(self, family: Scene, cid: str) -> None:
        self.family = family
        self.cid = cid
        self.siblings = [each for each in family.falcon.cids() if each != cid]
        self.secrets = family.secrets
        self.falcon = cast(Emulator, _Falcon(family.falcon, cid))
        self.splunkd = cast(Splunkd, _Index(family.splunkd, {*self.siblings, family.falcon.tenant.cid}))

    def begin(self, name: str = INPUT, **settings: str) -> None:
        """The bystander's input, then the family's."""
        idle_timeout = settings["idle_timeout"]
        self.family.begin(BYSTANDER, idle_timeout=idle_timeout)
        self.family.begin(name, **{**settings, "tenants": "children"})

    @contextmanager
    def load(self) -> Iterator[None]:
        """Events on the siblings' streams and the parent's until the block is left."""
        falcon = self.family.falcon

        def publish() -> None:
            for each in (falcon.tenant.cid, *self.siblings):
                falcon.generate(1, tenant=each)

        with publishing(publish, PACE):
            yield

    def log(self, name: str = INPUT) -> str:
        """What the input's log says of this child, by bare names of partitions, and of the input itself."""
        lines = self.family.log(name).splitlines(keepends=True)
        found = ((line, _WHOSE.search(line)) for line in lines)
        return "".join(_WHOSE.sub("partition=", line) for line, whose in found if not whose or whose[1] == self.cid)


class _Falcon:
    """The emulator's levers, for one child."""

    def __init__(self, falcon: Emulator, cid: str) -> None:
        self._falcon = falcon
        self._cid = cid

    @property
    def tenant(self) -> Tenant:
        """The child."""
        return self._falcon.tenant.children[self._cid]

    def add_faults(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """Steps for the child."""
        self._falcon.add_faults(aimed(steps, self._cid, self._falcon))

    def requests(self, kind: Optional[str] = None) -> list[dict[str, Any]]:
        """The calls that bore a token of the child, or asked for one."""
        return [row for row in self._falcon.requests(kind) if row["tenant"] == self._cid]

    def __getattr__(self, name: str) -> Any:
        lever = getattr(Levers, name, None)
        if lever is not None and "tenant" in inspect.signature(lever).parameters:
            return partial(getattr(self._falcon, name), tenant=self._cid)
        if name in _LOOKS:
            return getattr(self._falcon, name)
        raise NotOneTenants(f"{name} of Falcon is not one tenant's")


class _Index:
    """What may be looked at of splunkd: the index holds the child's events alone."""

    def __init__(self, splunkd: Splunkd, strangers: set[str]) -> None:
        self._splunkd = splunkd
        self._strangers = {cid.encode() for cid in strangers}

    def events(self, where: str = "", parameters: Sequence[Any] = ()) -> list[Event]:
        """As the index's, without the events that name another tenant as their customer."""
        found = ((event, _CUSTOMER.search(event.raw)) for event in self._splunkd.events(where, parameters))
        return [event for event, customer in found if not customer or customer[1] not in self._strangers]

    def count(self, where: str = "", parameters: Sequence[Any] = ()) -> int:
        """How many these are."""
        return len(self.events(where, parameters))

    def __getattr__(self, name: str) -> Any:
        if name in _READS:
            return getattr(self._splunkd, name)
        raise NotOneTenants(f"{name} of splunkd is not one tenant's")


def aimed(steps: Sequence[Mapping[str, Any]], cid: str, falcon: Emulator) -> list[Mapping[str, Any]]:
    """The steps, for this child alone."""
    return [{**step, "tenant": cid} for step in steps]


@contextmanager
def family(folder: Path, package: Path, options: Mapping[str, Any]) -> Iterator[ChildScene]:
    """A parent with CHILDREN children; the scene of the last one, who has the row's partitions and offsets."""
    one_each = {**options, "partitions": 1, "floor": FLOOR, "children": CHILDREN - 1}
    with Scene(folder, package, **one_each) as scene:
        scene.falcon.set_option("floor", options["floor"])
        yield ChildScene(scene, scene.falcon.add_child(partitions=options["partitions"]))
