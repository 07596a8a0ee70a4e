"""The stanzas of one of our confs, as a page's caller reads and changes them.

Rules: a caller who may not write learns nothing about a stanza. A form is checked before the lock. Under the lock the
stanza is read again and compared, because somebody else may have saved or deleted it in the meantime; without that, one
caller's change would undo the other's.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from falcon_streams.errors import Refused
from falcon_streams.pages.rest import require_write_permission, taken
from falcon_streams.splunk.writable_splunkd import WritableSplunkd


class StanzaKind(NamedTuple):
    """A conf, which of its stanzas a page shows, what a sentence calls one, and the sentence for a missing one."""

    conf: str
    is_shown: Callable[[str], bool]
    called: Callable[[str], str]
    missing: Callable[[str], str]


class ConfStanzas:
    """Reads and changes the stanzas of one kind, with the caller's rights."""

    def __init__(self, splunkd: WritableSplunkd, kind: StanzaKind) -> None:
        self._splunkd = splunkd
        self._kind = kind

    def every(self) -> List[Tuple[str, Dict[str, str]]]:
        """All stanzas that the page shows, with their names."""
        return [(name, raw) for name, raw in self._splunkd.stanzas(self._kind.conf) if self._kind.is_shown(name)]

    def existing(self, name: str) -> Dict[str, str]:
        """One stanza. Refused 404 if there is none."""
        raw = self._splunkd.stanza(self._kind.conf, name) if self._kind.is_shown(name) else None
        return self._found(name, raw)

    def require_right_to_add(self) -> None:
        """Refused 403 if the caller may not add stanzas."""
        require_write_permission(self._splunkd.may_add_stanzas())

    def require_free(self, name: str) -> None:
        """Refused 409 if there is a stanza of this name."""
        if self._splunkd.stanza(self._kind.conf, name) is not None:
            raise taken(self._kind.called(name))

    def to_change(self, name: str) -> Dict[str, str]:
        """A stanza that the caller wants to change or delete. Refused 403 if the caller may not write it, 404 if there
        is none."""
        raw, may_write = self._splunkd.stanza_to_change(self._kind.conf, name)
        require_write_permission(may_write)
        return self._found(name, raw if self._kind.is_shown(name) else None)

    def require_unchanged(self, name: str, former: Optional[Mapping[str, str]]) -> None:
        """Refused 409 or 404 if the stanza is not as it was before the lock; `former` is None if there was none."""
        if former is None:
            self.require_free(name)
        elif self.existing(name) != former:
            what = self._kind.called(name)
            raise Refused(409, f"{what} was changed by somebody else meanwhile. Look at it, then save again")

    def write(self, name: str, former: Optional[Mapping[str, str]], texts: Mapping[str, str]) -> None:
        """Add the stanza if `former` is None, else change it; an empty text unsets a setting."""
        if former is None:
            self._splunkd.create_stanza(self._kind.conf, name, {key: text for key, text in texts.items() if text})
        else:
            self._splunkd.edit_stanza(self._kind.conf, name, texts)

    def delete(self, name: str) -> None:
        """Remove the stanza."""
        self._splunkd.delete_stanza(self._kind.conf, name)

    def _found(self, name: str, raw: Optional[Dict[str, str]]) -> Dict[str, str]:
        if raw is None:
            raise Refused(404, self._kind.missing(name))
        return raw
