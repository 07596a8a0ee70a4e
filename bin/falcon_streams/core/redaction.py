r"""Makes a sample of an event, fit for a public issue: its structure stays, and every value is redacted in kind.

Theory. Who reports an event type or a field that is wrong has to show keys, kinds, lengths, and which values are the
same; nobody needs the values. Each text is taken apart where it has parts: JSON within a string, a URL, a list, a path,
an id made of others. A part is a word that stays (`core/vocabulary.py`), or gets an invented one (`core/invention.py`).

Rules: pure. `metadata.eventType` and `metadata.version` stay; so do booleans, null, empty strings, and whole numbers of
up to three digits, unless they stand in `metadata`, or in a list, which could spell a text. No other value keeps four
characters in a row, except for the listed words, well-known endings of files, and `https://example.com`. A key stays if
it is the name of a field, and no value of the line; so does the `Key` of a pair of `Key` and `ValueString`. A line is
never refused by an error that shows its text: it is an object of JSON, or it is not.
"""

from __future__ import annotations

import json
import re
from typing import Any, Iterator, List, Optional, Set, Tuple

from falcon_streams.core.invention import Below, Invention, leaks
from falcon_streams.core.vocabulary import (
    is_event_type,
    is_field_name,
    is_id_word,
    is_known_value,
    is_one_word,
    is_version,
)

