"""A session is refreshed in time, closed when it is dead, and left alone when it is not."""

from __future__ import annotations

import pytest

from falcon_streams.core.session import NO_EVENTS_TOO_LONG, Close, Pulse, Refresh, Session


def session(interval: float = 1800, idle_timeout: float = 60, at: float = 0.0) -> tuple[Session, Pulse]:
    pulse = Pulse(at)
    return Session(interval, idle_timeout, at, pulse), pulse


def keep_alive(pulse: Pulse, at: float) -> None:
    pulse.heard(at, heartbeat=True, event=False)


@pytest.mark.parametrize(
    "interval, due", [(1800, 1620), (600, 480), (130, 15), (10, 15), (0, 1620), (-5, 1620), (1e8, 1620)]
)
def test_a_refresh_is_due_well_before_the_end_and_never_at_once(interval: float, due: float) -> None:
    machine, pulse = session(interval)
    keep_alive(pulse, due - 1)

    assert machine.intent(due - 1) is None
    keep_alive(pulse, due)
    assert machine.intent(due) == Refresh()


def test_at_most_one_refresh_is_under_way() -> None:
    machine, pulse = session()
    keep_alive(pulse, 1620)

    assert machine.intent(1620) == Refresh()
    keep_alive(pulse, 1650)
    assert machine.intent(1650) is None


def test_a_success_starts_the_timer_anew() -> None:
    machine, pulse = session()
    keep_alive(pulse, 1620)
    machine.intent(1620)
    machine.refreshed(1625)

    assert machine.left(1625) == 1800
    keep_alive(pulse, 1625 + 1620)
    assert machine.intent(1625 + 1619) is None
    assert machine.intent(1625 + 1620) == Refresh()


def test_a_failure_is_tried_again_while_the_feed_goes_on_and_the_servers_wait_is_kept() -> None:
    machine, pulse = session()
    keep_alive(pulse, 1620)
    machine.intent(1620)
    machine.refresh_failed(1620, after=0)
    keep_alive(pulse, 1625)
    assert machine.intent(1624) is None
    assert machine.intent(1625) == Refresh()

    machine.refresh_failed(1625, after=30)
    keep_alive(pulse, 1655)
    assert machine.intent(1654) is None
    assert machine.intent(1655) == Refresh()


def test_a_404_closes_the_feed() -> None:
    machine, _ = session()
    machine.refresh_failed(10, after=0, gone=True)

    assert machine.intent(10) == Close("session_gone")


def test_silence_after_a_heartbeat_is_death() -> None:
    machine, pulse = session()
    keep_alive(pulse, 100)

    assert machine.intent(160) is None
    assert machine.intent(160.1) == Close("silence")


def test_silence_without_any_heartbeat_is_asked_about_and_a_200_is_life() -> None:
    machine, _ = session()

    assert machine.intent(600) is None
    for probe in range(1, 7):
        assert machine.intent(600.1 * probe) == Refresh()
        machine.refreshed(600.1 * probe)


def test_silence_without_heartbeats_whose_question_is_not_answered_is_death_after_twenty_minutes() -> None:
    machine, _ = session()
    assert machine.intent(601) == Refresh()
    machine.refresh_failed(631, after=0)

    assert not isinstance(machine.intent(1200), Close)
    assert machine.intent(1200.1) == Close("silence")


def test_a_blocked_pipe_is_no_silence() -> None:
    machine, pulse = session()
    keep_alive(pulse, 10)
    pulse.writing = True
    assert machine.intent(1000) is None

    pulse.written(1000)
    assert machine.intent(1060) is None
    assert machine.intent(1060.1) == Close("silence")


def test_a_feed_that_lives_without_an_event_waits_in_vain() -> None:
    machine, pulse = session()
    keep_alive(pulse, 500)
    assert not machine.waits_in_vain(600, 600)
    assert machine.waits_in_vain(600.1, 600)

    pulse.heard(601, heartbeat=False, event=True)
    assert not machine.waits_in_vain(700, 600)


def test_a_feed_is_eventless_after_hours_without_an_event_from_its_last_one_on() -> None:
    machine, pulse = session()
    assert not machine.is_eventless(NO_EVENTS_TOO_LONG)
    pulse.heard(NO_EVENTS_TOO_LONG, heartbeat=False, event=True)
    late = 2 * NO_EVENTS_TOO_LONG
    keep_alive(pulse, late)

    assert machine.has_brought_events
    assert not machine.is_eventless(late)
    assert machine.is_eventless(late + 1)


def test_events_that_wait_for_a_blocked_pipe_are_no_lack_of_events() -> None:
    machine, pulse = session()
    pulse.writing = True
    assert not machine.is_eventless(2 * NO_EVENTS_TOO_LONG)

    pulse.written(2 * NO_EVENTS_TOO_LONG)
    assert not machine.is_eventless(3 * NO_EVENTS_TOO_LONG)
