"""Inputs as the Inputs page reads and writes them: splunkd's own stanzas, each with its state.

Rules:

- Every change goes through splunkd's `data/inputs`, so `--validate-arguments` decides what an input may say. The
  page's toggle is `/enable` and `/disable`.
- The state comes from the input's state file, never from a search, and only for callers who may list inputs.
- A running input replaces its state file every few seconds. An older file means that the input does not run.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

from falcon_streams.core.last_error import NO_ERROR
from falcon_streams.core.roster import FINISHED, RUNNING
from falcon_streams.core.text import tidy
from falcon_streams.errors import Refused
from falcon_streams.pages.rest import INPUTS, Change, Entry, require_capability, taken, without
from falcon_streams.ports import Clock
from falcon_streams.splunk.settings import UNSET, is_false, is_true, known, read_input, read_schema, written
from falcon_streams.splunk.state import STALE_AFTER, read_state
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.files import folder_of

LIST = "list_inputs"
BEHIND = 300.0  # seconds: a shorter lag is nothing that an admin acts on


class Inputs:
    """The collection behind `falcon_event_streams_input`."""

    needs: Tuple[str, ...] = INPUTS

    def __init__(self, splunkd: WritableSplunkd, clock: Clock, checkpoint_dir: Path) -> None:
        self._splunkd = splunkd
        self._clock = clock
        self._checkpoint_dir = checkpoint_dir

    def entries(self) -> List[Entry]:
        """All inputs, each with its state."""
        return [self._entry(name, settings) for name, settings in self._listed().items()]

    def entry(self, name: str) -> Entry:
        """One input with its state."""
        return self._entry(name, self._existing(name))

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        """Check a new input, or changed settings of one, or only its toggle."""
        settings, disabled = without(form, "disabled"), form.get("disabled", "")
        return self._prepare_new(name, settings, disabled) if new else self._prepare_edit(name, settings, disabled)

    def _prepare_new(self, name: str, settings: Mapping[str, str], disabled: str) -> Change:
        wanted = {setting: value for setting, value in written(read_schema("input"), settings).items() if value}
        read_input(name, wanted)

        def change() -> Entry:
            if name in self._listed():
                raise taken(f"input {name}")
            self._splunkd.create_input(name, wanted)  # it runs at once
            if is_true(disabled):
                self._switch_off_or_remove(name)
            return self.entry(name)

        return change

    def _prepare_edit(self, name: str, settings: Mapping[str, str], disabled: str) -> Change:
        former = self._existing(name)
        schema = read_schema("input")
        texts = {}
        if settings:
            read_input(name, {**known(schema, former), **settings})
            texts = _with_splunks_defaults(written(schema, settings), schema["properties"])

        def change() -> Entry:
            if texts:
                self._splunkd.edit_input(name, texts)
            if is_true(disabled) or is_false(disabled):
                self._splunkd.switch_input(name, on=is_false(disabled))
            return self.entry(name)

        return change

    def delete(self, name: str) -> None:
        """Remove an input. Its checkpoints stay, and an input of the same name goes on from them."""
        self._existing(name)
        self._splunkd.delete_input(name)

    def _switch_off_or_remove(self, name: str) -> None:
        try:
            self._splunkd.switch_input(name, on=False)
        except Refused:
            self._splunkd.delete_input(name)  # the form said disabled, so the input must not run
            raise

    def _listed(self) -> Dict[str, Dict[str, str]]:
        require_capability(self._splunkd, LIST)
        return dict(self._splunkd.inputs())

    def _existing(self, name: str) -> Dict[str, str]:
        settings = self._listed().get(name)
        if settings is None:
            raise Refused(404, f"there is no input {tidy(name)!r}")
        return settings

    def _entry(self, name: str, settings: Mapping[str, str]) -> Entry:
        disabled = is_true(settings.get("disabled", ""))
        content = {**known(read_schema("input"), settings), "disabled": disabled}
        return Entry(name, {**content, **self._health(name, disabled)})

    def _health(self, name: str, disabled: bool) -> Dict[str, object]:
        shown = read_state(folder_of(str(self._checkpoint_dir), name))
        partitions = [each for each in _mapping(shown.get("partitions")).values() if isinstance(each, dict)]
        state, trouble = str(shown.get("state") or "starting"), _trouble(shown)
        if state == FINISHED:
            trouble = "" if disabled else "it has finished. Disable it, or change Stop at to read on"
        elif disabled:
            state, trouble = "disabled", ""
        elif state == "stopped":
            state = "starting"
        elif shown and state != "error" and self._clock.now() - _number(shown.get("updated_at")) > STALE_AFTER:
            state, trouble = "not_running", "splunkd starts it again after its interval; see splunkd.log"
        told = {"state": state, "trouble": trouble or NO_ERROR}
        if _mapping(shown.get("tenants")):
            return {**told, **_crowd(shown)}
        lags = [_number(each["lag_s"]) for each in partitions if isinstance(each.get("lag_s"), (int, float))]
        if state == RUNNING and _is_catching_up(partitions, max(lags, default=0.0)):
            told["state"] = "catching_up"
        return {
            **told,
            "events": f"{sum(int(_number(each.get('events'))) for each in partitions):,}",
            "lag": _duration(max(lags)) if lags else "-",
            "progress": _progress(partitions, max(lags, default=0.0)),
            "offsets": ", ".join(
                _position(partition, each) for partition, each in _mapping(shown.get("partitions")).items()
            )
            or "-",
        }


def _with_splunks_defaults(form: Mapping[str, str], properties: Mapping[str, Any]) -> Dict[str, str]:
    """The texts to write: an empty text unsets a setting of ours, but is wrong for one of Splunk's own, which gets its
    default instead."""
    texts = {}
    for setting, value in form.items():
        if properties[setting].get("x-splunk") and not value.strip():
            value = UNSET.get(setting, str(properties[setting].get("default", "")))
            if not value:
                continue
        texts[setting] = value
    return texts


def _crowd(shown: Mapping[str, Any]) -> Dict[str, object]:
    """What the row of an input with many tenants shows: how many are in each state, and which to look at first."""
    counts, lag = _mapping(shown["tenants"]), shown.get("lag_s")
    states = ", ".join(f"{_number(count):,.0f} {tidy(state)}" for state, count in counts.items())
    first = [
        f"{tidy(str(_mapping(line).get('name') or cid))} ({tidy(str(_mapping(line).get('state')))})"
        for cid, line in _mapping(shown.get("worst")).items()
    ]
    return {
        "events": f"{int(_number(shown.get('events'))):,}",
        "lag": _duration(_number(lag)) if isinstance(lag, (int, float)) else "-",
        "progress": f"look first at {', '.join(first)}" if first else "up to date",
        "offsets": f"{sum(map(_number, counts.values())):,.0f} tenants: {states}",
    }


def _trouble(shown: Mapping[str, Any]) -> str:
    """The trouble of the input, then that of each partition. Empty if there is none."""
    told = [str(shown.get("trouble") or "")]
    for partition, each in _mapping(shown.get("partitions")).items():
        sentence = str(_mapping(each).get("trouble") or NO_ERROR)
        told.append("" if sentence == NO_ERROR else f"partition {partition}: {sentence}")
    return "; ".join(filter(None, told))


def _progress(partitions: List[Dict[str, Any]], lag: float) -> str:
    """How far behind the slowest partition is, how fast all are together, and when the last will have caught up."""
    left = _left(partitions)
    if not left:
        return "-"
    if all(each == 0 for each in left):
        return "up to date"
    known = all(isinstance(each, (int, float)) for each in left)
    done = f"caught up in about {_duration(max(map(_number, left)))}" if known else "no estimate yet"
    return f"{_duration(lag)} behind, {sum(_number(each.get('rate')) for each in partitions):,.0f} events/s, {done}"


def _is_catching_up(partitions: List[Dict[str, Any]], lag: float) -> bool:
    """Whether the input is behind and gains: somebody who waits for it can be told for how long."""
    return lag > BEHIND and all(isinstance(each, (int, float)) for each in _left(partitions))


def _left(partitions: List[Dict[str, Any]]) -> List[Any]:
    """How long each partition whose lag is known has yet to catch up, in seconds; None for one without an estimate."""
    return [each.get("catch_up_s") for each in partitions if "lag_s" in each]


def _duration(seconds: float) -> str:
    """Seconds in the one or two units that a person would use: `1 d 7 h`."""
    whole = round(seconds)
    sizes = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    place = next((number for number, (_, size) in enumerate(sizes) if whole >= size), len(sizes) - 1)
    (unit, size), *smaller = sizes[place:]
    text = f"{whole // size} {unit}"
    rest = whole % size // smaller[0][1] if smaller else 0
    return f"{text} {rest} {smaller[0][0]}" if rest else text


def _mapping(value: object) -> Dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else 0.0


def _position(partition: str, statistics: Any) -> str:
    offset = _mapping(statistics).get("offset")
    return f"{partition}: {'none yet' if offset is None else offset}"
