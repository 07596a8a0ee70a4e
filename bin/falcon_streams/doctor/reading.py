"""One input: its settings, its partitions and app ID at Falcon, its index, and what the index has of it.

Rules: the input's own app ID is asked for only while the input does not read with it. The search reads no event: it
counts by the indexed field falcon_partition, over the last day, and splunkd ends it in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Mapping, Optional

from falcon_streams.core.claim import what_is_read
from falcon_streams.core.custody import Seal
from falcon_streams.core.text import tidy
from falcon_streams.doctor.finding import Outcome, Said, shortened
from falcon_streams.doctor.trace import Trace
from falcon_streams.errors import Fatal, RestartNeeded, Retryable
from falcon_streams.splunk.accounts import refuse_shared_app_id
from falcon_streams.splunk.index import doubt_about_tenants, judge_index
from falcon_streams.splunk.settings import InputSettings, read_input, refuse_store
from falcon_streams.splunk.splunkd import ServerInfo, Splunkd
from falcon_streams.splunk.stream_xml import SOURCETYPE
from falcon_streams.splunk.tenants import read_tenants
from falcon_streams.store.kvstore import open_kvstore
from falcon_streams.store.shared import newest_claims

if TYPE_CHECKING:
    from falcon_streams.doctor.client import Client

HOURS = 24
SEARCH_SECONDS = 8


class Reading:
    """One input under examination."""

    def __init__(self, splunkd: Splunkd, name: str, raw: Mapping[str, str], trace: Trace) -> None:
        self.name = name
        self._splunkd = splunkd
        self._raw = raw
        self._trace = trace
        self._settings: Optional[InputSettings] = None

    @property
    def settings(self) -> InputSettings:
        """The settings, once they are read."""
        if self._settings is None:
            raise Retryable("the input's settings have not been read")
        return self._settings

    def check_settings(self, info: ServerInfo) -> Outcome:
        """What a start of the input would refuse."""
        try:
            settings = read_input(self.name, {key: value for key, value in self._raw.items() if key != "disabled"})
            refuse_store(settings, info)
            refuse_shared_app_id(self._splunkd, settings)
        except Fatal as error:
            return Said.INPUT_WRONG.about(sentence=error)
        self._settings = settings
        return Said.INPUT.about()

    def check_partitions(self, client: Client) -> Outcome:
        """The partitions that the input wants, and those that Falcon offers."""
        wanted, offered = self.settings.partitions, shortened(client.partitions)
        missing = sorted((wanted or frozenset()).difference(client.partitions))
        if missing:
            return Said.PARTITIONS_MISSING.about(missing=shortened(missing), offered=offered)
        return Said.PARTITIONS.about(wanted="all" if wanted is None else shortened(sorted(wanted)), offered=offered)

    def check_app_id(self, client: Client) -> Outcome:
        """Whether somebody else reads with the input's app ID."""
        app_id = self.settings.app_id
        if self._trace.reads():
            return Said.APP_ID_IN_USE.about(app_id=app_id)
        if self._trace.is_now("standby"):
            return Said.APP_ID_STANDBY.about(app_id=app_id)
        if self._trace.is_now("starting"):
            return Said.APP_ID_STARTING.about(app_id=app_id)
        try:
            free = client.offers_to(app_id)
        except Retryable as error:
            return Said.APP_ID_UNTOLD.about(sentence=error)
        return (Said.APP_ID_FREE if free else Said.APP_ID_TAKEN).about(app_id=app_id)

    def check_index(self, info: ServerInfo) -> Outcome:
        """Whether the index takes events, and those of the tenants."""
        try:
            doubt = judge_index(self._splunkd, self.settings, info)
            doubt = doubt or doubt_about_tenants(self._splunkd, read_tenants(self._splunkd), info)
        except Fatal as error:
            return Said.INDEX_MISSING.about(sentence=error)
        if doubt:
            return Said.INDEX_FORWARDED.about(sentence=doubt)
        index = self.settings.index
        return Said.INDEX_DEFAULT.about() if index is None else Said.INDEX.about(index=index)

    def check_events(self, info: ServerInfo, now: float) -> Outcome:
        """When an event of each partition was last indexed."""
        if info.forwards:
            return Said.SEARCH_ELSEWHERE.about()
        # The events of tenants are in their indexes.
        index = "*" if read_tenants(self._splunkd).indexes else self.settings.index or "*"
        rows = self._splunkd.search(_search(self.settings, index), f"-{HOURS}h", SEARCH_SECONDS)
        ages = {row.get("falcon_partition", ""): now - float(row.get("seen") or 0) for row in rows}
        if ages:
            return Said.SEEN.about(partitions=_ages_text(ages))
        events = self._trace.events()
        return Said.NOT_SEEN.about(events=events, hours=HOURS) if events else Said.NOTHING_READ.about(hours=HOURS)

    def check_store(self) -> Outcome:
        """Whether checkpoints can be kept where the input keeps them."""
        if self.settings.checkpoint_store == "file":
            return self._trace.check_folder()
        try:
            whose = [{"input": self.name}, {"tenants_of": self.name}]
            found = open_kvstore(self._splunkd).find({"$or": whose}, ("_key",))
        except (Fatal, RestartNeeded, Retryable) as error:
            return Said.KV_STORE_FAILED.about(sentence=error)
        return Said.KV_STORE.about(count=len(found))

    def check_others(self, client: Client) -> Outcome:
        """Whether an input of another name, here or on another forwarder, reads the same streams."""
        if self.settings.checkpoint_store == "file":
            return Said.OTHERS_UNKNOWN.about()
        account = client.account
        credentials = account.credentials
        seal = Seal(credentials.client_secret)
        own = what_is_read(
            account.origin.api_host, credentials.client_id, credentials.member_cid, self.settings.partitions
        )
        for name, claim in newest_claims(open_kvstore(self._splunkd), seal).items():
            if name != self.name and claim.reads == own and not claim.released:
                return Said.TWICE.about(other=f"input {tidy(name)} on {tidy(claim.forwarder)}")
        return Said.ALONE.about()


def _search(settings: InputSettings, index: str) -> str:
    sourcetype = settings.sourcetype or SOURCETYPE
    where = f'index="{_escaped(index)}" sourcetype="{_escaped(sourcetype)}" falcon_partition=*'
    return f"| tstats max(_indextime) as seen where {where} by falcon_partition"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _ages_text(ages: Dict[str, float]) -> str:
    return shortened([f"partition {name} {max(0.0, age):.0f} s ago" for name, age in sorted(ages.items())])
