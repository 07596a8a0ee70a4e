"""One process's fragments, made into events of the index.

Rules (Splunk platform reference 1.2, "Set up streaming"): `unbroken` data is not cut into lines and is one event up to
the fragment with `<done/>`; other data runs through line breaking, and `<done/>` or the end of the stream ends its
last event. Both are cut at TRUNCATE. What a fragment does not say (index, source, sourcetype, host) is said by the
stanza, and if that is silent too: index `default`, source `scheme://name`, sourcetype the scheme, host the server.
`<time>` wins over all timestamp settings. Transforms come last, under the props of the source, host and sourcetype
that the event came in with.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Callable, NamedTuple

from tests.splunkd.intake.lines import break_lines, merge_lines
from tests.splunkd.intake.rules import Rules, Treatment
from tests.splunkd.intake.stream import Fragment
from tests.splunkd.intake.timestamp import UnknownFormat
from tests.splunkd.intake.transforms import Keys, TransformRefused, apply, indexed_fields


class Taken(NamedTuple):
    """An event on its way to the index; `taken_at` is when its last byte was read, on the monotonic clock."""

    taken_at: float
    time: float
    index_name: str
    host: str
    source: str
    sourcetype: str
    raw: bytes
    fields: str
    stanza: str


class _Origin(NamedTuple):
    time: float | None
    index_name: str
    host: str
    source: str
    sourcetype: str


class Pipeline:
    """Fed by one reader thread. `complain` gets each kind of trouble once, for splunkd.log."""

    def __init__(
        self,
        rules: Rules,
        stanza: str,
        settings: Mapping[str, str],
        server_host: str,
        complain: Callable[[str], None],
    ) -> None:
        scheme = stanza.partition("://")[0]
        host = settings.get("host", "")
        self._rules = rules
        self._stanza = stanza
        self._index = settings.get("index") or "default"
        self._host = host if host not in ("", "$decideOnStartup") else server_host
        self._source = settings.get("source") or stanza
        self._sourcetype = settings.get("sourcetype") or scheme
        self._complain = complain
        self._complained: set[str] = set()
        self._pending: list[tuple[_Origin, str]] = []
        self._pending_unbroken = False

    def take(self, fragments: list[Fragment], taken_at: float) -> list[Taken]:
        """The events that these fragments completed."""
        events: list[Taken] = []
        for fragment in fragments:
            if self._pending and fragment.unbroken != self._pending_unbroken:
                events += self.finish(taken_at)
            self._pending.append((self._origin(fragment), fragment.data))
            self._pending_unbroken = fragment.unbroken
            if fragment.done:
                events += self.finish(taken_at)
            elif not fragment.unbroken:
                events += self._cut(taken_at, ended=False)
        return events

    def finish(self, taken_at: float) -> list[Taken]:
        """The event that was still open, ended by <done/> or by the end of the stream."""
        if not self._pending:
            return []
        if not self._pending_unbroken:
            return self._cut(taken_at, ended=True)
        origin = self._pending[0][0]
        text = "".join(data for _, data in self._pending)
        self._pending = []
        return list(self._events([text], origin, self._treatment(origin), taken_at))

    def _cut(self, taken_at: float, ended: bool) -> list[Taken]:
        origin = self._pending[-1][0]
        treatment = self._treatment(origin)
        lines, rest = break_lines("".join(data for _, data in self._pending), treatment.line_breaker)
        if ended and rest:
            lines.append(rest)
        self._pending = [] if ended or not rest else [(origin, rest)]
        if treatment.merge:
            lines = merge_lines(lines, treatment.props, lambda line: self._read_time(line, treatment) is not None)
        return list(self._events(lines, origin, treatment, taken_at))

    def _events(self, texts: list[str], origin: _Origin, treatment: Treatment, taken_at: float) -> Iterator[Taken]:
        for text in texts:
            raw = text.encode("utf-8")
            if treatment.truncate and len(raw) > treatment.truncate:
                self._once(f"Truncating line, limit of {treatment.truncate} bytes has been exceeded", len(raw))
                text = raw[: treatment.truncate].decode("utf-8", "ignore")
                raw = text.encode("utf-8")
            seconds = origin.time
            if seconds is None:
                seconds = self._read_time(text, treatment)
            if seconds is None:
                seconds = time.time()
            event = Taken(
                taken_at,
                seconds,
                origin.index_name,
                origin.host,
                origin.source,
                origin.sourcetype,
                raw,
                "{}",
                self._stanza,
            )
            transformed = self._transform(event, text, treatment) if treatment.transforms else event
            if transformed is not None:
                yield transformed

    def _transform(self, event: Taken, text: str, treatment: Treatment) -> Taken | None:
        keys: Keys = {
            "_raw": text,
            "_time": repr(event.time),
            "_meta": "",
            "queue": "indexQueue",
            "_MetaData:Index": event.index_name,
            "MetaData:Host": f"host::{event.host}",
            "MetaData:Source": f"source::{event.source}",
            "MetaData:Sourcetype": f"sourcetype::{event.sourcetype}",
        }
        for transform in treatment.transforms:
            try:
                apply(transform, keys)
            except TransformRefused as error:
                self._once("transforms.conf", str(error))
        if keys["queue"] == "nullQueue":
            return None
        return event._replace(
            time=float(keys["_time"]),
            index_name=keys["_MetaData:Index"],
            host=keys["MetaData:Host"].partition("::")[2],
            source=keys["MetaData:Source"].partition("::")[2],
            sourcetype=keys["MetaData:Sourcetype"].partition("::")[2],
            raw=event.raw if keys["_raw"] is text else keys["_raw"].encode("utf-8"),
            fields=json.dumps(indexed_fields(keys["_meta"])),
        )

    def _origin(self, fragment: Fragment) -> _Origin:
        seconds: float | None = None
        if fragment.time is not None:
            try:
                seconds = float(fragment.time)
            except ValueError:
                self._once("Unable to read the <time> of an event", fragment.time[:80])
        return _Origin(
            seconds,
            fragment.index_name or self._index,
            fragment.host or self._host,
            fragment.source or self._source,
            fragment.sourcetype or self._sourcetype,
        )

    def _treatment(self, origin: _Origin) -> Treatment:
        return self._rules.treatment(origin.source, origin.host, origin.sourcetype)

    def _read_time(self, text: str, treatment: Treatment) -> float | None:
        try:
            return self._rules.clockmaker.read(text, treatment.props, time.time())
        except UnknownFormat as error:
            self._once("props.conf", str(error))
            return None

    def _once(self, kind: str, detail: object) -> None:
        if kind not in self._complained:
            self._complained.add(kind)
            self._complain(f"{kind}: {detail} (stanza {self._stanza})")
