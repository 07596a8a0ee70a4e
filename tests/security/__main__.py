"""Writes the tables of docs/security.md anew: python -m tests.security."""

from __future__ import annotations

from tests.security.page import PAGE, rendered

PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
