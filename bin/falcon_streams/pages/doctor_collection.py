"""The doctor as the Configuration page asks it: what it finds, in its order, as objects that are only read.

Rules: the checks have the caller's session, so splunkd decides what each may read. A caller who may not list inputs
gets no finding at all.
"""

from __future__ import annotations

from typing import Callable, Iterable, List, Mapping, Tuple

from falcon_streams.errors import Refused
from falcon_streams.pages.input_collection import LIST
from falcon_streams.pages.rest import Change, Entry, require_capability
from falcon_streams.splunk.writable_splunkd import WritableSplunkd

Examine = Callable[[WritableSplunkd], Iterable[Mapping[str, object]]]
"""Examines as the caller; the findings in their order."""


class Findings:
    """The collection behind `falcon_event_streams_doctor`."""

    needs: Tuple[str, ...] = (LIST,)

    def __init__(self, splunkd: WritableSplunkd, examine: Examine) -> None:
        self._splunkd = splunkd
        self._examine = examine

    def entries(self) -> List[Entry]:
        """All findings, made now."""
        require_capability(self._splunkd, LIST)
        return [Entry(f"{number:02d}", each) for number, each in enumerate(self._examine(self._splunkd), 1)]

    def entry(self, name: str) -> Entry:
        """A finding has no name by which to ask for it alone."""
        raise Refused(404, "ask for all findings at once")

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        """Nothing can be changed here."""
        raise Refused(405, "the doctor changes nothing")

    def delete(self, name: str) -> None:
        """Nothing can be removed here."""
        raise Refused(405, "the doctor changes nothing")