_STAYS = {"metadata.eventType": is_event_type, "metadata.version": is_version}
_METADATA = "metadata."
_IN_LIST = "[]"
_IN_TEXT = '"'
_PAIR = ("Key", "ValueString")
_SMALL = re.compile(r"-?[0-9]{1,3}")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]*([/?#]\S*)?")
_URL_PARTS = re.compile(r"([/?&#=])")
_ENDING = (
    r"(?<=[\w)])\.(?:exe|dll|sys|msi|bat|cmd|ps1|vbs|js|jar|lnk|tmp|log|txt|ini|json|xml|zip|iso|img|doc|docx|docm|xls|xlsx|xlsm"
    r"|pdf|html|py|sh|so|dylib|app)\Z"
)
_LIST = re.compile(r"([,;|\n] *)")
_PARTS = re.compile(rf"([\\/@:=&]|{_ENDING})", re.IGNORECASE)
_FILE = re.compile(rf"({_ENDING})", re.IGNORECASE)
_PATH = re.compile(r"(?:[A-Za-z]:)?[\\/]")
_BLANK = re.compile(r"\s")


class _Members(List[Tuple[str, Any]]):
    """An object of JSON, with its keys in their order, and as often as they come."""


class _Number(str):
    """A number of JSON as it was written."""


class Redaction:
    """The samples of one run: in all of them, a value has the same replacement."""

    def __init__(self, below: Below) -> None:
        """`below(n)` draws a whole number from 0 to n - 1."""
        self._invention = Invention(below)
        self._told: Set[str] = set()

    def sample(self, line: str) -> Optional[str]:
        """The line as redacted JSON; None if it is not an object."""
        try:
            tree = _parsed(line)
            if isinstance(tree, _Members):
                self._told = {text.lower() for text in _texts(tree)}
                return self._value(tree, "")
        except (ValueError, RecursionError):
            pass
        return None

    def blur(self, line: str) -> str:
        """What stands for a line that is not an object: its letters, digits and marks in kind."""
        return self._invention.blur(line)

    def _value(self, value: Any, path: str) -> str:
        """A value as redacted JSON; `path` has the keys that lead to it."""
        if isinstance(value, _Members):
            return self._object(value, path)
        if isinstance(value, list):
            return f"[{','.join(self._value(each, path + _IN_LIST) for each in value)}]"
        if not isinstance(value, str):
            return json.dumps(value)
        redacted = value if path in _STAYS and _STAYS[path](value) else self._scalar(value, path)
        return redacted if isinstance(value, _Number) else json.dumps(redacted)

    def _object(self, members: _Members, path: str) -> str:
        is_pair = _is_pair(members)
        shown = []
        for name, value in members:
            if is_pair and name == _PAIR[0] and isinstance(value, str) and is_field_name(value):
                redacted = json.dumps(value)
            else:
                redacted = self._value(value, f"{path}.{name}" if path else name)
            shown.append(f"{json.dumps(self._key(name))}:{redacted}")
        return f"{{{','.join(shown)}}}"

    def _key(self, name: str) -> str:
        return name if self._is_name(name) else self._text(name)

    def _is_name(self, text: str) -> bool:
        return is_field_name(text) and (is_one_word(text) or text.lower() not in self._told)

    def _scalar(self, value: str, path: str) -> str:
        if not isinstance(value, _Number):
            return self._text(value)
        if _SMALL.fullmatch(value) and not path.startswith(_METADATA) and not path.endswith(_IN_LIST):
            return value
        return self._invention.replace(value)

    def _text(self, text: str) -> str:
        """A text, or one of a list."""
        if is_known_value(text):
            return text
        if text[:1] in ("{", "["):
            try:
                return self._value(_parsed(text), _IN_TEXT)
            except ValueError:
                pass
        parts = _LIST.split(text)
        if len(parts) > 1 and not _URL.fullmatch(text):
            return self._joined(text, parts, [part if odd else self._text(part) for part, odd in _alternating(parts)])
        return self._one_text(text)

    def _one_text(self, text: str) -> str:
        """A text that is no list: what words it has are not the words that stay."""
        url = _URL.fullmatch(text)
        if url is not None:
            return self._url(url[1] or "")
        parts = [text] if self._invention.has_kind(text) else _apart(text)
        if len(parts) == 1:
            return self._invention.replace(text)
        return self._joined(text, parts, [part if odd else self._part(part) for part, odd in _alternating(parts)])

    def _part(self, text: str) -> str:
        return text if is_id_word(text) else self._invention.replace(text)

    def _url(self, tail: str) -> str:
        """A URL of nobody's, with as many parts after its host. The names in its query stay if they are fields'."""
        parts = _URL_PARTS.split(tail)
        followers = [*parts[1:], ""]
        made = [
            part if odd or (follower == "=" and self._is_name(part)) else self._part(part)
            for (part, odd), follower in zip(_alternating(parts), followers)
        ]
        return "https://example.com" + self._joined(tail, parts, made)

    def _joined(self, text: str, parts: List[str], made: List[str]) -> str:
        """The parts together, unless that makes a piece of the original; what a part may keep is not one."""
        shown = "".join("\0" if _keeps(old, new) else new for old, new in zip(parts, made))
        return self._invention.blur(text) if leaks(shown, text) else "".join(made)


def _parsed(text: str) -> Any:
    """JSON as a tree. Raises ValueError, also for NaN and Infinity, which JSON does not have."""
    return json.loads(
        text,
        object_pairs_hook=_Members,
        parse_int=_Number,
        parse_float=_Number,
        parse_constant=_refuse,
        strict=False,
    )


def _refuse(name: str) -> None:
    raise ValueError("no number of JSON")


def _is_pair(members: _Members) -> bool:
    """Whether an object is a key with its value, as those of an audit are."""
    return set(_PAIR) <= {name for name, _ in members}


def _texts(value: Any) -> Iterator[str]:
    """The strings of a tree, without the keys of pairs."""
    if isinstance(value, _Members):
        is_pair = _is_pair(value)
        for name, each in value:
            if not (is_pair and name == _PAIR[0]):
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _apart(text: str) -> List[str]:
    """The parts of a path, an id, or a file's name, and between them what separates them, which stays."""
    return (_PARTS if _PATH.match(text) or not _BLANK.search(text) else _FILE).split(text)


def _alternating(parts: List[str]) -> Iterator[Tuple[str, bool]]:
    """Each part, and whether it is a separator."""
    return ((part, index % 2 == 1) for index, part in enumerate(parts))


def _keeps(old: str, new: str) -> bool:
    return leaks(new, old) or (old == new and any(map(str.isalnum, old)))
