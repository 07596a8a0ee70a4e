"""An admin's process opens the records of an input only while nobody reads it, in either store, and gives all back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Optional, Sequence

import pytest

from falcon_streams.core.claim import STILL_FOR, VALID_FOR, Claim
from falcon_streams.core.custody import Seal
from falcon_streams.core.record import ADMIN, Author, Owner, Record, StartPosition, first_record
from falcon_streams.errors import Refused, Retryable
from falcon_streams.splunk.process_lock import ProcessLock
from falcon_streams.splunk.settings import InputSettings, read_input
from falcon_streams.splunk.state import StateFile
from falcon_streams.store import stopped_input
from falcon_streams.store.files import folder_of
from falcon_streams.store.kvstore import Document
from falcon_streams.store.shared import SharedClaims, SharedRecords
from falcon_streams.store.stopped_input import FILE, KVSTORE, StoppedInputs
from tests.fakes.clock import FakeClock
from tests.fakes.collection import Collection

NAME, SECRET = "main", "the account's secret"
STORES = pytest.mark.parametrize("kind", [FILE, KVSTORE])
ANYBODY: Any = SimpleNamespace(info=lambda: SimpleNamespace(forwarder="hf/guid"))


def record(partition: str = "0", offset: int = 7) -> Record:
    origin = StartPosition(offset)
    written = first_record(NAME, partition, Owner("h", "id", ""), origin, 1000.0, None)
    return replace(written, author=Author(ADMIN, "alice", "a test"))


class House:
    """The folder, the collection, and the clock of one machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.collection = Collection()
        self.clock = FakeClock()
        self.stopped = StoppedInputs(folder, self.clock)

    def open(self, kind: str) -> Any:
        return self.stopped.open(ANYBODY, settings(kind))

    def lock(self) -> ProcessLock:
        """What a run of the input takes first."""
        return ProcessLock(folder_of(str(self.folder), NAME))

    def stored(self, kind: str, partition: str = "0") -> Optional[Record]:
        """The record as the next opener finds it, without its generation."""
        with self.open(kind) as records:
            found = records.load(partition)
            return None if found is None else replace(found, generation=0)

    def claim(self, beat: int = 0, released: bool = False) -> None:
        """A reader on another forwarder claims the input, or confirms its claim."""
        claims = SharedClaims(self.collection, NAME, Seal(SECRET), lambda: 0)
        claim = Claim(1, "other", "hf2/guid", "all", beat, released)
        if not claims.insert(claim):
            claims.replace(claim)


def settings(kind: str) -> InputSettings:
    return read_input(NAME, {"account": "prod", "app_id": "main", "checkpoint_store": kind})


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    scene = House(tmp_path)
    account = SimpleNamespace(credentials=SimpleNamespace(client_secret=SECRET))
    monkeypatch.setattr(stopped_input, "open_kvstore", lambda splunkd: scene.collection)
    monkeypatch.setattr(stopped_input, "read_account", lambda splunkd, name: account)
    return scene


@STORES
def test_what_is_saved_is_listed_and_read_and_can_be_removed(house: House, kind: str) -> None:
    with house.open(kind) as records:
        assert records.partitions() == frozenset()
        records.save([record("0"), record("1")])
        found = records.load("1")
        assert found is not None and replace(found, generation=0) == record("1")
        records.remove(frozenset({"1", "none"}))
        assert (records.partitions(), records.load("1")) == (frozenset({"0"}), None)

    assert house.stored(kind) == record()
    assert house.stored(kind, "1") is None


@STORES
def test_the_history_is_kept_beside_the_records_and_is_none_of_them(house: House, kind: str) -> None:
    with house.open(kind) as records:
        assert records.history() == ""
        records.save([record()])
        records.keep_history('[{"n": 1}]')

    with house.open(kind) as records:
        assert (records.history(), records.partitions()) == ('[{"n": 1}]', frozenset({"0"}))


@STORES
def test_an_input_that_runs_on_this_machine_is_refused_and_all_is_given_back(house: House, kind: str) -> None:
    running = house.lock()
    assert running.take() == ""
    with pytest.raises(Refused, match="on this machine reads this input: disable the input first") as refused:
        house.stored(kind)
    assert refused.value.status == 409
    running.release()

    with pytest.raises(ZeroDivisionError), house.open(kind):
        assert house.lock().take() != ""  # a run of the input waits
        raise ZeroDivisionError
    assert house.stored(kind) is None


