"""Who may not write our confs is told so before a secret, a file or Falcon is touched, whatever they ask for."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

import pytest

from falcon_streams.errors import Refused
from falcon_streams.pages.account_collection import Accounts
from falcon_streams.pages.rest import Collection
from falcon_streams.pages.settings_collection import AddonSettings


class Closed:
    """splunkd for a caller who may not write; nothing else is to be asked of it."""

    def __init__(self) -> None:
        self.asked: List[Tuple[str, ...]] = []

    def may_add_stanzas(self) -> bool:
        self.asked.append(())
        return False

    def stanza_to_change(self, conf: str, name: str) -> Tuple[Dict[str, str], bool]:
        self.asked.append((conf, name))
        return {}, False


def accounts(splunkd: Any) -> Collection:
    return Accounts(splunkd, lambda account: pytest.fail("Falcon was asked"))


FORM = {"cloud": "us-1", "client_id": "1" * 32, "client_secret": "s" * 40, "ca_bundle": "/nowhere.pem", "password": "p"}


@pytest.mark.parametrize(
    ("make", "conf", "name"),
    [
        (accounts, "falcon_event_streams_account", "prod"),
        (AddonSettings, "falcon_event_streams_settings", "proxy:lab"),
        (AddonSettings, "falcon_event_streams_settings", "checkpoint"),
    ],
)
@pytest.mark.parametrize("act", ["create", "edit", "delete"])
def test_write_permission_is_asked_for_first(make: Callable[[Any], Collection], conf: str, name: str, act: str) -> None:
    splunkd = Closed()
    acts: Dict[str, Callable[[Collection], object]] = {
        "create": lambda collection: collection.prepare(name, FORM, new=True),
        "edit": lambda collection: collection.prepare(name, FORM, new=False),
        "delete": lambda collection: collection.delete(name),
    }
    with pytest.raises(Refused, match="write permission on this app") as refused:
        acts[act](make(splunkd))

    assert refused.value.status == 403
    assert splunkd.asked == [() if act == "create" else (conf, name)]
