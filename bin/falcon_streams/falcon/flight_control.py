"""Falcon's service collection "Flight Control", as far as the children of a parent tenant go: which there are.

Rules: a list that may lack a child is an error and never a shorter list, because a child that is gone is no longer
read. Falcon gives the list in pages and counts the whole; a child that changes meanwhile moves between pages. So a list
that is short of Falcon's count is asked for again, and counts if it comes out the same twice. CIDs and names come from
outside: what is no CID is left out, and a name is made fit for a line.
Sources: falconpy `_endpoint/_mssp.py`, gofalcon `domain_child_link`.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Set, Tuple
from urllib.parse import urlencode

from falcon_streams.core.answer import Answer
from falcon_streams.core.partition_name import read_cid
from falcon_streams.core.tenants import Child
from falcon_streams.core.text import tidy
from falcon_streams.errors import Retryable
from falcon_streams.falcon.auth import Bearers, call
from falcon_streams.falcon.transport import Form, Transport

QUERY_PATH = "/mssp/queries/children/v1"
ENTITIES_PATH = "/mssp/entities/children/GET/v2"
PAGE = 500  # Falcon's default is 10
CHUNK = 100
MOST_CHILDREN = 20_000
READINGS = 3


class FlightControl:
    """The operations `queryChildren` and `getChildrenV2` (scope "Flight Control: Read") with a parent's bearer."""

    def __init__(self, transport: Transport, bearers: Bearers) -> None:
        self._transport = transport
        self._bearers = bearers

    def children(self) -> List[Child]:
        """All children, sorted by CID. Raises Retryable unless the list is whole."""
        cids = self._cids()
        known: Dict[str, Child] = {}
        for start in range(0, len(cids), CHUNK):
            known.update(self._entities(cids[start : start + CHUNK]))
        return [known.get(cid, Child(cid, "", "")) for cid in cids]

    def _cids(self) -> List[str]:
        before: Optional[List[str]] = None
        for _ in range(READINGS):
            found, is_whole = self._reading()
            if is_whole or found == before:
                return found
            before = found
        raise Retryable(
            f"{self._bearers.origin.api_host}: the list of children changed while the add-on read it: the add-on asks "
            "again"
        )

    def _reading(self) -> Tuple[List[str], bool]:
        """The CIDs of all pages, and whether they are as many as Falcon counts."""
        found: Set[str] = set()
        offset = 0
        while offset <= MOST_CHILDREN:
            tree = self._ask("GET", f"{QUERY_PATH}?{urlencode({'limit': PAGE, 'offset': offset})}")
            page, total = tree["resources"], _total(tree)
            found.update(filter(None, (read_cid(cid) for cid in page if isinstance(cid, str))))
            offset += len(page)
            if not page or (total is not None and offset >= total):
                return sorted(found), total is None or len(found) >= total
        raise Retryable(
            f"{self._bearers.origin.api_host} lists more than {MOST_CHILDREN} children: ask CrowdStrike support"
        )

    def _entities(self, cids: List[str]) -> Dict[str, Child]:
        body = json.dumps({"ids": cids}).encode("ascii")
        tree = self._ask("POST", ENTITIES_PATH, body)
        children = [_child(entity) for entity in tree["resources"] if isinstance(entity, dict)]
        return {child.cid: child for child in children if child.cid in cids}

    def _ask(self, method: str, path: str, body: Optional[Form] = None) -> Dict[str, Any]:
        """The answer's tree, in which `resources` is a list. Raises Retryable for all else."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        answer = call(self._transport, self._bearers, method, path, headers, body)
        tree = answer.tree()
        resources = tree.get("resources")
        if not answer.ok or answer.complaint() or not isinstance(resources, (list, type(None))) or not tree:
            raise self._failure(answer)
        return {**tree, "resources": resources or []}

    def _failure(self, answer: Answer) -> Retryable:
        return Retryable(
            f"{self._bearers.origin.api_host} answered {answer.status} to the question for the children "
            f"({answer.complaint() or 'no reason given'}){self._remedy(answer)}",
            after=self._bearers.rest_after(answer),
            status=answer.status,
            trace_id=answer.trace_id,
        )

    def _remedy(self, answer: Answer) -> str:
        if answer.status == 401:
            return f": the bearer was refused, check the account's cloud{self._bearers.cloud_hint}"
        if answer.status == 403:
            return ': give the API client of the parent tenant the scope "Flight Control: Read"'
        return answer.usual_remedy()


def _total(tree: Dict[str, Any]) -> Optional[int]:
    """How many children Falcon counts, None if it does not say."""
    meta = tree.get("meta")
    pagination = meta.get("pagination") if isinstance(meta, dict) else None
    total = pagination.get("total") if isinstance(pagination, dict) else None
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None


def _child(entity: Dict[str, Any]) -> Child:
    return Child(read_cid(_text(entity, "child_cid")), _text(entity, "name"), _text(entity, "status"))


def _text(entity: Dict[str, Any], key: str) -> str:
    value = entity.get(key)
    return tidy(value) if isinstance(value, str) else ""
