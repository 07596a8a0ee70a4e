"""Lines that are broken, or that break what reads them: published on request only, never part of the mix.

Rules: each has a name that says what is wrong. Those that can bear an offset bear the one they are given, so that a
reader which copes goes on from it.
"""

from __future__ import annotations

import base64

HARD_LINES: tuple[bytes, ...] = (
    b"this is not JSON at all",
    b'{"metadata":{"offset":',
    b"[1,2,3]",
    b'{"no":"metadata"}',
    b'{"metadata":{"customerIDString":"c","offset":5000001,"eventType":"X","eventCreationTime":1769000000000},'
    b'"event":null}',
    b'{"event":{"a":"]]> </event> &amp; <data>"},"metadata":{"offset":5000002,"eventType":"X"}}',
    b'{"metadata":{"offset":5000003,"eventType":"X"},"event":{"controls":"\x01\x02\x1f","del":"\x7f"}}',
    b'{"metadata":{"offset":5000004,"eventType":"X"},"event":{"nul":"\x00"}}',
    b'{"metadata":{"offset":5000005,"eventType":"X"},"event":{"latin1":"\xe9\xff"}}',
    b'{"metadata":{"offset":5000006,"eventType":"X"},"event":{"surrogate":"\xed\xa0\x80"}}',
    b'{"metadata":{"offset":5000007,"eventType":"X"},"event":{"cr":"a\rb"}}',
    b'{"metadata":{"offset":5000008,"eventType":"X"},"event":{"noncharacters":"\xef\xbf\xbe\xef\xbf\xbf"}}',
    b'{"metadata":{"offset":5000009,"eventType":"X"},"event":{"escaped":"\\ud800 \\u0000"}}',
    b'{"metadata":{"offset":18446744073709551615,"eventType":"X"},"event":{"n":' + b"9" * 5000 + b"}}",
    b'{"event":' + b"[" * 3000 + b"]" * 3000 + b',"metadata":{"offset":5000010,"eventType":"X"}}',
)

_CUSTOMER = b"0a1b2c3d4e5f60718293a4b5c6d7e8f9"


def hard_lines(offset: int) -> dict[str, bytes]:
    """The lines by name, in the order in which they are meant to be published, offsets from this one on."""
    lines: dict[str, bytes] = {}

    def good(name: str, event: bytes, template: bytes = b'{"metadata":%s,"event":%s}') -> None:
        number = offset + sum(b'"offset":' in line for line in lines.values())
        lines[name] = template % (metadata(b"%d" % number), event)

    good("raw control characters", b'{"UserName":"a\x00b\x01c\x08d\x0be\x0cf\x1fg\x7fh"}')
    good("characters that XML forbids", '{"UserName":"\ufffe\uffff\ufdd0"}'.encode())
    good("invalid UTF-8", b'{"UserName":"\xff\xfe\xc3\x28\xed\xa0\x80 caf\xe9"}')
    good("lone surrogate, escaped", b'{"UserName":"\\ud800 and \\udfff"}')
    good("XML that would end the event", b'{"UserName":"]]></data></event></stream><!-- & &amp; &#0;"}')
    good("carriage return inside", b'{"UserName":"a\rb"}')
    good("carriage return at the end", b"{}", b'{"metadata":%s,"event":%s}\r')
    good("byte order mark", b"{}", b'\xef\xbb\xbf{"metadata":%s,"event":%s}')
    good("blanks around", b"{}", b' \t{"metadata" : %s , "event" : %s } ')
    good("numbers that JSON does not know", b'{"Score":NaN,"Limit":-Infinity}')
    good("a number of four hundred digits", b'{"Id":%s}' % (b"9" * 400))
    good("nested a thousand deep", b"[" * 1000 + b"]" * 1000)
    good("keys twice", b'{"a":1,"a":2}', b'{"metadata":%s,"event":%s,"event":null}')
    good("a line of five megabytes", b'{"Blob":"%s"}' % base64.b64encode(bytes(4_000_000)))
    good("no event at all", b"", b'{"metadata":%s%s}')
    after = offset + sum(b'"offset":' in line for line in lines.values())
    lines["event before metadata"] = b'{"event":{"offset":-1},"metadata":%s}' % metadata(b"%d" % after)
    lines["creation time as text"] = metadata_line(
        b'"offset":%d,"eventCreationTime":"2026-01-21T15:06:43Z"' % (after + 1)
    )
    lines["creation time missing"] = metadata_line(b'"offset":%d' % (after + 2))
    lines["creation time negative"] = metadata_line(b'"offset":%d,"eventCreationTime":-1' % (after + 3))
    lines["creation time absurd"] = metadata_line(b'"offset":%d,"eventCreationTime":99999999999999999999' % (after + 4))
    lines["type missing"] = b'{"metadata":{"offset":%d},"event":{}}' % (after + 5)
    lines["offset as text"] = metadata_line(b'"offset":"12"')
    lines["offset negative"] = metadata_line(b'"offset":-5')
    lines["offset with a fraction"] = metadata_line(b'"offset":12.5')
    lines["offset of twenty digits"] = metadata_line(b'"offset":18446744073709551616')
    lines["offset missing"] = metadata_line(b'"version":"1.0"')
    lines["metadata null"] = b'{"metadata":null,"event":{}}'
    lines["metadata missing"] = b'{"event":{}}'
    lines["empty object"] = b"{}"
    lines["an array"] = b'[{"metadata":{"offset":1}}]'
    lines["a number"] = b"42"
    lines["a text"] = b'"text"'
    lines["null"] = b"null"
    lines["not JSON"] = b"<html><body>503 Service Unavailable</body></html>"
    lines["cut off"] = b'{"metadata":{"customerIDString":"0a1b2c3d4e5f6071","offset":'
    lines["two objects"] = b'{"metadata":{}}{"metadata":{}}'
    lines["bytes"] = bytes(range(1, 10)) + bytes(range(11, 256))
    return lines


def metadata(offset: bytes) -> bytes:
    """Good metadata with this offset."""
    return (
        b'{"customerIDString":"%s","offset":%s,"eventType":"EppDetectionSummaryEvent","eventCreationTime":1769000131000}'
        % (
            _CUSTOMER,
            offset,
        )
    )


def metadata_line(members: bytes) -> bytes:
    """A line with these members in its metadata."""
    return b'{"metadata":{"customerIDString":"%s","eventType":"EppDetectionSummaryEvent",%s},"event":{}}' % (
        _CUSTOMER,
        members,
    )
