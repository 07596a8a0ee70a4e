"""What stands in the way is told until what heals it."""

from __future__ import annotations

from typing import Sequence

from falcon_streams.core.discovery import Discovery, Lease
from falcon_streams.core.roster import ALL
from falcon_streams.core.trouble import Troubles

FAILED = "api: no connection in time"


def offer(*partitions: str, refusals: Sequence[str] = ()) -> Discovery:
    return Discovery(tuple(Lease(name, "f", "r", "t", 1800.0) for name in partitions), tuple(refusals))


def test_a_failed_discovery_is_told_until_the_next_good_one() -> None:
    troubles = Troubles("app")
    troubles.note(ALL, FAILED)
    assert troubles.of(ALL) == FAILED

    troubles.discovered(offer("0"), [], [])
    assert troubles.of(ALL) == ""


def test_a_discovery_that_shows_nothing_while_all_is_read_heals_too() -> None:
    """While siblings are connected, Falcon may offer none."""
    troubles = Troubles("app")
    troubles.note(ALL, FAILED)
    troubles.discovered(offer(), ["0"], [])

    assert troubles.of(ALL) == ""


def test_a_partitions_trouble_leaves_anothers_alone_and_no_discovery_heals_it() -> None:
    troubles = Troubles("app")
    troubles.note("0", "cut")
    troubles.note("1", "refused")
    troubles.discovered(offer("0", "1"), ["0", "1"], [])
    troubles.heal("1")

    assert (troubles.of("0"), troubles.of("1"), troubles.of(ALL)) == ("cut", "", "")


def test_an_app_id_in_use_is_told_with_what_to_do() -> None:
    troubles = Troubles("main")
    troubles.discovered(offer(), [], [])

    assert troubles.of(ALL).startswith("Falcon gives app id main to another reader. Wait six minutes if ")
    troubles.discovered(offer("0"), [], [])
    assert troubles.of(ALL) == ""


def test_a_partition_that_falcon_does_not_offer_is_told_with_those_that_it_offers() -> None:
    troubles = Troubles("app")
    troubles.discovered(offer("0", "1"), [], ["7"])

    assert troubles.of("7").startswith("Falcon offers no partition 7 (it offers 0, 1). Correct the setting partitions")
    assert troubles.of(ALL) == ""
    troubles.discovered(offer(), ["0", "1"], ["7"])
    assert "(it offers 0, 1)" in troubles.of("7")
    troubles.heal("7")
    assert troubles.of("7") == ""


def test_many_partitions_make_no_long_sentence() -> None:
    troubles = Troubles("app")
    troubles.discovered(offer(*(f"{number:04}" for number in range(2000))), [], ["7"])

    assert "0008, 0009 and 1990 more)" in troubles.of("7")


def test_an_answer_whose_places_are_refused_is_told_until_one_is_not() -> None:
    troubles = Troubles("app")
    troubles.discovered(offer(refusals=["entry 0 is no object", "entry 1 is no object"]), [], ["0"])

    assert troubles.of(ALL) == "entry 0 is no object; 1 more entries were refused"
    assert troubles.of("0") == ""
    troubles.discovered(offer("0"), [], [])
    assert troubles.of(ALL) == ""