def test_a_file_system_without_locks_leaves_the_state_file_to_tell(house: House, monkeypatch: Any) -> None:
    monkeypatch.setattr("falcon_streams.splunk.process_lock.lock", _no_locks)
    board = StateFile(folder_of(str(house.folder), NAME))
    board.show({"state": "running", "updated_at": house.clock.now()})
    with pytest.raises(Refused, match="this input ran less than 15 s ago"):
        house.stored(FILE)

    board.show({"state": "stopped", "updated_at": house.clock.now()})
    assert house.stored(FILE) is None


def _no_locks(descriptor: int) -> None:
    raise OSError(95, "Operation not supported")


def test_a_claim_that_another_forwarder_confirms_is_never_taken(house: House) -> None:
    for beat in range(20):
        house.claim(beat)
        with pytest.raises(Refused, match="hf2/guid reads this input, or ended without giving its claim back"):
            house.stored(KVSTORE)
        house.clock.pause(10.0)


def test_a_claim_that_was_left_behind_is_taken_once_it_has_been_still(house: House) -> None:
    house.claim()
    with pytest.raises(Refused, match="repeat this in 45 s"):
        house.stored(KVSTORE)
    house.clock.pause(STILL_FOR - 1.0)
    with pytest.raises(Refused):
        house.stored(KVSTORE)
    house.clock.pause(5.0)

    assert house.stored(KVSTORE) is None


def test_a_claim_that_was_given_back_is_free_at_once_and_so_is_ours_afterwards(house: House) -> None:
    house.claim(released=True)
    house.stored(KVSTORE)

    newest = SharedClaims(house.collection, NAME, Seal(SECRET), lambda: 0).look().newest
    assert newest is not None
    assert (newest.generation, newest.forwarder, newest.released) == (2, "an admin on hf/guid", True)


def test_whoever_keeps_the_claim_too_long_writes_no_more(house: House) -> None:
    with house.open(KVSTORE) as records:
        house.clock.pause(VALID_FOR)
        for write, argument in (
            (records.save, [record()]),
            (records.remove, frozenset("0")),
            (records.keep_history, "x"),
        ):
            with pytest.raises(Refused, match="the claim on this input is lost"):
                write(argument)


def test_a_store_that_does_not_answer_is_asked_anew(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.collection.broken_for = "claim"
    with pytest.raises(Retryable):
        house.stored(KVSTORE)
    house.collection.broken_for = None

    assert house.stored(KVSTORE) is None


def test_what_was_done_counts_although_the_claim_cannot_be_given_back(house: House) -> None:
    with house.open(KVSTORE) as records:
        records.save([record()])
        house.collection.broken_for = "claim"
    house.collection.broken_for = None

    assert house.stored(KVSTORE) == record()  # the lock of the folder proves that no other admin is at work here


def test_both_stores_can_be_open_at_once(house: House) -> None:
    with house.stopped.open_stores(ANYBODY, settings(FILE), FILE, KVSTORE) as (files, collection):
        files.save([record("0")])
        collection.save([record("1")])

    assert (house.stored(FILE), house.stored(KVSTORE, "1")) == (record("0"), record("1"))


def test_a_removal_that_a_crash_cuts_short_leaves_the_record(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.open(KVSTORE) as records:
        records.save([record()])

    def crash(key: str) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as context, house.open(KVSTORE) as records:
        context.setattr(house.collection, "remove", crash)
        with pytest.raises(ZeroDivisionError):
            records.remove(frozenset("0"))

    assert house.stored(KVSTORE) == record()


def test_a_history_that_does_not_bear_our_seal_is_not_used(house: House) -> None:
    with house.open(KVSTORE) as records:
        records.keep_history("ours")
    document = house.collection.one(f"{NAME}:history")
    _write(house.collection, [{**document, "history": "theirs"}])

    with house.open(KVSTORE) as records:
        assert records.history() == ""


def test_the_next_run_of_the_input_reads_what_an_admin_has_saved(house: House) -> None:
    with house.open(KVSTORE) as records:
        records.save([record()])
        records.keep_history("beside")
    run = SharedRecords(house.collection, NAME, Seal(SECRET))
    run.read(9)

    found = run.load("0")
    assert found is not None and replace(found, generation=0) == record()


def _write(collection: Collection, documents: Sequence[Document]) -> None:
    collection.save(documents)
