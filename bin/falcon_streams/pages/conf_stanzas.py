"""The stanzas of one of our confs as a page's caller looks them up and saves them.

Rules: who may not write learns nothing about a stanza. A form is checked against the stanza as it was read once, before
the lock. Under the lock the stanza is read again, because somebody else may have saved or deleted it while the form was
checked: without that, one writer's change would undo the other's.
"""

from __future__ import annotations

from typing import Callable, ContextManager, Dict, List, Mapping, NamedTuple, Optional, Tuple

from falcon_streams.errors import Refused
from falcon_streams.pages.rest import require_write_permission, taken
from falcon_streams.pages.writable_splunkd import WritableSplunkd


class StanzaKind(NamedTuple):
    """A conf, which of its stanzas a page shows, what a sentence calls one, and the sentence for one that is not
    there."""

    conf: str
    is_shown: Callable[[str], bool]
    called: Callable[[str], str]
    missing: Callable[[str], str]


class ConfStanzas:
    """Reads and writes as the caller may; each of its methods says what it refuses."""

    def __init__(self, splunkd: WritableSplunkd, kind: StanzaKind) -> None:
        self._splunkd = splunkd
        self._kind = kind

    def every(self) -> List[Tuple[str, Dict[str, str]]]:
        """All stanzas that the page shows, by name."""
        return [(name, raw) for name, raw in self._splunkd.stanzas(self._kind.conf) if self._kind.is_shown(name)]

    def existing(self, name: str) -> Dict[str, str]:
        """One stanza. Refused 404 where there is none."""
        raw = self._splunkd.stanza(self._kind.conf, name) if self._kind.is_shown(name) else None
        return self._found(name, raw)

    def require_right_to_add(self) -> None:
        """Refused 403 where the caller may add no stanza."""
        require_write_permission(self._splunkd.may_add_stanzas())

    def require_free(self, name: str) -> None:
        """Refused 409 where there is a stanza of this name."""
        if self._splunkd.stanza(self._kind.conf, name) is not None:
            raise taken(self._kind.called(name))

    def to_change(self, name: str) -> Dict[str, str]:
        """The stanza that is to be changed or deleted. Refused 403 where the caller may not write it, 404 where there
        is none."""
        raw, may_write = self._splunkd.stanza_to_change(self._kind.conf, name)
        require_write_permission(may_write)
        return self._found(name, raw if self._kind.is_shown(name) else None)

    def save(
        self, name: str, former: Optional[Mapping[str, str]], texts: Mapping[str, str], secret: ContextManager[None]
    ) -> None:
        """Add the stanza where `former` is None, else change it, within the change of its secret. Called under the
        lock. Refused 409 or 404 where somebody else was faster."""
        if former is None:
            self.require_free(name)
            with secret:
                self._splunkd.create_stanza(self._kind.conf, name, {key: text for key, text in texts.items() if text})
            return
        if self.existing(name) != former:
            what = self._kind.called(name)
            raise Refused(409, f"{what} was changed by somebody else meanwhile. Look at it, then save again")
        with secret:
            self._splunkd.edit_stanza(self._kind.conf, name, texts)

    def delete(self, name: str, secret: ContextManager[None]) -> None:
        """Remove the stanza within the removal of its secret."""
        with secret:
            self._splunkd.delete_stanza(self._kind.conf, name)

    def _found(self, name: str, raw: Optional[Dict[str, str]]) -> Dict[str, str]:
        if raw is None:
            raise Refused(404, self._kind.missing(name))
        return raw
