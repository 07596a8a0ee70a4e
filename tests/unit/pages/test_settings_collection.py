"""What the Configuration page is shown of the add-on's settings."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import pytest

from falcon_streams.pages.settings_collection import AddonSettings


class Confs:
    """splunkd's confs, in which somebody has written more than belongs there."""

    foreign = {"password": "s3cret", "token": "s3cret", "note": "s3cret"}

    def stanza(self, conf: str, name: str) -> Optional[Dict[str, str]]:
        return {"host": "proxy.example", "username": "u", "management_uri": "https://a:8089", **self.foreign}

    def stanzas(self, conf: str) -> List[Tuple[str, Dict[str, str]]]:
        return [("proxy:lab", {})]


@pytest.mark.parametrize("name", ["logging", "checkpoint", "proxy", "proxy:lab"])
def test_of_a_stanza_only_our_own_settings_are_shown(name: str) -> None:
    splunkd: Any = Confs()
    shown = AddonSettings(splunkd).entry(name).content

    assert "s3cret" not in str(shown)
    assert "note" not in shown
