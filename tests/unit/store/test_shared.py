"""What counts in a store that others may write: claims and records that a holder has left, and nothing else."""

from __future__ import annotations

import json
import logging
from typing import List, Optional

import pytest

from falcon_streams.core.claim import Claim, Claims, Look, Take
from falcon_streams.core.custody import Seal
from falcon_streams.core.envelope import Event
from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.errors import Fatal, Retryable
from falcon_streams.store.shared import SharedClaims, SharedRecords, newest_claims
from tests.fakes.collection import Collection

NAME, SECRET = "main", "the account's secret"
READS = "api client a member none partitions all"


class Run:
    """One process: its claim, its records."""

    def __init__(self, collection: Collection, generation: int, secret: str = SECRET) -> None:
        self.collection, self.generation = collection, generation
        self.records = SharedRecords(collection, NAME, Seal(secret))
        self.claims = SharedClaims(collection, NAME, Seal(secret), lambda: self.records.generation)
        claim = Claim(generation, f"holder-{generation}", "hf/guid", READS)
        self.claims.insert(claim)
        self.records.read(generation)
        self.claims.replace(claim._replace(beat=1))

    def commit(self, offset: int, *partitions: str) -> None:
        """Store one commit of these partitions, else of 0."""
        self.records.save([record(offset, partition) for partition in partitions or ("0",)])

    def offset(self, partition: str = "0") -> Optional[int]:
        found = self.records.load(partition)
        assert found is not None
        return found.offset


def record(offset: int, partition: str = "0") -> Record:
    first = first_record(NAME, partition, Owner("h", "id", ""), StartPosition(None, 7), 1000.0, 500.0)
    event = Event(b"%d" % offset, offset, "A", 1_770_000_000_000, "c")
    return first.committed(event, ("c",), 1000.0 + offset, 30.0)


def altered(caplog: pytest.LogCaptureFixture) -> List[str]:
    """The sentences about what was altered."""
    told = [each for each in caplog.records if each.getMessage() == "checkpoint_altered"]
    return [str(each.args["reason"]) for each in told if isinstance(each.args, dict)]


def sees(collection: Collection) -> Optional[Claim]:
    return SharedClaims(collection, NAME, Seal(SECRET), lambda: 0).look().newest


@pytest.fixture
def collection() -> Collection:
    return Collection()


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_the_newest_claim_of_each_input_is_seen_and_a_forged_one_is_not(collection: Collection) -> None:
    Run(collection, 1)
    Run(collection, 2)
    other = SharedClaims(collection, "other", Seal(SECRET), lambda: 0)
    other.insert(Claim(5, "holder", "fw2/guid", READS))
    SharedClaims(collection, "forged", Seal("another secret"), lambda: 0).insert(Claim(9, "h", "fw3", READS))

    found = newest_claims(collection, Seal(SECRET))

    assert {name: (claim.generation, claim.forwarder) for name, claim in found.items()} == {
        NAME: (2, "hf/guid"),
        "other": (5, "fw2/guid"),
    }


