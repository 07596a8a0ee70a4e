"""A running input follows the tenants' conf, and keeps what it knows while the conf cannot be followed."""

from __future__ import annotations

import logging
from queue import SimpleQueue
from typing import List, Union

import pytest

from falcon_streams.core.tenants import Tenant, Tenants
from falcon_streams.errors import Fatal, Retryable
from falcon_streams.run.happenings import Ending, Happening, Stop
from falcon_streams.run.tenant_conf import LOOK_EVERY, ConfRead, TenantConf
from tests.fakes.clock import FakeClock

A = "a" * 32
NOBODY, ACME = Tenants(), Tenants([Tenant(A, "ACME", "falcon_acme")])


class Desk:
    """A conf that answers what it is told, one answer after another; behind the last, the input has a fault."""

    def __init__(self, *answers: Union[ConfRead, Exception]) -> None:
        self.answers = [*answers]
        self.clock = FakeClock()
        self.inbox: SimpleQueue[Happening] = SimpleQueue()
        self.read_at: List[float] = []
        self.conf = TenantConf(ConfRead(NOBODY, "at the start"), self.read, self.clock, self.inbox)

    def read(self) -> ConfRead:
        self.read_at.append(self.clock.monotonic())
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_the_conf_is_read_every_five_minutes_and_what_has_changed_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    desk = Desk(ConfRead(NOBODY, ""), ConfRead(ACME, "no index"), ConfRead(Tenants(ACME.listed), "no index"))
    began = desk.clock.monotonic()
    desk.conf.run()

    assert desk.read_at == [began + LOOK_EVERY * number for number in (1, 2, 3, 4)]
    assert (desk.conf.name_of(A), desk.conf.name_of("b" * 32), desk.conf.doubt) == ("ACME", "", "no index")
    assert [record.getMessage() for record in caplog.records] == ["tenants_changed", "unexpected_error"]


def test_a_bug_of_ours_ends_the_input_so_that_it_starts_anew() -> None:
    desk = Desk()
    desk.conf.run()

    stop = desk.inbox.get_nowait()
    assert isinstance(stop, Stop) and stop.ending is Ending.UNCLEAN


@pytest.mark.parametrize(
    "error, doubt",
    [
        (Fatal("[x] is wrong"), "[x] is wrong. Until then, the tenants stay as they were"),
        (Retryable("splunkd is silent"), ""),
    ],
)
def test_what_cannot_be_followed_changes_nothing(error: Exception, doubt: str) -> None:
    desk = Desk(ConfRead(ACME, ""), error, ConfRead(ACME, ""))
    desk.conf.look()
    known = desk.conf.register.tenants
    desk.conf.look()
    assert (desk.conf.register.tenants is known, desk.conf.doubt) == (True, doubt)
    desk.conf.look()
    assert (desk.conf.register.tenants is known, desk.conf.doubt) == (True, "")
