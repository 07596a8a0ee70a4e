"""Flight Control as a parent's API client sees it: which children there are, and what is known of them.

Sources: FalconPy's `_endpoint/_mssp.py` (paths, parameters, the default limit), gofalcon's `client/mssp` (statuses, 207
among them, and `domain.ChildLink`), psfalcon's wiki (the scope, the largest limit: 5,000, where FalconPy's docstring
says 1,000), falcon-installer#95 (how a missing scope is refused).

Rules: stricter than is known of Falcon, never kinder. A parameter, a sort, a filter or a member of a body that is not
documented is refused. A CID is known bare and in lower case only. Who is no parent, or acts for a child, is refused.
"""

from __future__ import annotations

import json
import re
from typing import Any, Optional
from urllib.parse import parse_qsl

from tests.emulator.envelope import NO_SCOPE, NOT_ALLOWED, meta, refuse
from tests.emulator.link import Link
from tests.emulator.tenant import Tenant
from tests.emulator.wire import Answer, Request, json_answer

PATHS = {
    ("GET", "/mssp/queries/children/v1"): "query_children",
    ("POST", "/mssp/entities/children/GET/v2"): "get_children",
    ("GET", "/mssp/entities/children/v1"): "get_children",
}
_PARAMETERS = {"filter", "sort", "offset", "limit"}
_SORTS = re.compile(r"last_modified_timestamp[|.](asc|desc)")  # psfalcon writes a dot
_FILTER = re.compile(r"cid:(?:'([0-9a-f]{32})'|\[('[0-9a-f]{32}'(?:,'[0-9a-f]{32}')*)\])")
_DEFAULT_LIMIT = "10"


class FlightControl:
    """The service of a parent."""

    def __init__(self, parent: Tenant) -> None:
        self._parent = parent

    def answer(self, kind: str, request: Request, tenant: Tenant) -> Answer:
        """What this tenant's bearer gets."""
        if tenant is not self._parent:
            self._parent.note_crossing(kind, request, tenant.cid, self._parent.cid)
            return refuse(403, NOT_ALLOWED)
        if not self._parent.options.flight_control:
            return refuse(403, NO_SCOPE)
        if not self._parent.is_parent:
            return refuse(403, NOT_ALLOWED)
        if kind == "query_children":
            return self._query(request)
        ids = ids_in_query(request) if request.method == "GET" else ids_in_body(request)
        return ids if isinstance(ids, Answer) else self._get(ids)

    def _query(self, request: Request) -> Answer:
        asked = request.query
        strange = set(asked) - _PARAMETERS
        if strange:
            return refuse(400, f"Invalid parameter: {sorted(strange)[0]}")
        sort, wanted = asked.get("sort", "last_modified_timestamp|desc"), asked.get("filter")
        offset, limit = asked.get("offset", "0"), asked.get("limit", _DEFAULT_LIMIT)
        if not _SORTS.fullmatch(sort):
            return refuse(400, f"Invalid sort: {sort}")
        if not offset.isdecimal() or not limit.isdecimal():
            return refuse(400, "Invalid offset or limit")
        if not 1 <= int(limit) <= self._parent.options.longest_page:
            return refuse(400, f"Invalid limit: {limit}")
        if wanted is not None and not _FILTER.fullmatch(wanted):
            return refuse(400, f"Invalid filter: {wanted}")
        found = self._links(wanted)
        found.sort(key=lambda link: (link.modified_at, link.cid), reverse=sort.endswith("desc"))
        page = found[int(offset) : int(offset) + int(limit)]
        paging = {"offset": int(offset), "limit": int(limit), "total": len(found)}
        tree: dict[str, Any] = {"meta": {**meta(), "pagination": paging}, "errors": []}
        return json_answer(200, {**tree, "resources": [link.cid for link in page]})

    def _links(self, wanted: Optional[str]) -> list[Link]:
        names = None if wanted is None else set(re.findall("[0-9a-f]{32}", wanted))
        return [link for link in list(self._parent.links.values()) if link.listed and (not names or link.cid in names)]

    def _get(self, ids: list[str]) -> Answer:
        links = self._parent.links
        found = [links[each].row() for each in dict.fromkeys(ids) if self._parent.listed(each)]
        strange = [each for each in dict.fromkeys(ids) if not self._parent.listed(each)]
        errors = [{"code": 404, "id": each, "message": f"child not found: {each}"} for each in strange]
        return json_answer(207 if strange else 200, {"meta": meta(), "errors": errors, "resources": found})


def ids_in_query(request: Request) -> Any:
    """The CIDs that a GET asks for, or its refusal."""
    pairs = parse_qsl(request.raw_query, keep_blank_values=True)
    ids = [value for name, value in pairs if name == "ids"]
    return ids if ids and len(ids) == len(pairs) else refuse(400, "Invalid parameter: ids")


def ids_in_body(request: Request) -> Any:
    """The CIDs that a POST asks for, or its refusal."""
    if request.content_type != "application/json":
        return refuse(415, "415: Unsupported Media Type")
    try:
        tree = json.loads(request.body)
    except ValueError:
        return refuse(400, "Invalid JSON")
    ids = tree.get("ids") if isinstance(tree, dict) and set(tree) == {"ids"} else None
    if not isinstance(ids, list) or not ids or not all(isinstance(each, str) for each in ids):
        return refuse(400, "Invalid body: ids")
    return ids
