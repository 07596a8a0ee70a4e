"""What stands in the way is told until what heals it."""

from __future__ import annotations

from typing import Sequence

from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.last_error import LastErrors
from falcon_streams.core.roster import ALL

FAILED = "api: no connection in time"


def offer(*partitions: str, refusals: Sequence[str] = ()) -> Discovery:
    return Discovery(tuple(Stream(name, "f", "r", "t", 1800.0) for name in partitions), tuple(refusals))


def test_a_failed_discovery_is_told_until_the_next_good_one() -> None:
    errors = LastErrors("app")
    errors.note(ALL, FAILED)
    assert errors.of(ALL) == FAILED

    errors.discovered(offer("0"), [], [])
    assert errors.of(ALL) == ""


def test_a_discovery_that_shows_nothing_while_all_is_read_heals_too() -> None:
    """While siblings are connected, Falcon may offer none."""
    errors = LastErrors("app")
    errors.note(ALL, FAILED)
    errors.discovered(offer(), ["0"], [])

    assert errors.of(ALL) == ""


def test_a_partitions_trouble_leaves_anothers_alone_and_no_discovery_heals_it() -> None:
    errors = LastErrors("app")
    errors.note("0", "cut")
    errors.note("1", "refused")
    errors.discovered(offer("0", "1"), ["0", "1"], [])
    errors.heal("1")

    assert (errors.of("0"), errors.of("1"), errors.of(ALL)) == ("cut", "", "")


def test_an_app_id_in_use_is_told_with_what_to_do() -> None:
    errors = LastErrors("main")
    errors.discovered(offer(), [], [])

    assert errors.of(ALL).startswith("Falcon gives app ID main to another reader. Wait six minutes if ")
    errors.discovered(offer("0"), [], [])
    assert errors.of(ALL) == ""


def test_a_partition_that_falcon_does_not_offer_is_told_with_those_that_it_offers() -> None:
    errors = LastErrors("app")
    errors.discovered(offer("0", "1"), [], ["7"])

    assert errors.of("7").startswith("Falcon offers no partition 7 (it offers 0, 1). Correct the setting partitions")
    assert errors.of(ALL) == ""
    errors.discovered(offer(), ["0", "1"], ["7"])
    assert "(it offers 0, 1)" in errors.of("7")
    errors.heal("7")
    assert errors.of("7") == ""


def test_many_partitions_make_no_long_sentence() -> None:
    errors = LastErrors("app")
    errors.discovered(offer(*(f"{number:04}" for number in range(2000))), [], ["7"])

    assert "0008, 0009 and 1990 more)" in errors.of("7")


def test_an_answer_whose_places_are_refused_is_told_until_one_is_not() -> None:
    errors = LastErrors("app")
    errors.discovered(offer(refusals=["entry 0 is no object", "entry 1 is no object"]), [], ["0"])

    assert errors.of(ALL) == "entry 0 is no object; 1 more entries were refused"
    assert errors.of("0") == ""
    errors.discovered(offer("0"), [], [])
    assert errors.of(ALL) == ""
