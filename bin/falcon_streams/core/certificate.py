"""Names in certificates, as a person reads a chain: whose it is, and who issued it.

Rules: pure. Only names are read, of certificates that TLS has verified; X.690 says how they are encoded. Python has no
public way to read a certificate other than the peer's own.
"""

from __future__ import annotations

from typing import Iterator, List, Sequence, Tuple

from falcon_streams.core.text import tidy

_SEQUENCE, _SET, _VERSION = 0x30, 0x31, 0xA0
_COMMON_NAME, _ORGANIZATION, _UNIT = b"\x55\x04\x03", b"\x55\x04\x0a", b"\x55\x04\x0b"
_UNREADABLE = "a certificate that cannot be read"


def chain_text(chain: Sequence[bytes]) -> str:
    """A chain in DER, the server's own certificate first, as `server < issuer < root`."""
    names: List[str] = []
    issuer = ""
    for der in chain:
        try:
            subject, issuer = _subject_and_issuer(der)
        except (ValueError, IndexError):
            subject = issuer = _UNREADABLE
        names.append(subject)
    return " < ".join(names if not names or issuer == names[-1] else [*names, issuer])


def _subject_and_issuer(der: bytes) -> Tuple[str, str]:
    certificate = _items(_items(der)[0][1])
    fields = [each for each in _items(certificate[0][1]) if each[0] != _VERSION]
    # serial number, signature, issuer, validity, subject (RFC 5280, section 4.1)
    return _name(fields[4][1]), _name(fields[2][1])


def _name(value: bytes) -> str:
    found = dict(_attributes(value))
    for wanted in (_COMMON_NAME, _UNIT, _ORGANIZATION):
        if found.get(wanted):
            return tidy(found[wanted].decode("utf-8", "replace"))
    return "no name"


def _attributes(value: bytes) -> Iterator[Tuple[bytes, bytes]]:
    for _, several in _items(value):
        for _, pair in _items(several):
            (_, kind), (_, text) = _items(pair)[:2]
            yield kind, text


def _items(data: bytes) -> List[Tuple[int, bytes]]:
    """The tags and values in a sequence of DER. Raises ValueError or IndexError where it is cut."""
    found: List[Tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        tag, length, start = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, start = int.from_bytes(data[start : start + size], "big"), start + size
        at = start + length
        if at > len(data):
            raise ValueError("cut")
        found.append((tag, data[start:at]))
    return found
