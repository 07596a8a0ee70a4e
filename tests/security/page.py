"""The tables of docs/security.md, written from the claims between two marks."""

from __future__ import annotations

import re
from typing import Iterator

from tests.security.claim import Claim, Risk
from tests.security.claims import RISKS, TABLES
from tools.package import ROOT

PAGE = ROOT / "docs" / "security.md"
_BLOCK = re.compile(r"(<!-- claims: (\w+) -->\n)(.*?)(<!-- /claims -->)", re.DOTALL)


def rendered(text: str) -> str:
    """The page with its tables as the claims have them."""
    return _BLOCK.sub(lambda block: block[1] + "\n".join(_lines(block[2])) + "\n" + block[4], text)


def _lines(table: str) -> Iterator[str]:
    if table == "risks":
        yield "| who, where | what they try | why that is accepted |"
        yield "|---|---|---|"
        yield from map(_risk, RISKS)
        return
    yield "| who, where | what they try | what stops them | shown by |"
    yield "|---|---|---|---|"
    yield from map(_row, TABLES[table])


def _row(claim: Claim) -> str:
    shown = "<br>".join(f"`tests/{test}`" for test in claim.shown_by)
    return _cells(claim.who, claim.tries, claim.stops, shown)


def _risk(risk: Risk) -> str:
    return _cells(risk.who, risk.tries, risk.why)


def _cells(*texts: str) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"
