"""Checks that the indexes of an input and its tenants exist: splunkd drops events for a missing index, while all else
looks well.

Rules: `data/indexes` is asked when an input is saved, and when it starts. If this instance indexes itself, a missing
index ends the input with a sentence. A forwarder does not know its indexers' indexes, so there it is only a warning, on
the page and in the log. If the question cannot be asked, for lack of a right or an answer, the input runs."""

from __future__ import annotations

import logging
from typing import Sequence

from falcon_streams.core.tenants import Tenants
from falcon_streams.errors import Fatal, Retryable
from falcon_streams.splunk.settings import InputSettings
from falcon_streams.splunk.splunkd import ServerInfo, Splunkd

LOG = logging.getLogger(__name__)
_MOST_NAMED = 10


def doubt_about_index(splunkd: Splunkd, settings: InputSettings, info: ServerInfo) -> str:
    """A warning about the input's index, empty for none. Raises Fatal if its events would be lost."""
    try:
        return judge_index(splunkd, settings, info)
    except Retryable as error:
        LOG.warning("index_not_checked", {"index": settings.index, "error": str(error)})
        return ""


def judge_index(splunkd: Splunkd, settings: InputSettings, info: ServerInfo) -> str:
    """The same, and raises Retryable if the question cannot be asked."""
    if settings.index is None or splunkd.has_index(settings.index):
        return ""
    if not info.forwards:
        raise Fatal(
            f"[{settings.stanza}] index = {settings.index} does not exist, or is disabled: splunkd would drop every "
            "event. Create it under Settings > Indexes, or choose another one"
        )
    return (
        f"this forwarder knows no index {settings.index}: make sure that the indexers have it, because they drop "
        "events for an index that they do not know"
    )


def doubt_about_tenants(splunkd: Splunkd, tenants: Tenants, info: ServerInfo) -> str:
    """A warning about the indexes that tenants name, empty for none. Raises Fatal if their events would be lost."""
    if not tenants.indexes:
        return ""
    try:
        missing = sorted(tenants.indexes - splunkd.indexes())
    except Retryable as error:
        LOG.warning("index_not_checked", {"index": "*", "error": str(error)})
        return ""
    if not missing:
        return ""
    if not info.forwards:
        raise Fatal(
            f"falcon_event_streams_tenants.conf names indexes that do not exist, or are disabled ({named(missing)}): "
            "splunkd would drop every event for them. Create them under Settings > Indexes, or choose others"
        )
    return (
        f"this forwarder does not know these indexes of tenants: {named(missing)}. Make sure that the indexers have "
        "them, because they drop events for an index that they do not know"
    )


def named(names: Sequence[str]) -> str:
    """Some names for a sentence."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f", and {more} more" if more > 0 else "")
