"""Records of child tenants in a store that others may write: a thousand tenants are taken over in a few calls, and what
somebody changes or removes is told and loses no event."""

from __future__ import annotations

import json
import logging
from typing import Any, Callable, List, Optional, Sequence

import pytest

from falcon_streams.core.claim import Claim
from falcon_streams.core.custody import Seal
from falcon_streams.core.envelope import Event
from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.errors import Fatal, Retryable
from falcon_streams.store.kvstore import Document
from falcon_streams.store.shared import SharedClaims, SharedRecords
from tests.fakes.collection import Collection
from tests.unit.store.test_shared import NAME, READS, SECRET, altered
from tests.unit.store.test_shared import Run as OwnRun

ONE, OTHER = "a" * 32, "b" * 32
A, B, C = (f"{ONE}/0", f"{ONE}/1", f"{OTHER}/0")


class Crash(BaseException):
    """The process dies here."""


class Counting(Collection):
    """Counts its calls, and dies before the one with this number."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: List[str] = []
        self.left: Optional[int] = None

    def _count(self, what: str) -> None:
        if self.left == 0:
            raise Crash
        self.left = None if self.left is None else self.left - 1
        self.calls.append(what)

    def save(self, documents: Sequence[Document]) -> None:
        self._count("save")
        assert len(documents) <= 1_000, "more than splunkd takes at once"
        super().save(documents)

    def remove(self, key: str) -> None:
        self._count("remove")
        super().remove(key)

    def remove_all(self, query: Any) -> None:
        self._count("remove_all")
        assert len(json.dumps(query)) < 3_000, "an address has room for a few keys"
        super().remove_all(query)


class Run(OwnRun):
    """One process: its claim, its records."""

    def offsets(self) -> Any:
        """The committed offset of each partition; `oldest` for one that begins at the oldest event."""
        return {name: self._offset(name) for name in self.records.partitions()}

    def _offset(self, partition: str) -> Any:
        found = self.records.load(partition)
        assert found is not None and found.partition == partition
        return "oldest" if found.origin == StartPosition() and found.offset is None else found.offset


def record(offset: int, partition: str) -> Record:
    first = first_record(NAME, partition, Owner("h", "id", "").of(partition), StartPosition(None, 7), 1000.0, 500.0)
    event = Event(b"%d" % offset, offset, "A", 1_770_000_000_000, "c")
    return first.committed(event, ("c",), 1000.0 + offset, 30.0)


def key(generation: int, partition: str) -> str:
    return f"{NAME}:{generation}:{partition.replace('/', ':')}"


@pytest.fixture
def collection() -> Counting:
    return Counting()


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_the_next_generation_goes_on_where_the_last_has_ended(
    collection: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(collection, 1)
    run.commit(10, "0", A, B, C)
    run.commit(20, A)
    after = Run(collection, 2)

    assert after.offsets() == {"0": 10, A: 20, B: 10, C: 10}
    after.commit(21, C)
    assert Run(collection, 3).offsets() == {"0": 10, A: 20, B: 10, C: 21}
    assert altered(caplog) == []
    assert not [each for each in collection.texts if each.startswith((f"{NAME}:1:a", f"{NAME}:2:a"))]


def test_two_thousand_records_are_taken_over_in_a_few_calls_and_a_commit_writes_what_it_commits(
    collection: Counting,
) -> None:
    names = [f"{number:032x}/{id}" for number in range(1_000) for id in (0, 1)]
    Run(collection, 1).commit(10, *names[:500])
    Run(collection, 2).commit(11, *names[500:1_000])
    Run(collection, 3).commit(12, *names[1_000:])
    collection.calls.clear()
    run = Run(collection, 4)

    assert len(run.offsets()) == 2_000
    assert len(collection.calls) <= 20
    collection.written.clear()
    run.commit(13, names[7])
    assert collection.written == [key(4, names[7])]
    for document in collection.find({"tenants_of": NAME}):
        assert len(json.dumps(document)) < 60_000


def test_the_claim_is_confirmed_while_so_many_are_taken_over(collection: Counting) -> None:
    Run(collection, 1).commit(10, *(f"{number:032x}/0" for number in range(900)))
    beats: List[int] = []
    SharedRecords(collection, NAME, Seal(SECRET)).read(2, lambda: beats.append(1))

    assert len(beats) >= 10


def test_a_record_that_is_missing_is_told_and_its_partition_goes_on_at_its_landmark(
    collection: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(collection, 1)
    run.commit(10, A, B)
    run.commit(20, A)
    collection.texts.pop(key(1, A))
    after = Run(collection, 2)

    found = after.records.load(A)
    assert found is not None and (found.offset, found.trail[0].offset, found.origin) == (
        10,
        None,
        StartPosition(None, 7),
    )
    assert altered(caplog) == [
        "its record is missing, and the input goes on at the last sealed place: check who may write the collection"
    ]
    assert Run(collection, 3).offsets() == {A: 10, B: 10}
    assert len(altered(caplog)) == 1


@pytest.mark.parametrize("generation", [1, 9])
def test_an_old_sealed_record_is_passed_over_wherever_it_is_put(
    collection: Counting, caplog: pytest.LogCaptureFixture, generation: int
) -> None:
    Run(collection, 1).commit(10, A)
    old = collection.one(key(1, A))
    Run(collection, 2).commit(20, A)
    forged = key(generation, A)
    collection.save([{**old, "_key": forged, "key": forged, "generation": generation}])

    assert Run(collection, 10).offsets() == {A: 20}
    assert len(altered(caplog)) == (generation == 9)


def test_an_old_record_in_the_place_of_the_newest_leaves_the_landmark(
    collection: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10, A)
    old = collection.one(key(1, A))
    Run(collection, 2).commit(20, A)
    collection.texts.pop(key(2, A))
    collection.save([old])

    after = Run(collection, 3)
    assert after.offsets() == {A: 10}  # the landmark, which the second process left when it took over
    assert len(altered(caplog)) == 1


def test_an_offset_that_was_moved_forward_is_not_gone_on_from(
    collection: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10, A)
    found = collection.one(key(1, A))
    collection.save([{**found, "text": json.dumps({**json.loads(found["text"]), "offset": 999})}])

    assert Run(collection, 2).offsets() == {A: 10}
    assert len(altered(caplog)) == 1


def test_a_manifest_that_is_missing_is_told_and_the_sealed_records_count(
    collection: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10, A, B, C)
    collection.texts.pop(key(1, f"{ONE}/*"))

    assert Run(collection, 2).offsets() == {A: 10, B: 10, C: 10}
    assert (
        altered(caplog) == ["a place that its manifest should name is missing: check who may write the collection"] * 2
    )


@pytest.mark.parametrize("spare", ["", "manifest of another tenant", "manifest from before it joined"])
def test_a_manifest_and_the_records_that_it_names_are_missed_together(
    collection: Counting, caplog: pytest.LogCaptureFixture, spare: str
) -> None:
    run = Run(collection, 1)
    run.commit(10, A, C)
    before = collection.one(key(1, f"{ONE}/*"))
    run.commit(10, B)
    collection.texts.pop(key(1, B))
    if spare == "manifest from before it joined":
        collection.save([before])
    else:
        collection.texts.pop(key(1, A))
        collection.texts.pop(key(1, f"{ONE}/*"))
    if spare == "manifest of another tenant":
        collection.save([{**before, "text": collection.one(key(1, f"{OTHER}/*"))["text"]}])

    after = Run(collection, 2)
    lost = {B: "oldest"} if spare == "manifest from before it joined" else {A: "oldest", B: "oldest"}
    assert after.offsets() == {A: 10, C: 10, **lost}
    assert altered(caplog)


def test_everything_of_the_tenants_that_is_gone_although_a_claim_tells_of_it_is_missed(
    collection: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10, "0", A)
    collection.remove_all({"tenants_of": NAME})
    after = Run(collection, 2)

    assert (after.offsets(), after.records.faults()) == ({"0": 10}, ["the roll of its tenants' records is missing"])
    found = after.records.load(A)
    assert found is not None and found.origin == StartPosition()  # the oldest, whatever `start_from` says
    assert altered(caplog) == ["the roll of the tenants is missing: what has no record is read from the oldest event"]


def test_a_process_that_died_before_its_first_word_leaves_nothing_to_miss(
    collection: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    SharedClaims(collection, NAME, Seal(SECRET), lambda: 0).insert(Claim(1, "h", "hf/guid", READS))

    assert Run(collection, 2).records.load(A) is None
    assert altered(caplog) == []


def test_a_package_that_knows_no_tenants_sees_none_of_their_documents_and_nothing_is_missed_afterwards(
    collection: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10, "0", A)
    seen = [each["_key"] for each in collection.find({"input": NAME})]
    assert sorted(seen) == [f"{NAME}:1", f"{NAME}:1:*", f"{NAME}:1:0"]

    # It claims, and leaves a manifest of what it knows.
    Run(collection, 2).commit(20, "0")
    collection.remove_all({"tenants_of": NAME, "generation": 2})
    collection.save([{name: value for name, value in collection.one(f"{NAME}:2").items() if name != "roll"}])
    first = Counting()
    Run(first, 1).commit(10, "0", A)
    collection.save(list(first.find({"tenants_of": NAME})))

    assert Run(collection, 3).offsets() == {"0": 20, A: 10}
    assert altered(caplog) == []


def test_a_writer_that_wakes_up_late_removes_nothing_of_its_successor(
    collection: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10, A)
    late = SharedRecords(collection, NAME, Seal(SECRET))
    late.read(2)
    Run(collection, 3).commit(20, A)
    late.read(2)
    late.save([record(11, A)])

    assert Run(collection, 4).offsets() == {A: 20}
    assert altered(caplog) == []


@pytest.mark.parametrize("at", range(14))
def test_a_process_that_dies_at_any_call_leaves_all_records_and_nothing_to_report(
    collection: Counting, caplog: pytest.LogCaptureFixture, at: int
) -> None:
    Run(collection, 1).commit(10, A, C)

    def live() -> None:
        run = Run(collection, 2)
        run.commit(20, A, B)
        run.commit(30, C)
        run.records.remove(frozenset({C}))

    collection.left = at
    try:
        live()
    except Crash:
        pass
    collection.left = None
    found = Run(collection, 3).offsets()

    assert found[A] in (10, 20)
    assert found.get(B) in (None, 20) and found.get(C) in (None, 10, 30)
    assert C in found or at >= 9
    assert altered(caplog) == []


def test_a_secret_that_was_changed_is_told_in_one_line_and_reading_goes_on(
    collection: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"{number:032x}/0" for number in range(100)]
    Run(collection, 1).commit(10, *names)
    after = Run(collection, 2, "another secret")

    assert set(after.offsets().values()) == {10}
    (line,) = altered(caplog)
    assert line.startswith("its record does not bear this add-on's seal: the account's secret was changed")
    assert line.endswith(f"(in 100 partitions, the first is {names[0]})")
    assert set(Run(collection, 3, "another secret").offsets().values()) == {10}
    assert len(altered(caplog)) == 1


def test_records_that_are_removed_are_gone_for_the_next_process_too(
    collection: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(collection, 1)
    names = [f"{number:032x}/0" for number in range(50)]
    run.commit(10, A, B, C, *names)
    run.records.remove(frozenset({A, f"{OTHER}/9", *names}))

    assert run.offsets() == {B: 10, C: 10}
    assert Run(collection, 2).offsets() == {B: 10, C: 10}
    assert altered(caplog) == []


def test_a_manifest_that_could_not_be_stored_is_stored_with_the_next_commit(collection: Counting) -> None:
    run = Run(collection, 1)
    for kind in ("tenant manifest", "roll"):
        collection.broken_for = kind
        with pytest.raises(Retryable):
            run.commit(1, A)
    collection.broken_for = None
    run.commit(2, A)
    collection.texts.pop(key(1, A))

    assert Run(collection, 2).records.partitions() == {A}


@pytest.mark.parametrize(
    "forge",
    [
        lambda one: {**one, "_key": "main:1:x", "key": "main:1:x"},
        lambda one: {**one, "_key": f"main:1:{OTHER}:../0", "key": f"main:1:{OTHER}:../0"},
        lambda one: {**one, "_key": f"main:5:{OTHER}:7", "key": f"main:5:{OTHER}:7"},
        lambda one: {**one, "_key": f"main:1:{OTHER}:*", "key": f"main:1:{OTHER}:*"},
        lambda one: {**one, "_key": "main:1:*:0", "key": "main:1:*:0"},
    ],
)
def test_a_document_that_no_holder_can_have_written_is_told_and_set_aside(
    collection: Counting, caplog: pytest.LogCaptureFixture, forge: Callable[[Document], Document]
) -> None:
    Run(collection, 1).commit(10, A)
    forged = forge(collection.one(key(1, A)))
    collection.save([forged])

    assert Run(collection, 2).offsets() == {A: 10}
    assert len(altered(caplog)) == 1
    assert forged["_key"] not in collection.texts and len(collection.keys("aside")) == 1


@pytest.mark.parametrize("text", ["{", "null", "[" * 5_000, '{"version": 99}', "9" * 5_000])
def test_a_record_that_makes_no_sense_is_passed_over_and_set_aside(collection: Counting, text: str) -> None:
    Run(collection, 1).commit(10, A)
    collection.save([{**collection.one(key(1, A)), "text": text}])

    assert Run(collection, 2).offsets() == {A: 10}
    (aside,) = collection.keys("aside")
    assert key(1, A) in collection.one(aside)["document"]


def test_a_sealed_record_of_a_newer_add_on_ends_the_input(collection: Counting) -> None:
    Run(collection, 1).commit(10, A)
    found = collection.one(key(1, A))
    newer = json.dumps({**json.loads(found["text"]), "version": 99})
    collection.save([{**found, "text": newer, "seal": Seal(SECRET).of(newer)}])

    with pytest.raises(Fatal, match="was written by a newer add-on"):
        Run(collection, 2)
    assert collection.one(key(1, A))["text"] == newer


def test_a_page_sees_what_the_next_process_would_choose_and_changes_nothing(collection: Counting) -> None:
    Run(collection, 1).commit(10, "0", A, B)
    collection.texts.pop(key(1, B))
    before = dict(collection.texts)
    looked = SharedRecords(collection, NAME, Seal(SECRET)).look()

    assert collection.texts == before
    assert {name: bool(each.alteration) for name, each in looked.items()} == {"0": False, A: False, B: True}
