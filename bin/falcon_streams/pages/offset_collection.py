"""The committed offsets of every input, as an admin sees and sets them.

A form has an `action` and says `why`. With `preview`, nothing is changed, and the answer says what would be.

| action | fields | what it does |
|---|---|---|
| `set` | `to`, `partition` | the partition, or each one, goes on at an offset, at a time, at `oldest`, or at `newest` |
| `undo` | none | the records are again what they were before the last change |
| `import` | `document` | takes the records of another machine, which the answer to a GET of one input holds |
| `move` | none | carries the records to the other store, and lets the input use that |

Rules: a change needs an input that is disabled and does not run (`store/stopped_input.py`). What can leave events out
needs a reason. Every change is in the history beside the records before it is made, in the records themselves, and in
the log. A move changes no position, so it is not in the history, which it carries along.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from falcon_streams.core.last_error import NO_ERROR
from falcon_streams.core.moment import iso_time
from falcon_streams.core.offset_change import NextRun, carried, place, read_target, set_to, skipped
from falcon_streams.core.offset_document import read_document, to_document
from falcon_streams.core.offset_history import Change as Made
from falcon_streams.core.offset_history import History, read_history
from falcon_streams.core.record import ADMIN, Author, Record, RecordTooNew, RecordUnreadable
from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal, Refused, Retryable
from falcon_streams.pages.input_collection import Inputs
from falcon_streams.pages.rest import DOCUMENT, INPUTS, SECRETS, Change, Entry, require_capability
from falcon_streams.ports import ChangeableStore, Clock
from falcon_streams.splunk.settings import InputSettings, is_true, read_input, read_schema
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.shown_records import Shown, show_records
from falcon_streams.store.stopped_input import FILE, KVSTORE, StoppedInputs

LOG = logging.getLogger(__name__)
ALL = "all"
_OTHER = {FILE: KVSTORE, KVSTORE: FILE}
_LONGEST_REASON = 500

Records = Mapping[str, Optional[Record]]


class _Wish(NamedTuple):
    """What a form asks for: `after` makes the new records from those that are there and the history."""

    what: str
    after: Callable[[Mapping[str, Record], History], Records]
    undoes: bool = False


class _Step(NamedTuple):
    """What a change does to one partition."""

    partition: str
    before: Optional[Record]
    after: Optional[Record]
    skips: str

    def told(self) -> Dict[str, str]:
        """The step in words."""
        return {
            "partition": self.partition,
            "from": place(self.before),
            "to": place(self.after),
            "skips": self.skips,
        }


class Offsets:
    """The collection behind `falcon_event_streams_offsets`."""

    needs: Tuple[str, ...] = INPUTS

    def __init__(self, splunkd: WritableSplunkd, clock: Clock, checkpoint_dir: Path, stopped: StoppedInputs) -> None:
        self._splunkd = splunkd
        self._clock = clock
        self._checkpoint_dir = checkpoint_dir
        self._stopped = stopped
        self._inputs = Inputs(splunkd, clock, checkpoint_dir)

    # -- reading ---------------------------------------------------------------------------------------------------

    def entries(self) -> List[Entry]:
        """All inputs, each with its offsets."""
        return [self._entry(each) for each in self._inputs.entries()]

    def entry(self, name: str) -> Entry:
        """One input with its offsets, and with the document that carries them to another machine."""
        return self._entry(self._inputs.entry(name), with_document=True)

    def _entry(self, of_input: Entry, with_document: bool = False) -> Entry:
        content: Dict[str, object] = {
            "store": of_input.content.get("checkpoint_store", FILE),
            "state": of_input.content["state"],
            "disabled": of_input.content["disabled"],
            "trouble": NO_ERROR,
            "partitions": [],
            "changes": [],
        }
        try:
            settings = _settings(of_input)
            shown = show_records(self._splunkd, settings, self._checkpoint_dir)
        except (Fatal, Retryable) as error:
            return Entry(of_input.name, {**content, "trouble": str(error)})
        content.update(_told(shown), store=settings.checkpoint_store)
        if with_document and not shown.faults:
            content[DOCUMENT] = to_document(of_input.name, shown.records)
        return Entry(of_input.name, content)

    # -- changing --------------------------------------------------------------------------------------------------

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        """Check what is asked for. Refused 409 if the input is enabled."""
        if new:
            raise Refused(405, "offsets belong to an input: name it in the address")
        of_input = self._inputs.entry(name)
        settings = _settings(of_input)
        action, why = form.get("action", ""), tidy(form.get("why", ""), _LONGEST_REASON)
        wish = None if action == "move" else self._wish(action, form, settings, why)
        if is_true(form.get("preview", "")):
            return lambda: self._preview(of_input, settings, wish)
        if not of_input.content["disabled"]:
            raise Refused(409, f"input {name} is enabled. Stop it, and repeat this once it has stopped")
        if wish is None or settings.checkpoint_store == KVSTORE:
            require_capability(self._splunkd, "list_storage_passwords", SECRETS)
        return lambda: self._move(settings, why) if wish is None else self._change(settings, wish, why)

    def delete(self, name: str) -> None:
        """Nothing is removed here."""
        raise Refused(405, "offsets cannot be removed: set them to oldest, or to where you want to go on")

    def _wish(self, action: str, form: Mapping[str, str], settings: InputSettings, why: str) -> _Wish:
        author, now = Author(ADMIN, self._splunkd.username, why), self._clock.now()
        if action == "set":
            return _setting(form, author, now)
        if action == "import":
            return _importing(form, settings.name, author, now)
        if action == "undo":
            return _Wish("undo", _undoing, undoes=True)
        raise Refused(400, f"action {tidy(action)!r} is none of set, undo, import, and move")

    def _preview(self, of_input: Entry, settings: InputSettings, wish: Optional[_Wish]) -> Entry:
        shown = show_records(self._splunkd, settings, self._checkpoint_dir)
        records = shown.records
        if not of_input.content["disabled"]:  # before the change, the input stops in order
            records = {name: replace(record, clean=True) for name, record in records.items()}
        after = records if wish is None else wish.after(records, History(tuple(shown.changes)))
        return self._answer(of_input, self._steps(settings, records, after, wish is not None and wish.undoes))

    def _change(self, settings: InputSettings, wish: _Wish, why: str) -> Entry:
        with self._stopped.open(self._splunkd, settings) as store:
            records, history = _loaded(store), _history(store)
            steps = self._steps(settings, records, wish.after(records, history), wish.undoes)
            _require_reason(steps, why)
            if wish.undoes:
                _store(store, steps)
                store.keep_history(history.without_last().to_text())
            else:
                before = tuple((step.partition, step.before) for step in steps)
                made = Made(self._clock.now(), self._splunkd.username, why, wish.what, before)
                store.keep_history(history.with_change(made).to_text())
                _store(store, steps)
        self._log(settings, wish.what, steps, why)
        return self._answer(self._inputs.entry(settings.name), steps)

    def _move(self, settings: InputSettings, why: str) -> Entry:
        kind, other = settings.checkpoint_store, _OTHER[settings.checkpoint_store]
        with self._stopped.open_stores(self._splunkd, settings, kind, other) as (source, target):
            faults = source.faults()
            if faults:
                raise Refused(409, f"{'; '.join(faults)}: restore it first, or remove it")
            records = _loaded(source)
            target.keep_history(_history(source).to_text())
            target.save(list(records.values()))
            self._splunkd.edit_input(settings.name, {"checkpoint_store": other})
        steps = self._steps(settings, records, records)
        self._log(settings, f"move to {other}", steps, why)
        return self._answer(self._inputs.entry(settings.name), steps)

    def _steps(
        self, settings: InputSettings, before: Mapping[str, Record], after: Records, undoes: bool = False
    ) -> List[_Step]:
        run = NextRun(self._splunkd.info().started, settings.replay_seconds)
        steps = []
        for name, record in sorted(after.items()):
            # An undo goes back to where the input had come, or to where somebody had said why.
            skips = "" if undoes and record is not None else skipped(before.get(name), record, run)
            steps.append(_Step(name, before.get(name), record, skips))
        return steps

    def _answer(self, of_input: Entry, steps: Sequence[_Step]) -> Entry:
        entry = self._entry(of_input)
        return entry._replace(content={**entry.content, "steps": [step.told() for step in steps]})

    def _log(self, settings: InputSettings, what: str, steps: Sequence[_Step], why: str) -> None:
        for step in steps:
            fields = {"modular_input_name": settings.stanza, "change": what, **step.told()}
            LOG.warning("offset_changed", {**fields, "user": self._splunkd.username, "why": why or "none"})


def _setting(form: Mapping[str, str], author: Author, now: float) -> _Wish:
    to, chosen = form.get("to", "").strip(), form.get("partition", "").strip() or ALL
    origin = read_target(to, int(now * 1000))
    if origin is None:
        raise Refused(400, f"{tidy(to)!r} is no place: enter an offset, oldest, newest, or a time such as -2h")

    def after(records: Mapping[str, Record], history: History) -> Records:
        names = sorted(records) if chosen == ALL else [chosen]
        if not names or not records.keys() >= set(names):
            raise Refused(404, f"there is no record of partition {tidy(chosen)}: start_from says where it begins")
        return {name: set_to(records[name], origin, author, now) for name in names}

    return _Wish(f"set {tidy(chosen)} to {to}", after)


def _importing(form: Mapping[str, str], name: str, author: Author, now: float) -> _Wish:
    try:
        records = read_document(form.get(DOCUMENT, ""))
    except (RecordTooNew, RecordUnreadable) as error:
        raise Refused(400, f"nothing is imported: {error}. Export it again, and enter all of it") from None
    imported = {record.partition: carried(record, name, author, now) for record in records}
    return _Wish(f"import from {records[0].input}", lambda _, __: imported)


def _undoing(records: Mapping[str, Record], history: History) -> Records:
    if not history.changes:
        raise Refused(409, "there is no change to undo")
    return dict(history.changes[-1].before)


def _require_reason(steps: Sequence[_Step], why: str) -> None:
    skips = "; ".join(f"partition {step.partition} can leave out {step.skips}" for step in steps if step.skips)
    if skips and not why:
        raise Refused(409, f"{skips}. If you want that, say why")


def _store(store: ChangeableStore, steps: Sequence[_Step]) -> None:
    store.save([step.after for step in steps if step.after is not None])
    store.remove(frozenset(step.partition for step in steps if step.after is None))


def _loaded(store: ChangeableStore) -> Dict[str, Record]:
    found = {partition: store.load(partition) for partition in sorted(store.partitions())}
    return {partition: record for partition, record in found.items() if record is not None}


def _history(store: ChangeableStore) -> History:
    try:
        return read_history(store.history())
    except (RecordTooNew, RecordUnreadable) as error:
        raise Refused(409, f"{error}: move history.json out of the input's folder, and repeat this") from None


def _settings(of_input: Entry) -> InputSettings:
    own = {name: str(value) for name, value in of_input.content.items() if name in read_schema("input")["properties"]}
    return read_input(of_input.name, own)


def _told(shown: Shown) -> Dict[str, Any]:
    return {
        "trouble": "; ".join(shown.faults) or NO_ERROR,
        "partitions": [_partition(name, record) for name, record in sorted(shown.records.items())],
        "changes": [
            {"at": _time(change.at), "user": change.user, "why": change.why, "what": change.what}
            for change in reversed(shown.changes)
        ],
    }


def _partition(name: str, record: Record) -> Dict[str, Any]:
    return {
        "partition": name,
        "offset": record.offset,
        "place": place(record),
        "created": None if record.created is None else iso_time(record.created),
        "written_at": _time(record.updated_at),
        **record.author._asdict(),
        "trail": [{"offset": step.offset, "at": _time(step.instant)} for step in record.trail],
    }


def _time(instant: float) -> str:
    return iso_time(int(instant * 1000))
