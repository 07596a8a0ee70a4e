"""The move can be cut short anywhere: nobody reads beside the other, and it goes on, or back, from what is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Mapping

import pytest

from falcon_streams.errors import Fatal, Refused, Retryable, Unanswered
from falcon_streams.pages.rest import Entry
from falcon_streams.splunk.splunkd import OwnedStanza
from falcon_streams.store.files import FileStore, folder_of
from falcon_streams.store.stopped_input import StoppedInputs
from falcon_streams.takeover import vendor
from falcon_streams.takeover.inventory import Ours, Theirs
from falcon_streams.takeover.move import LONGEST, Move
from falcon_streams.takeover.plan import Plan, make_plan
from falcon_streams.takeover.vendor import ConfNames
from tests.fakes.clock import FakeClock

URL = "https://firehose.crowdstrike.com/sensors/entities/datafeed/v1/{}?appId=splunk"
SETTINGS = {"cloud_environment": "us_commercial", "account": "prod", "app_id": "splunk"}
PROXY = {"proxy_enabled": "1", "proxy_url": "proxy.example", "proxy_port": "3128", "proxy_username": "me"}


class Killed(BaseException):
    """The process ends here."""


class Estate:
    """Both add-ons in memory, over the real records in files. Each change may be the last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.theirs_on, self.offset, self.neighbour = True, 7, 0
        self.objects: dict[str, dict[str, Mapping[str, str]]] = {"accounts": {}, "proxies": {}, "inputs": {}}
        self.ours_on = False
        self.steps: list[str] = []
        self.dies_at = -1
        self.broken: dict[str, Exception] = {}

    def step(self, name: str) -> None:
        """A change is about to be made."""
        if len(self.steps) == self.dies_at:
            self.dies_at = -1
            raise Killed
        self.steps.append(name)
        if name in self.broken:
            raise self.broken[name]

    def plan(self) -> Plan:
        stanza = OwnedStanza("main", vendor.APP, {**SETTINGS, "disabled": str(int(not self.theirs_on))})
        accounts = {"prod": {"username": "0123456789abcdef" * 2}}
        theirs = Theirs(ConfNames("a", "s"), True, (stanza,), accounts, PROXY, self.checkpoints())
        inputs = {
            name: {**form, "disabled": str(int(not self.ours_on))} for name, form in self.objects["inputs"].items()
        }
        ours = Ours(inputs, self.objects["accounts"], self.objects["proxies"], False)
        return make_plan(stanza, theirs, ours, lambda *_: True)

    def move(self) -> Move:
        splunkd: Any = SimpleNamespace(
            username="alice", info=lambda: SimpleNamespace(started=1.0), switch_input=self.switch_ours
        )
        inventory: Any = SimpleNamespace(
            theirs=lambda: SimpleNamespace(names=ConfNames("a", "s")),
            checkpoints=self.checkpoints,
            secret=lambda *_: "s3cret",
            switch=self.switch_theirs,
        )
        stopped = StoppedInputs(self.folder, self.clock)
        parts: list[Any] = [Things(self, kind) for kind in ("accounts", "proxies", "inputs")]
        return Move(splunkd, inventory, parts[0], parts[1], parts[2], stopped, self.clock)

    def checkpoints(self) -> list[dict[str, Any]]:
        self.neighbour += 1  # another input of the vendor's reads on
        other = {"_key": "other_feed_num_0", "state": f'{{"{URL.format(0)}": {self.neighbour}}}'}
        return [other] + [
            {"_key": f"main_feed_num_{number}", "state": f'{{"{URL.format(number)}": {self.offset}}}'}
            for number in range(3)
        ]

    def switch_theirs(self, stanza: OwnedStanza, on: bool) -> None:
        self.step(f"theirs {'on' if on else 'off'}")
        self.theirs_on = on

    def switch_ours(self, name: str, on: bool) -> None:
        self.step(f"ours {'on' if on else 'off'}")
        self.ours_on = on

    def make(self, kind: str, name: str, form: Mapping[str, str]) -> None:
        self.step(f"make {kind}")
        self.objects[kind][name] = form
        if kind == "inputs":
            self.ours_on = True

    def records(self) -> dict[str, Any]:
        """Our records, by partition."""
        store = FileStore(folder_of(str(self.folder), "main"), "main", lambda: True)
        return {partition: store.load(partition) for partition in store.partitions()}


class Things:
    """One of the pages' collections."""

    def __init__(self, estate: Estate, kind: str) -> None:
        self._estate, self._kind = estate, kind

    def entries(self) -> list[Entry]:
        return [Entry(name, form) for name, form in self._estate.objects[self._kind].items()]

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Callable[[], Entry]:
        def change() -> Entry:
            self._estate.make(self._kind, name, form)
            return Entry(name, form)

        return change


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    return Estate(tmp_path)


STEPS = ["make proxies", "make accounts", "theirs off", "make inputs"]


def test_what_can_be_refused_comes_before_the_vendors_input_is_disabled(estate: Estate) -> None:
    estate.move().apply(estate.plan())

    assert estate.steps == STEPS
    assert (estate.theirs_on, estate.ours_on) == (False, True)
    assert {record.origin.offset for record in estate.records().values()} == {7}
    assert {record.author.user for record in estate.records().values()} == {"alice"}
    assert estate.objects["accounts"]["prod_us-1"]["client_secret"] == "s3cret"


