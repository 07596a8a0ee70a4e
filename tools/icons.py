"""Draws the app's icons: three streams on a dark ground, as PNG, with the standard library only.

Rules: sizes and names are those that Splunk wants. Each pixel has 4 x 4 samples, so edges are smooth.
"""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path
from typing import List, Tuple

STATIC = Path(__file__).resolve().parents[1] / "static"
SIZES = {"appIcon.png": 36, "appIconAlt.png": 36, "appIcon_2x.png": 72, "appIconAlt_2x.png": 72}
GROUND, STREAMS = (21, 32, 43), ((236, 66, 53), (255, 159, 67), (72, 201, 176))
_SAMPLES = [(i + 0.5) / 4 for i in range(4)]

Colour = Tuple[int, int, int]


def colour_at(x: float, y: float) -> Tuple[Colour, bool]:
    """The colour of a point of the unit square, and whether it is part of the icon."""
    radius = 0.18
    dx, dy = max(radius - x, x - (1 - radius), 0.0), max(radius - y, y - (1 - radius), 0.0)
    if math.hypot(dx, dy) > radius:
        return GROUND, False
    for number, colour in enumerate(STREAMS):
        middle = 0.28 + 0.22 * number + 0.07 * math.sin(2 * math.pi * (x + 0.12 * number))
        thickness = 0.035 + 0.03 * x
        if 0.14 < x < 0.86 and abs(y - middle) < thickness:
            return colour, True
    return GROUND, True


def pixel(column: int, row: int, size: int) -> bytes:
    """One pixel as RGBA."""
    points = [colour_at((column + dx) / size, (row + dy) / size) for dx in _SAMPLES for dy in _SAMPLES]
    inside = [colour for colour, covered in points if covered]
    if not inside:
        return b"\0\0\0\0"
    mean = [sum(colour[channel] for colour in inside) // len(inside) for channel in range(3)]
    return bytes([*mean, 255 * len(inside) // len(points)])


def png(size: int) -> bytes:
    """A whole picture."""
    rows: List[bytes] = [b"\0" + b"".join(pixel(column, row, size) for column in range(size)) for row in range(size)]
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def main() -> None:
    """Draw all of them."""
    STATIC.mkdir(exist_ok=True)
    for name, size in SIZES.items():
        (STATIC / name).write_bytes(png(size))


if __name__ == "__main__":
    main()
