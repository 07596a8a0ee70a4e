"""The bench's pictures: plain SVG, bars and lines, readable on light and on dark ground.

Rules: a picture is made of numbers that the bench measured; it says its unit and draws its axis from zero.
"""

from __future__ import annotations

from typing import List, Mapping, Sequence, Tuple
from xml.sax.saxutils import escape

from tests.bench.table import shown

WIDTH, LEFT, ROW, TOP = 760, 250, 24, 46
PLOT = WIDTH - LEFT - 90
COLOURS = ("#2f81c1", "#8a8f98", "#d97a2b", "#4a9d5b")


def draw_bars(title: str, unit: str, bars: Sequence[Tuple[str, float]]) -> str:
    """Horizontal bars, one for each (name, value)."""
    most = max(value for _, value in bars)
    parts = [_text(12, 24, title, "title")]
    for place, (name, value) in enumerate(bars):
        top = TOP + place * ROW
        width = max(1.0, value / most * PLOT)
        colour = COLOURS[0] if "ours" in name or len({name for name, _ in bars}) == 1 else COLOURS[1]
        parts.append(_text(LEFT - 8, top + 15, name, "end"))
        parts.append(f'<rect x="{LEFT}" y="{top + 3}" width="{width:.1f}" height="{ROW - 7}" fill="{colour}"/>')
        parts.append(_text(LEFT + width + 6, top + 15, f"{shown(value)} {unit}", "start"))
    return _picture(TOP + len(bars) * ROW + 12, parts)


def draw_lines(title: str, unit: str, across: str, lines: Mapping[str, Sequence[float]]) -> str:
    """A line for each name over equal steps; `across` says what the steps are."""
    height, floor = 300, 250
    most = max(max(values) for values in lines.values())
    count = max(len(values) for values in lines.values())
    parts = [_text(12, 24, title, "title"), _text(12, floor + 30, across, "start")]
    for share in (0.0, 0.5, 1.0):
        y = floor - share * 200
        parts.append(f'<line x1="70" y1="{y}" x2="{WIDTH - 20}" y2="{y}" stroke="#8a8f98" stroke-opacity="0.4"/>')
        parts.append(_text(64, y + 4, shown(share * most), "end"))
    for place, (name, values) in enumerate(lines.items()):
        points = " ".join(
            f"{70 + at / max(1, count - 1) * (WIDTH - 90):.1f},{floor - value / most * 200:.1f}"
            for at, value in enumerate(values)
        )
        colour = COLOURS[place % len(COLOURS)]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(_text(WIDTH - 20, 44 + place * 18, name, "end", colour))
    parts.append(_text(12, 42, unit, "start"))
    return _picture(height, parts)


def _text(x: float, y: float, text: str, kind: str, colour: str = "#7a7f87") -> str:
    anchor = "start" if kind == "title" else kind
    weight = ' font-weight="600"' if kind == "title" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>{escape(text)}</text>'


def _picture(height: float, parts: List[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        'font-family="sans-serif" font-size="13">'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"
