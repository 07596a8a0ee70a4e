"""The two XML documents that splunkd writes to a script's stdin.

Source: Splunk platform reference 1.1. Values are strings; `host` may be the literal `$decideOnStartup`, `index` the
literal `default`; `app` is an attribute of the stanza.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr


class Surroundings(NamedTuple):
    """What every document says about the splunkd behind it."""

    server_host: str
    server_uri: str
    session_key: str
    checkpoint_dir: Path


def render_input(around: Surroundings, stanza: str, app: str, settings: Mapping[str, str]) -> bytes:
    """The `<input>` document of a run. `stanza` is the whole name, `scheme://name`."""
    return _document(
        "input",
        around,
        f"  <configuration>\n    <stanza name={quoteattr(stanza)} app={quoteattr(app)}>\n"
        f"{_params(settings)}    </stanza>\n  </configuration>\n",
    )


def render_items(around: Surroundings, name: str, settings: Mapping[str, str], app: str | None = None) -> bytes:
    """The `<items>` document of a validation, with its one item."""
    attributes = quoteattr(name) + (f" app={quoteattr(app)}" if app else "")
    return _document("items", around, f"  <item name={attributes}>\n{_params(settings)}  </item>\n")


def _document(root: str, around: Surroundings, body: str) -> bytes:
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n'
        f"  <server_host>{escape(around.server_host)}</server_host>\n"
        f"  <server_uri>{escape(around.server_uri)}</server_uri>\n"
        f"  <session_key>{escape(around.session_key)}</session_key>\n"
        f"  <checkpoint_dir>{escape(str(around.checkpoint_dir))}</checkpoint_dir>\n"
    )
    return f"{head}{body}</{root}>\n".encode()


def _params(settings: Mapping[str, str]) -> str:
    return "".join(
        f"      <param name={quoteattr(name)}>{escape(settings[name])}</param>\n" for name in sorted(settings)
    )
