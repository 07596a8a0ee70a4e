"""The indexes that tenants name: asked for by one call, and named where they are missing."""

from __future__ import annotations

import logging

import pytest

from falcon_streams.core.tenants import Tenant, Tenants
from falcon_streams.errors import Fatal, Retryable
from falcon_streams.splunk.index import doubt_about_tenants
from falcon_streams.splunk.splunkd import ServerInfo, Splunkd

INDEXER = ServerInfo(None, False, "a single instance", "", forwards=False)
FORWARDER = INDEXER._replace(forwards=True)
A, B, C = "a" * 32, "b" * 32, "c" * 32
TENANTS = Tenants([Tenant(A, index="one"), Tenant(B, index="two"), Tenant(C, index="gone", disabled=True)])


class Indexes(Splunkd):
    """A splunkd that has these indexes, or does not answer."""

    def __init__(self, *names: str, answers: bool = True) -> None:
        self.names = frozenset(names)
        self.answers = answers
        self.asked = 0

    def indexes(self) -> frozenset[str]:
        self.asked += 1
        if not self.answers:
            raise Retryable("splunkd answered 403")
        return self.names


def test_indexes_that_exist_need_no_word_and_a_disabled_tenant_needs_none() -> None:
    splunkd = Indexes("one", "two", "main")

    assert doubt_about_tenants(splunkd, TENANTS, INDEXER) == ""
    assert splunkd.asked == 1


def test_an_instance_that_indexes_refuses_to_lose_the_events_of_a_tenant() -> None:
    with pytest.raises(Fatal) as caught:
        doubt_about_tenants(Indexes("main"), TENANTS, INDEXER)

    assert str(caught.value) == (
        "falcon_event_streams_tenants.conf names indexes that do not exist, or are disabled (one, two): splunkd would "
        "drop every event for them. Create them under Settings > Indexes, or choose others"
    )


def test_a_forwarder_warns_and_names_ten() -> None:
    many = Tenants(Tenant(f"{number:032x}", index=f"i{number:03}") for number in range(100))

    told = doubt_about_tenants(Indexes("main"), many, FORWARDER)
    assert told.startswith("this forwarder does not know these indexes of tenants: i000, i001, ")
    assert "i009, and 90 more. Make sure" in told


def test_nobody_is_asked_where_no_tenant_names_an_index_and_no_answer_holds_nothing_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    silent = Indexes(answers=False)
    with caplog.at_level(logging.WARNING):
        assert doubt_about_tenants(silent, TENANTS, INDEXER) == ""
        assert doubt_about_tenants(silent, Tenants([Tenant(A, "ACME")]), INDEXER) == ""

    assert silent.asked == 1
    assert [record.getMessage() for record in caplog.records] == ["index_not_checked"]
