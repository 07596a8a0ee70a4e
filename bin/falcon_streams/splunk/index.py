"""Checks that the index of an input exists: splunkd drops events for a missing index, while all else looks well.

Rules: `data/indexes` is asked when an input is saved, and when it starts. If this instance indexes itself, a missing
index ends the input with a sentence. A forwarder does not know its indexers' indexes, so there it is only a warning, on
the page and in the log. If the question cannot be asked, for lack of a right or an answer, the input runs."""

from __future__ import annotations

import logging

from falcon_streams.errors import Fatal, Retryable
from falcon_streams.splunk.settings import InputSettings
from falcon_streams.splunk.splunkd import ServerInfo, Splunkd

LOG = logging.getLogger(__name__)


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
