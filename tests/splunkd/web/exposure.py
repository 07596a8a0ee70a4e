"""Which paths of splunkd a page may ask through splunkweb.

Rules (web.conf.spec, `[expose:<name>]`): `pattern` is a path below the namespace; an element `*` stands for one
element, `**` for any number (one at least here, the spec does not say), one that ends with `*` for what begins so;
`methods` is GET unless it says otherwise. What Splunk exposes of its own is written here as far as pages of add-ons are
known to ask it; its own web.conf is not at hand.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.splunkd.conf.layers import Confs

_READ = frozenset(("GET",))
_CHANGE = frozenset(("GET", "POST"))
_ALL = frozenset(("GET", "POST", "DELETE"))

_OF_SPLUNK: tuple[tuple[str, frozenset[str]], ...] = (
    ("apps/local", _READ),
    ("apps/local/*", _CHANGE),
    ("authentication/current-context", _READ),
    ("authentication/current-context/*", _READ),
    ("configs/conf-*", _CHANGE),
    ("configs/conf-*/*", _ALL),
    ("data/indexes", _CHANGE),
    ("data/indexes/*", _ALL),
    ("data/inputs/**", _ALL),
    ("data/ui/times", _READ),
    ("search/jobs", _CHANGE),
    ("search/jobs/**", _ALL),
    ("search/v2/jobs", _CHANGE),
    ("search/v2/jobs/**", _ALL),
    ("server/info", _READ),
    ("server/info/*", _READ),
    ("storage/passwords", _CHANGE),
    ("storage/passwords/*", _ALL),
)


class Exposure:
    """web.conf of all apps, read at every question."""

    def __init__(self, confs: Confs) -> None:
        self._confs = confs

    def allows(self, method: str, segments: Sequence[str]) -> bool:
        """Whether a path below the namespace, decoded by element, may be asked with this method."""
        return any(method in methods and fits(pattern, segments) for pattern, methods in self._patterns())

    def _patterns(self) -> list[tuple[str, frozenset[str]]]:
        told = [
            (settings["pattern"], frozenset(part.strip() for part in settings.get("methods", "GET").split(",")))
            for name, settings in self._confs.stanzas("web").items()
            if name.startswith("expose:") and settings.get("pattern")
        ]
        return [*_OF_SPLUNK, *told]


def fits(pattern: str, segments: Sequence[str]) -> bool:
    """Whether a pattern stands for a path."""
    return _fits(pattern.split("/"), segments)


def _fits(elements: Sequence[str], segments: Sequence[str]) -> bool:
    if not elements or not segments:
        return not elements and not segments
    if elements[0] == "**":
        return any(_fits(elements[1:], segments[taken:]) for taken in range(1, len(segments) + 1))
    return _stands_for(elements[0], segments[0]) and _fits(elements[1:], segments[1:])


def _stands_for(element: str, segment: str) -> bool:
    return segment.startswith(element[:-1]) if element.endswith("*") else segment == element
