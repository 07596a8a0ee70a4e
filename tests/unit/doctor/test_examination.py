"""An examination: the order of its checks, what needs what, and that it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from falcon_streams.clock import SystemClock
from falcon_streams.doctor.examination import Check, Examination
from falcon_streams.doctor.finding import Finding, Outcome, Said
from falcon_streams.errors import Fatal, RestartNeeded, Retryable
from falcon_streams.run.process import start_thread


def check(name: str, ask: Callable[[], Outcome], *after: str) -> Check:
    return Check(name, "", tuple((each, "") for each in after), ask, "do it")


def found(*checks: Check, seconds: float = 10.0, check_seconds: float = 5.0) -> list[Finding]:
    examination = Examination(SystemClock(), start_thread, seconds, check_seconds)
    return list(examination.findings(iter(checks), lambda each: None))


def fine() -> Outcome:
    return Said.SETTINGS.about()


def bad() -> Outcome:
    return Said.NO_INPUT.about()


def raising(error: BaseException) -> Callable[[], Outcome]:
    def ask() -> Outcome:
        raise error

    return ask


def test_a_check_is_asked_only_if_all_that_it_needs_are_ok() -> None:
    asked: list[str] = []

    def noting(name: str, outcome: Callable[[], Outcome]) -> Callable[[], Outcome]:
        def ask() -> Outcome:
            asked.append(name)
            return outcome()

        return ask

    findings = found(
        check("one", noting("one", fine)),
        check("two", noting("two", bad), "one"),
        check("three", noting("three", fine), "one", "two"),
        check("four", noting("four", fine), "three"),
        check("five", noting("five", fine), "one"),
        check("six", noting("six", fine), "seven"),
    )

    assert asked == ["one", "two", "five"]
    said = [(each.check, each.said.name, each.sentence) for each in findings]
    assert said[2:4] == [
        ("three", "AFTER", "See to this first: two."),
        ("four", "AFTER", "See to this first: three."),
    ]
    assert said[5] == ("six", "AFTER", "See to this first: seven.")


def test_the_next_check_is_made_up_after_the_former_was_asked() -> None:
    events: list[str] = []

    def ask() -> Outcome:
        events.append("asked")
        return fine()

    def checks() -> Any:
        events.append("first made")
        yield check("one", ask)
        events.append("second made")
        yield check("two", fine)

    list(Examination(SystemClock(), start_thread, 5.0).findings(checks(), lambda each: events.append(each.name)))

    assert events == ["first made", "one", "asked", "second made", "two"]


def test_a_check_that_does_not_answer_is_left_and_the_next_is_asked() -> None:
    end = threading.Event()

    def hang() -> Outcome:
        end.wait(20.0)
        return fine()

    clock = SystemClock()
    began = clock.monotonic()
    findings = found(check("one", hang), check("two", fine), check("three", fine, "one"), check_seconds=0.1)
    took = clock.monotonic() - began
    end.set()

    assert [each.said for each in findings] == [Said.LATE, Said.SETTINGS, Said.AFTER]
    assert took < 5.0


def test_the_whole_has_an_end_after_which_nothing_is_asked() -> None:
    end, asked = threading.Event(), []

    def hang() -> Outcome:
        asked.append(1)
        end.wait(20.0)
        return fine()

    findings = found(*(check(str(number), hang) for number in range(50)), seconds=0.3, check_seconds=0.1)
    end.set()

    assert [each.said for each in findings] == [Said.LATE] * len(asked) + [Said.TIME_UP] * (50 - len(asked))
    assert 1 <= len(asked) <= 5


def test_an_error_becomes_a_finding_that_reveals_nothing() -> None:
    findings = found(
        check("one", raising(Retryable("no right", status=403))),
        check("two", raising(Retryable("splunkd answered 500", status=500))),
        check("three", raising(RestartNeeded("the session is gone"))),
        check("four", raising(Fatal("wrong"))),
        check("five", raising(ValueError("s3cret"))),
    )

    assert [each.said for each in findings] == [
        Said.NOT_ALLOWED,
        Said.UNANSWERED,
        Said.UNANSWERED,
        Said.UNANSWERED,
        Said.FAILED,
    ]
    assert "right to do it" in findings[0].sentence
    assert "splunkd answered 500" in findings[1].sentence
    assert "ValueError at examination.py:" in findings[4].sentence
    assert "s3cret" not in "".join(each.sentence for each in findings)