@pytest.mark.parametrize("dies_at", range(len(STEPS)))
def test_cut_short_before_any_change_it_goes_on_and_ends_the_same(estate: Estate, dies_at: int) -> None:
    estate.dies_at = dies_at
    with pytest.raises(Killed):
        estate.move().apply(estate.plan())
    assert not (estate.theirs_on and estate.ours_on)
    estate.offset = 9 if estate.theirs_on else 7

    estate.move().apply(estate.plan())
    assert (estate.theirs_on, estate.ours_on) == (False, True)
    assert estate.steps == STEPS
    assert {record.origin.offset for record in estate.records().values()} == {estate.offset}


@pytest.mark.parametrize("dies_at", range(len(STEPS) + 1))
def test_cut_short_before_any_change_it_can_be_undone(estate: Estate, dies_at: int) -> None:
    estate.dies_at = dies_at
    try:
        estate.move().apply(estate.plan())
    except Killed:
        pass
    estate.dies_at = -1
    estate.move().undo(estate.plan())

    assert (estate.theirs_on, estate.ours_on) == (True, False)
    estate.move().undo(estate.plan())
    assert (estate.theirs_on, estate.ours_on) == (True, False)


def test_a_second_time_does_nothing_and_after_an_undo_the_further_offset_counts(estate: Estate) -> None:
    estate.move().apply(estate.plan())
    steps = list(estate.steps)
    estate.move().apply(estate.plan())
    assert estate.steps == steps

    estate.move().undo(estate.plan())
    estate.offset = 5  # the vendor's add-on knows nothing of what we have read
    estate.move().apply(estate.plan())
    assert {record.origin.offset for record in estate.records().values()} == {7}

    estate.move().undo(estate.plan())
    estate.offset = 30
    estate.move().apply(estate.plan())
    assert {record.origin.offset for record in estate.records().values()} == {30}
    assert "make inputs" not in estate.steps[len(steps) :]


@pytest.mark.parametrize("error", [Refused(400, "not so"), Fatal("not so"), Retryable("not so")])
def test_an_error_after_the_vendors_input_was_disabled_enables_it_again(estate: Estate, error: Exception) -> None:
    estate.broken["make inputs"] = error
    with pytest.raises(Refused, match=r"Not taken over: not so\. So the vendor's input reads on"):
        estate.move().apply(estate.plan())

    assert (estate.theirs_on, estate.ours_on) == (True, False)


def test_if_that_fails_too_the_sentence_says_that_nobody_reads(estate: Estate) -> None:
    estate.broken.update({"make inputs": Refused(400, "not so"), "theirs on": Refused(403, "you may not")})

    with pytest.raises(Refused, match=r"not so\. Nobody reads now: .* could not be enabled again \(you may not\)"):
        estate.move().apply(estate.plan())


def test_an_input_that_was_disabled_before_stays_so_after_an_error(estate: Estate) -> None:
    estate.theirs_on = False
    estate.broken["make inputs"] = Refused(400, "not so")
    with pytest.raises(Refused, match="Nobody reads now, as before"):
        estate.move().apply(estate.plan())

    assert (estate.theirs_on, estate.ours_on) == (False, False)


def test_if_the_vendors_input_cannot_be_enabled_ours_reads_on(estate: Estate) -> None:
    estate.move().apply(estate.plan())
    estate.broken["theirs on"] = Refused(403, "you may not")
    with pytest.raises(Refused, match=r"Not undone: you may not\. So this add-on reads on"):
        estate.move().undo(estate.plan())
    assert (estate.theirs_on, estate.ours_on) == (False, True)

    estate.broken["ours on"] = Refused(403, "nor this")
    with pytest.raises(Refused, match="Nobody reads now"):
        estate.move().undo(estate.plan())


def test_if_the_vendors_add_on_is_gone_there_is_no_way_back(estate: Estate) -> None:
    estate.move().apply(estate.plan())
    with pytest.raises(Refused, match="nothing to go back to"):
        estate.move().undo(replace(estate.plan(), can_return=False))

    assert estate.ours_on


def test_if_nobody_knows_whether_our_input_runs_the_vendors_stays_disabled(estate: Estate) -> None:
    estate.broken["make inputs"] = Unanswered(503, "look whether the change was made")
    with pytest.raises(Unanswered):
        estate.move().apply(estate.plan())

    assert not estate.theirs_on


def test_the_offsets_are_those_after_the_vendors_last_write(estate: Estate) -> None:
    writes = [0.4, 1.0, 2.5]
    pause = estate.clock.pause

    def write_on(seconds: float) -> None:
        pause(seconds)
        while writes and estate.clock.monotonic() - began > writes[0]:
            writes.pop(0)
            estate.offset += 1

    began = estate.clock.monotonic()
    estate.clock.pause = write_on  # type: ignore[method-assign]
    estate.move().apply(estate.plan())

    assert {record.origin.offset for record in estate.records().values()} == {10}


def test_a_vendors_input_that_writes_on_is_not_waited_for_without_end(estate: Estate) -> None:
    pause, began = estate.clock.pause, estate.clock.monotonic()

    def write_on(seconds: float) -> None:
        pause(seconds)
        estate.offset += 1

    estate.clock.pause = write_on  # type: ignore[method-assign]
    with pytest.raises(Refused, match="still writes checkpoints"):
        estate.move().apply(estate.plan())

    assert estate.clock.monotonic() - began < LONGEST + 2
    assert (estate.theirs_on, estate.ours_on) == (True, False)
