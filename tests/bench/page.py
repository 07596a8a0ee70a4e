"""What a whole bench leaves behind: dist/bench.json, the pictures, and with `--keep` both in docs/performance.md.

Rules: the numbers of that page stand between markers and are written by this module only.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from tests.bench.pictures import draw_bars, draw_lines
from tests.bench.sample import MIX
from tests.bench.table import Row, shown
from tests.bench.tenants import MINUTE, OUTAGE, QUIET, Outcome
from tools import environments

DIST = environments.ROOT / "dist"
PAGE = environments.ROOT / "docs" / "performance.md"
PICTURES = environments.ROOT / "docs" / "performance"
NEWEST = "3.13"
# What stands in a table of its own, by words of its measures.
GROUPS = {"family": "1,000 tenants", "search": "search"}


def write_record(rows: Sequence[Row], events: int) -> None:
    """dist/bench.json."""
    DIST.mkdir(exist_ok=True)
    record: Dict[str, Any] = {
        "machine": machine(),
        "commit": commit(),
        "sample": {"events": events, "mix": MIX},
        "rows": [row.record() for row in rows],
    }
    (DIST / "bench.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def machine() -> str:
    """What this was measured on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release()}"


def commit() -> str:
    """The commit of the working tree."""
    words = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(words, cwd=environments.ROOT, capture_output=True, text=True).stdout.strip()


def keep(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> None:
    """Put what was measured where the page shows it: each group of rows in a table of its own, the storm's table, and
    the pictures, which the main table's rows and the storm's go into."""
    text = PAGE.read_text(encoding="utf-8")
    for group, found in _groups(rows).items():
        text = _between(group, text, [f"Measured at `{commit()}` on {machine()}.", "", *table(found)])
    if outcomes:
        PICTURES.mkdir(exist_ok=True)
        for name, picture in draw(rows, outcomes).items():
            (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")
        text = _between("storm", text, storm(outcomes))
    PAGE.write_text(text, encoding="utf-8")


def _groups(rows: Sequence[Row]) -> Dict[str, List[Row]]:
    """The rows by the marker of their table."""
    found: Dict[str, List[Row]] = {}
    for row in rows:
        group = (
            "family" if "1,000 tenants" in row.measure else "search" if row.measure.startswith("search") else "table"
        )
        found.setdefault(group, []).append(row)
    return found


def table(rows: Sequence[Row]) -> List[str]:
    """One line a measure, the Pythons beside each other; one column for what no Python has a part in."""
    versions = sorted({row.python for row in rows}, key=lambda each: [int(part) for part in each.split(".") if part])
    lines = [f"| measure | target | {' | '.join(each or 'value' for each in versions)} |"]
    lines.append(f"|---|---|{'---|' * len(versions)}")
    for measure in dict.fromkeys(row.measure for row in rows):
        found = {row.python: row for row in rows if row.measure == measure}
        target = next(iter(found.values())).target
        cells = [_cell(found[version]) if version in found else "" for version in versions]
        lines.append(f"| {measure} | {target or ''} | {' | '.join(cells)} |")
    return lines


def storm(outcomes: Sequence[Outcome]) -> List[str]:
    """One line a number of forwarders."""
    lines = [
        "| forwarders | token requests a minute | refused (429) | busiest tenant | start: 50 / 99 / 100 % | back |",
        "|---|---|---|---|---|---|",
    ]
    for each in outcomes:
        start, back = (" / ".join(f"{at or 0:.0f}" for at in found) + " s" for found in (each.start, each.recovery))
        limits = f"{each.token_peak:,} | {each.refused:,} | {each.customer_peak:,}"
        lines.append(f"| {each.forwarders} | {limits} a minute | {start} | {back} |")
    return lines


def draw(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> Dict[str, str]:
    """The pictures by name."""
    values = {row.measure: row.value for row in rows if row.python == NEWEST}
    each = [
        (name.replace("CPU an event, ", ""), value) for name, value in values.items() if name.startswith("CPU an event")
    ]
    long = [(name.split(", ")[1].split(" : ")[0], value) for name, value in values.items() if "CPU a byte" in name]
    return {
        "chunks": draw_bars("CPU an event, by chunk size", "us", each),
        "events": draw_bars("CPU an event, as millions pass", "us", _named(values, "long run: CPU an event,")),
        "bytes": draw_bars("CPU a byte in long lines, 1 KB lines = 1", "x", [("1 KB lines", 1.0), *long]),
        "partitions": draw_bars("Peak memory of an input", "MB", _named(values, "memory: peak")),
        "inputs": draw_bars("Inputs at 20 events/s each: CPU", "cores", _named(values, "each: CPU")),
        "tenants": draw_lines(
            "1,000 tenants: token requests that reach Falcon",
            "requests a minute",
            f"minutes; the outage lasts from {QUIET / MINUTE:.0f} to {(QUIET + OUTAGE) / MINUTE:.0f}",
            {f"{each.forwarders} forwarders": _per_minute(each) for each in outcomes},
        ),
    }


def _per_minute(outcome: Outcome) -> List[float]:
    series: Counter[Tuple[int, str]] = outcome.series
    last = max(minute for minute, _ in series)
    return [float(series[minute, "token"]) for minute in range(last + 1)]


def _named(values: Dict[str, float], text: str) -> List[Tuple[str, float]]:
    return [(name.replace(text, "").strip(" ,"), value) for name, value in values.items() if text in name]


def _cell(row: Row) -> str:
    spread = f" ({shown(row.spread[0])} - {shown(row.spread[1])})" if row.spread else ""
    return f"{shown(row.value)} {row.unit}{spread}{' **missed**' if row.met is False else ''}"


def _between(name: str, text: str, lines: Sequence[str]) -> str:
    begin, end = f"<!-- bench: {name} -->", f"<!-- /bench: {name} -->"
    body = "\n".join([begin, *lines, end])
    return re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda match: body, text, flags=re.DOTALL)