def test_the_next_generation_goes_on_where_the_last_has_ended(
    collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(collection, 1)
    run.commit(10, "0", "1")
    run.commit(20)
    after = Run(collection, 2)

    assert (after.offset("0"), after.offset("1")) == (20, 10)
    after.commit(21)
    assert Run(collection, 3).offset() == 21
    assert altered(caplog) == []


def test_a_record_that_is_missing_is_told_and_its_partition_goes_on_at_its_landmark(
    collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(collection, 1)
    run.commit(10, "0", "1")
    run.commit(20)
    collection.remove("main:1:0")
    after = Run(collection, 2)

    found = after.records.load("0")
    assert found is not None and [step.offset for step in found.trail] == [None]  # the oldest that a replay could reach
    assert found.origin == StartPosition(None, 7) and not found.clean
    assert altered(caplog) == [
        "its record is missing, and the input goes on at the last sealed place: check who may write the collection"
    ]


def test_an_old_sealed_record_under_a_higher_generation_is_passed_over(
    collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10)
    old = collection.one("main:1:0")
    Run(collection, 2).commit(20)
    collection.save([{**old, "_key": "main:9:0", "generation": 9}])

    assert Run(collection, 10).offset() == 20
    (sentence,) = altered(caplog)
    assert "does not bear this add-on's seal and is ignored" in sentence


def test_an_old_sealed_record_in_the_place_of_the_newest_is_told_and_passed_over(
    collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10)
    old = collection.one("main:1:0")
    Run(collection, 2).commit(20)
    collection.remove("main:2:0")
    collection.save([old])

    found = Run(collection, 3).records.load("0")
    assert found is not None and found.generation == 2
    assert len(altered(caplog)) == 1


def test_an_offset_that_was_moved_forward_is_not_gone_on_from(
    collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10)
    found = collection.one("main:1:0")
    moved = {**json.loads(found["record"]), "offset": 999}
    collection.save([{**found, "record": json.dumps(moved)}])

    assert Run(collection, 2).offset() == 10
    assert len(altered(caplog)) == 1


def test_a_manifest_and_records_that_are_gone_although_a_claim_tells_of_them_are_told(
    collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10)
    for key in [*collection.keys("manifest"), *collection.keys("record")]:
        collection.remove(key)
    after = Run(collection, 2)

    assert after.offset() is None
    found = after.records.load("0")
    assert found is not None and found.origin == StartPosition()  # the oldest, whatever `start_from` says
    assert len(altered(caplog)) == 1


def test_a_process_that_died_before_its_first_word_leaves_nothing_to_miss(
    collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    SharedClaims(collection, NAME, Seal(SECRET), lambda: 0).insert(Claim(1, "h", "hf/guid", READS))

    assert Run(collection, 2).records.load("0") is None
    assert altered(caplog) == []


def test_documents_of_the_package_before_are_adopted_in_silence(
    collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10)
    collection.remove("main:1:*")
    claim = collection.one("main:1")
    collection.save([{name: value for name, value in claim.items() if name not in ("seal", "manifest")}])
    after = Run(collection, 2)

    assert after.offset() == 10
    assert after.records.load("1") is None
    assert altered(caplog) == []
    collection.remove("main:1:0")
    assert Run(collection, 3).offset() == 10
    assert len(altered(caplog)) == 1


def test_the_package_before_may_have_written_meanwhile(
    collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    """A package that is put back knows nothing of manifests, and seals records alike."""
    Run(collection, 1).commit(10)
    manifest = collection.one("main:1:*")
    Run(collection, 2).commit(20, "0", "1")
    collection.remove("main:2:*")
    collection.save([manifest, {**collection.one("main:2"), "manifest": False}])
    after = Run(collection, 3)

    assert (after.offset("0"), after.offset("1")) == (20, 20)
    assert altered(caplog) == []


def test_a_secret_that_was_changed_is_told_and_reading_goes_on(
    collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1).commit(10)
    after = Run(collection, 2, "another secret")
    assert after.offset() == 10
    assert altered(caplog) == [
        "its record does not bear this add-on's seal: the account's secret was changed, or somebody changed the record"
    ]
    after.commit(11)
    assert Run(collection, 3, "another secret").offset() == 11
    assert len(altered(caplog)) == 1


def test_a_commit_costs_the_same_however_many_partitions_there_are(collection: Collection) -> None:
    run = Run(collection, 1)
    run.commit(1, *(str(number) for number in range(2_000)))
    collection.written.clear()
    run.commit(2)

    assert collection.written == ["main:1:0"]


def test_a_manifest_that_could_not_be_stored_is_stored_with_the_next_commit(collection: Collection) -> None:
    run = Run(collection, 1)
    collection.broken_for = "manifest"
    with pytest.raises(Retryable):
        run.commit(1)
    collection.broken_for = None
    run.commit(2)
    collection.remove("main:1:0")

    assert Run(collection, 2).records.partitions() == {"0"}


@pytest.mark.parametrize("text", ["{", "null", "[" * 5_000, '{"version": 99}', "9" * 5_000])
def test_a_record_that_makes_no_sense_is_passed_over_and_set_aside(collection: Collection, text: str) -> None:
    Run(collection, 1).commit(10)
    collection.save([{**collection.one("main:1:0"), "record": text}])

    assert Run(collection, 2).offset() == 10
    assert "main:1:0" not in collection.texts
    (aside,) = collection.keys("aside")
    assert collection.one(aside)["document"].startswith('{"_key": "main:1:0"')


def test_a_sealed_record_of_a_newer_add_on_ends_the_input(collection: Collection) -> None:
    Run(collection, 1).commit(10)
    newer = json.dumps({**json.loads(collection.one("main:1:0")["record"]), "version": 99})
    collection.save([{**collection.one("main:1:0"), "record": newer, "seal": Seal(SECRET).of(newer)}])

    with pytest.raises(Fatal, match="was written by a newer add-on"):
        Run(collection, 2)


GENERATIONS = ["1e999", "-1e999", "NaN", "1" + "0" * 400, str(2**53), "1.5", '"5"', "null", "true", "[]", "-1"]


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("kind", ["claim", "record", "manifest"])
def test_a_forged_generation_neither_ends_the_input_nor_keeps_it_waiting(
    collection: Collection, kind: str, generation: str
) -> None:
    Run(collection, 1).commit(10)
    for key in (f"main:{generation}", f"main:{generation}:0", f"main:{generation}:*"):
        known = json.dumps({"_key": key, "kind": kind, "input": "main"})
        collection.texts[key] = f'{known[:-1]}, "generation": {generation}}}'

    newest = sees(collection)
    assert newest is not None and newest.generation == 1
    after = Run(collection, 2)
    assert after.offset() == 10
    newest = sees(collection)
    assert newest is not None and newest.holder == "holder-2"


def test_a_claim_of_a_generation_that_nobody_came_to_is_told_once_and_set_aside(
    collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    Run(collection, 1)
    key = f"main:{2**49}"
    collection.texts[key] = json.dumps({**collection.one("main:1"), "_key": key, "generation": 2**49})
    claims = SharedClaims(collection, NAME, Seal(SECRET), lambda: 0)
    claims.look()
    claims.look()

    assert [each.getMessage() for each in caplog.records].count("document_refused") == 1
    Run(collection, 2)
    assert key not in collection.texts and len(collection.keys("aside")) == 1


def test_the_highest_generation_that_a_stranger_may_forge_is_outrun(collection: Collection) -> None:
    Run(collection, 1)
    key, forged = f"main:{10**9}", {"kind": "claim", "input": "main", "generation": 10**9, "beat": 0}
    collection.texts[key] = json.dumps({"_key": key, **forged})
    Run(collection, 10**9 + 1)

    newest = sees(collection)
    assert newest is not None and newest.holder == f"holder-{10**9 + 1}"


@pytest.mark.parametrize("number", ["NaN", "1e999", "1" + "0" * 400, '"1"', "null"])
def test_a_claim_whose_document_was_spoilt_still_keeps_its_generation(collection: Collection, number: str) -> None:
    Run(collection, 1)
    spoilt = f'"generation": {number}, "beat": {number}, "released": true'
    collection.texts["main:1"] = f'{{"_key": "main:1", "kind": "claim", "input": "main", {spoilt}}}'

    newest = sees(collection)
    assert newest is not None and (newest.generation, newest.released) == (1, False)
    assert newest == sees(collection)  # it does not look as if it changed, which would be waited for without end


def test_another_reads_that_nobody_confirms_is_waited_out(collection: Collection) -> None:
    shared = SharedClaims(collection, NAME, Seal(SECRET), lambda: 0)
    shared.insert(Claim(5, "stranger", "hf2/guid", "another tenant"))
    claims = Claims("ours", "hf/guid", READS, 0.0)
    at, taken = 0.0, None
    while taken is None and at < 60.0:
        intent = claims.intent(at)
        if isinstance(intent, Look):
            claims.saw(shared.look(), at, at)
        if isinstance(intent, Take):
            taken = intent.claim
        assert claims.other_reader() is None
        at += 1.0

    assert taken is not None and taken.generation == 6


@pytest.mark.parametrize("stamp", ["NaN", "1e999", '"x"', "true", "null"])
def test_a_stamp_that_is_none_does_not_look_like_a_writer_at_work(collection: Collection, stamp: str) -> None:
    collection.texts["main:1:0"] = (
        f'{{"_key": "main:1:0", "kind": "record", "input": "main", "generation": 1, "updated_at": {stamp}}}'
    )
    claims = SharedClaims(collection, NAME, Seal(SECRET), lambda: 0)

    assert claims.look() == claims.look()
