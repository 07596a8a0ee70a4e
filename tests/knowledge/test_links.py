"""Where a click on an event leads: to a Falcon console or nowhere, decided by the search over hostile events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from falcon_streams.core.clouds import CLOUDS
from tests.knowledge.case import CID, Case
from tests.knowledge.conftest import Search
from tests.knowledge.golden.detection import epp
from tests.knowledge.pipeline import run
from tests.knowledge.rows import definition, query_of
from tests.searchtime import Knowledge
from tests.splunkd.conf import ini
from tools.package import ROOT

CONSOLE = "https://falcon.crowdstrike.com"
PATH = f"/activity-v2/detections/{CID}:ind:x?_cid=g01000example"
HOSTILE = [
    "javascript:alert(document.domain)",
    "JavaScript:alert(1)//https://falcon.crowdstrike.com/",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://falcon.crowdstrike.com/x",
    "view-source:https://falcon.crowdstrike.com/",
    "http://falcon.crowdstrike.com/x",
    "//falcon.crowdstrike.com/x",
    "/en-US/account/logout",
    "HTTPS://falcon.crowdstrike.com/x",
    "https://FALCON.crowdstrike.com/x",
    "https://falcon.crowdstrike.com",
    "https://falcon.crowdstrike.com.evil.example/x",
    "https://falcon.crowdstrike.com@evil.example/x",
    "https://falcon.crowdstrike.com:secret@evil.example/x",
    "https://evil@falcon.crowdstrike.com/x",
    "https://falcon.crowdstrike.com:8443/x",
    "https://falcon.crowdstrike.com:443/x",
    "https://falcon.crowdstrike.com./x",
    "https://falcon.crowdstrike.com\\.evil.example/x",
    "https:\\\\falcon.crowdstrike.com/x",
    "https://falcon.crowdstrike.com/\\\\evil.example",
    "https://falcon.crowdstrike.com#.evil.example/x",
    "https://falcon.crowdstrike.com?.evil.example/x",
    "https://falcon.crowdstrike.com%2eevil.example/x",
    "https://evil.example/https://falcon.crowdstrike.com/x",
    "https://evil.example/?x=https://falcon.crowdstrike.com/",
    "https://xfalcon.crowdstrike.com/x",
    "https://falcon-crowdstrike.com/x",
    "https://falcon.crowdstrikexcom/x",
    "https://falconxcrowdstrike.com/x",
    "https://falcon.evil.crowdstrike.com/x",
    "https://falcon.us-2.us-3.crowdstrike.com/x",
    "https://falcon.us-gov-2.crowdstrike.com/x",
    "https://api.crowdstrike.com/x",
    "https://falcon.crowdstrike.mil/x",
    "https://f\u0430lcon.crowdstrike.com/x",  # a Cyrillic a
    "https://falcon.crowdstrike\u3002com/x",  # an ideographic full stop, which browsers take for a dot
    "https://falcon.crowdstrike.com\u2044.evil.example/x",
    "https://falcon.crowdstrike.com/\u202egnp.exe",
    "https://falcon.crowdstrike.com/x\u0000",
    "https://falcon.crowdstrike.com/x\n",
    "https://falcon.crowdstrike.com/x\nhttps://evil.example/",
    "https://evil.example/\nhttps://falcon.crowdstrike.com/x",
    "https://falcon.crowdstrike.com/x y",
    'https://falcon.crowdstrike.com/" | delete',
    "https://falcon.crowdstrike.com/'x",
    "https://falcon.crowdstrike.com/`falcon_event_streams`",
    "https://falcon.crowdstrike.com/$row.user.value|n$",
    "https://falcon.crowdstrike.com/<script>",
    "$row.user.value|n$",
    "",
]


def latest() -> str:
    """The search of the table whose click opens a link, and the field that it opens."""
    tree = definition("detections")
    panel = tree["visualizations"]["viz_latest"]
    query = query_of(tree, panel["dataSources"]["primary"])
    for each in tree["inputs"].values():
        query = query.replace(f"${each['options']['token']}|s$", '"*"')
    return query


def alert() -> str:
    """The search of the alert that shows a link."""
    search: str = ini.read(ROOT / "default" / "savedsearches.conf")["Falcon - critical detection that was allowed"][
        "search"
    ]
    return search


def shown(link: str, query: str, search: Search, knowledge: Knowledge) -> Any:
    """What stands in the column `url` for a detection with this link."""
    event = epp(FalconHostLink=link, SeverityName="Critical", PatternDispositionDescription="Detection, standard.")
    result = search(Case("", "EppDetectionSummaryEvent", {**event, "PatternDispositionFlags": {}}, "", "", {}).raw())
    (row,) = run(
        query, [({**result.fields, "_time": ["1769000131"]}, result.eventtypes, result.tags)], knowledge.macros
    )
    return row.get("_url", row.get("url"))  # the table of the dashboard hides it, the alert's message shows it


@pytest.mark.parametrize("link", HOSTILE)
def test_an_event_chooses_no_place_for_a_click(link: str, search: Search, knowledge: Knowledge) -> None:
    assert shown(link, latest(), search, knowledge) == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_console_of_every_cloud_becomes_a_link(cloud: str, search: Search, knowledge: Knowledge) -> None:
    link = f"https://falcon{CLOUDS[cloud].suffix}{PATH}"
    assert shown(link, latest(), search, knowledge) == link


def test_an_ampersand_that_json_escapes_is_one_in_the_link(search: Search, knowledge: Knowledge) -> None:
    link = f"{CONSOLE}/cloud-security/x?policy_id=1&service=EC2"
    assert shown(link, latest(), search, knowledge) == link


def test_blanks_around_a_link_are_not_part_of_it(search: Search, knowledge: Knowledge) -> None:
    assert shown(f" {CONSOLE}{PATH} ", latest(), search, knowledge) == CONSOLE + PATH


def test_the_alert_shows_links_to_consoles_only(search: Search, knowledge: Knowledge) -> None:
    assert shown(CONSOLE + PATH, alert(), search, knowledge) == CONSOLE + PATH
    assert shown("https://falcon.crowdstrike.com.evil.example/x", alert(), search, knowledge) == []


def test_two_links_in_one_event_are_none(knowledge: Knowledge) -> None:
    """Splunk's `match` says yes where one of several values does; a page would open them all as one text."""
    both = {"url": [f"{CONSOLE}/x", "https://evil.example/"]}
    (row,) = run("* | `falcon_event_streams_console_link` | table url", [(both, (), ())], knowledge.macros)
    assert json.dumps(row) == '{"url": []}'
