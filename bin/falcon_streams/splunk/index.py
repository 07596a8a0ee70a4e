"""Whether the index of an input exists: splunkd drops events for one that does not, while everything else looks well.

Rules: asked of `data/indexes` when an input is saved, and at its start. Where this instance indexes itself, a missing
index ends the input with its sentence. A forwarder does not know its indexers' indexes, so there it is a warning only,
on the page and in the log. What cannot be asked, for want of a right or an answer, hinders nobody."""

from __future__ import annotations

import logging

from falcon_streams.errors import Fatal, Retryable
from falcon_streams.splunk.settings import InputSettings
from falcon_streams.splunk.splunkd import ServerInfo, Splunkd

LOG = logging.getLogger(__name__)


def doubt_about_index(splunkd: Splunkd, settings: InputSettings, info: ServerInfo) -> str:
    """A warning about the input's index, empty for none. Raises Fatal where its events would be lost."""
    if settings.index is None:
        return ""
    try:
        known = splunkd.has_index(settings.index)
    except Retryable as error:
        LOG.warning("index_not_checked", {"index": settings.index, "error": str(error)})
        return ""
    if known:
        return ""
    if not info.forwards:
        raise Fatal(
            f"[{settings.stanza}] index = {settings.index} does not exist, or is disabled: splunkd would drop every "
            "event. Create it under Settings > Indexes, or choose another one"
        )
    return (
        f"this forwarder knows no index {settings.index}: see that the indexers have it, because they drop events for "
        "an index that they do not know"
    )
