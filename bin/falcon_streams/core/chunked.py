"""Removes the chunked framing of an HTTP/1.1 body: bytes in, bytes out (RFC 9112, section 7.1).

Rules: the part of a chunk that has arrived is handed on at once. A chunk's head is matched together with the line end
that closes the chunk before it, so that one match checks both. Extensions and trailers are skipped. Bytes that fit no
chunk end the feed: what follows them could be anything. A head may be as long as the RFC allows, up to bounds that no
server comes near; they hold wherever the head is cut.
"""

from __future__ import annotations

import re
from typing import List

from falcon_streams.errors import Retryable

# Fifteen digits, not counting leading zeros: more do not fit the machine word that Python slices bytes with.
_SIZE, _EXTENSION = rb"0{0,99}([0-9A-Fa-f]{1,15})", rb"(?:[ \t;][^\r\n]{0,999})?"
_HEAD = re.compile(rb"\r\n%b%b\r\n" % (_SIZE, _EXTENSION))
_PART_OF_HEAD = re.compile(rb"(?:\r(?:\n(?:%b%b\r?)?)?)?" % (_SIZE, _EXTENSION))


class Dechunker:
    """One body. `ended` is set once its last chunk has been seen; what comes after that is not read."""

    def __init__(self) -> None:
        self._left = 0  # bytes that the current chunk still lacks
        self._held = b"\r\n"  # the part of a head that has arrived; the first chunk follows a line end like all others
        self.ended = False

    def push(self, data: bytes) -> bytes:
        """Take the next bytes; return the body bytes in them. Raises Retryable if they are not chunks."""
        if self._left >= len(data):
            self._left -= len(data)
            return data
        if self._held:
            data, self._held = self._held + data, b""
        parts: List[bytes] = [data[: self._left]]
        end = self._left
        head = _HEAD.match(data, end)
        while head is not None and not self.ended:
            begin = head.end()
            end = begin + int(head[1], 16)
            self.ended = begin == end
            parts.append(data[begin:end])
            head = _HEAD.match(data, end)
        self._left = max(0, end - len(data))
        if not self.ended:
            self._held = self._part_of_head(data[end:])
        return b"".join(parts)

    def _part_of_head(self, rest: bytes) -> bytes:
        if not _PART_OF_HEAD.fullmatch(rest):
            raise Retryable("the feed was cut: its chunks do not fit together")
        return rest
