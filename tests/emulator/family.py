"""A parent and its children: who is linked, since when, and what comes and goes with a child.

Rules: a child that is unlinked keeps its streams, offsets and events, and so goes on where it was when it comes back.
Meanwhile its tokens are refused and its feeds are cut. A child's events bear its own CID.
"""

from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence

from tests.emulator.link import Link, cid_of, is_cid
from tests.emulator.options import Children
from tests.emulator.tenant import Tenant


class Family:
    """The children of one parent."""

    def __init__(self, parent: Tenant) -> None:
        self._parent = parent
        self._number = 0

    def found(self, children: Children) -> None:
        """The children that are there at the start: so many, by name, or by CID and name."""
        if isinstance(children, dict):
            for cid, name in children.items():
                self.add(cid, name)
            return
        names: Sequence[Optional[str]] = [None] * children if isinstance(children, int) else children
        for each in names:
            self.add(None, each)

    def add(self, cid: Optional[str], name: Optional[str], partitions: Optional[int] = None) -> str:
        """Link a new child; its CID. ValueError where there is one already, or the CID is none."""
        parent, self._number = self._parent, self._number + 1
        cid = cid_of(parent.cid, self._number) if cid is None else cid
        if not is_cid(cid) or cid == parent.cid or cid in parent.children:
            raise ValueError(f"{cid} is no CID, or somebody's already")
        options = parent.options.of_child(customer=cid, member_cid="", other_customers=0)
        child = Tenant(parent.clock, options, parent)
        for number in range(parent.options.partitions if partitions is None else partitions):
            child.add_partition(str(number), parent.options.floor)
        parent.children[cid] = child
        parent.links[cid] = Link(parent.cid, cid, name or f"Child {self._number}", parent.clock.now())
        return cid

    def remove(self, cid: str) -> None:
        """Unlink a child: it is not listed, its tokens are refused, its feeds cut."""
        self._link(cid).listed = False
        self._parent.tokens.revoke_bearers_of(cid)
        self._parent.tokens.revoke_passes_of(cid)
        for feed in self._parent.children[cid].occupancy.live():
            feed.order("cut")

    def bring_back(self, cid: str) -> None:
        """Link it again."""
        link = self._link(cid)
        link.listed, link.modified_at = True, self._parent.clock.now()

    def change(self, cid: str, fields: Mapping[str, Any]) -> None:
        """Let Flight Control say this of a child."""
        self._link(cid).change(fields, self._parent.clock.now())

    def rows(self) -> list[dict[str, Any]]:
        """Every child there ever was: its link, whether it is listed, and its partitions."""
        parent = self._parent
        return [
            {"cid": cid, "listed": link.listed, "partitions": list(parent.children[cid].partitions), "link": link.row()}
            for cid, link in list(parent.links.items())
        ]

    def _link(self, cid: str) -> Link:
        if cid not in self._parent.links:
            raise ValueError(f"no child {cid}")
        return self._parent.links[cid]
