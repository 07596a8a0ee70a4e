"""The name of a partition within an input: Falcon's id, and for a child tenant its CID before that: `<cid>/<id>`.

Theory. Every tenant has a partition 0. Readers, records, the roster, and logs know a partition by its name alone, so a
name that holds the tenant keeps all of them apart. A partition of the account's own tenant keeps its bare id, and with
that the records of earlier versions. An id never has a slash (`core/discovery.py`).

Rules: a CID is 32 hex digits in lower case, without the checksum that consoles show behind it.
"""

from __future__ import annotations

import re
from typing import Tuple

CID = re.compile(r"[0-9a-f]{32}")
NAME = re.compile(rf"(?:{CID.pattern}/)?[0-9A-Za-z_-]{{1,64}}")
_WRITTEN = re.compile(r"([0-9a-fA-F]{32})(-[0-9a-fA-F]{2})?")


def read_cid(text: str) -> str:
    """A CID as a console, a conf, or an event writes it, in its plain form; empty if this is none."""
    written = _WRITTEN.fullmatch(text.strip())
    return written[1].lower() if written else ""


def name_of(tenant: str, id: str) -> str:
    """The name of a partition; `tenant` is the child's CID, empty for the account's own tenant."""
    return f"{tenant}/{id}" if tenant else id


def split(name: str) -> Tuple[str, str]:
    """The tenant (empty for the account's own) and Falcon's id of a partition."""
    tenant, _, id = name.rpartition("/")
    return tenant, id
