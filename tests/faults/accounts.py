"""Faults of an account: another cloud than its tenant's, a child's CID as people copy it, bearers that are no good for
several inputs behind one address, and a proxy that wants a login which nobody here speaks."""

from __future__ import annotations

from tests.faults.discoveries import CLOUD_CONF, MINUTE, live_in_a_real_cloud, pass_time
from tests.faults.machine import proxied
from tests.faults.row import Act, Row
from tests.faults.tokens import answered
from tests.integration.scene import Scene

CHILD = "abcdef00112233445566778899aabbcc"
BAD_BEARERS = 15  # calls a minute that Falcon takes from one address
FOREIGN = {"access_token": "foreign", "expires_in": 1799, "token_type": "bearer"}
OTHERS = ("second", "third", "fourth")


def moved_to(cloud: str, *asked: str) -> Act:
    """Everything but the first token request is asked of the cloud where the tenant lives."""

    def act(scene: Scene) -> None:
        scene.wait_until_open()
        hosts = [(row["kind"], row["host"]) for row in scene.falcon.requests() if row["kind"] in ("token", "discover")]
        api = f"api.{cloud}.crowdstrike.com"
        assert hosts == [("token", "api.crowdstrike.com"), *((kind, api) for kind in asked)], f"{hosts}"

    return act


def name_a_child(scene: Scene) -> None:
    """As the console shows it: in upper case, with its checksum."""
    scene.splunkd.edit_conf_stanza(CLOUD_CONF, "prod", member_cid=f"{CHILD.upper()}-1F")


def share_an_address(scene: Scene) -> None:
    """Three more inputs, none of whose bearers is any good either; after three minutes new ones are."""
    for name in OTHERS:
        scene.begin(name, partitions="9")  # one that Falcon does not offer: what is read is the first input's
    pass_time(scene, 3 * MINUTE)
    calls = scene.falcon.requests("discover")
    assert {call["status"] for call in calls} == {401}, "the limit of calls with bad bearers was met"
    at = [call["at"] for call in calls]
    busiest = max(sum(one <= other < one + MINUTE for other in at) for one in at)
    assert 4 * 2 <= busiest <= BAD_BEARERS, f"{busiest} calls with bad bearers in a minute"
    scene.falcon.set_option("token_life", 1799.0)
    scene.wait_until_open(timeout=60.0)


ACCOUNT = [
    Row(
        "account",
        "token granted by another cloud",
        "feed_opened",
        act=moved_to("us-2", "discover"),
        prepare=live_in_a_real_cloud,
        settings={"account": "real"},
        options={"home_cloud": "us-2", "wrong_cloud": "grant"},
    ),
    Row(
        "account",
        "token request redirected to another cloud",
        "feed_opened",
        act=moved_to("us-2", "token", "discover"),
        prepare=live_in_a_real_cloud,
        settings={"account": "real"},
        options={"home_cloud": "us-2", "wrong_cloud": "redirect"},
    ),
    Row(
        "account",
        "token granted by a cloud that is not followed",
        r"discovery_failed .*check the account's cloud \(Falcon says that this API client lives in eu-1\)\" status=401",
        [answered(201, times=2, body=FOREIGN, headers={"X-Cs-Region": "eu-1"})],
        scale=20.0,
    ),
    Row(
        "account",
        "member CID in upper case with its checksum",
        "feed_opened",
        prepare=name_a_child,
        options={"member_cid": CHILD},
    ),
    Row(
        "account",
        "bad bearers of four inputs behind one address",
        r"discovery_failed .*status=401 .*wait_s=60",
        act=share_an_address,
        options={"rate_limits": True, "token_life": 0.0},
        scale=20.0,
    ),
    *(
        Row(
            "account",
            f"proxy that speaks {offer} only",
            f"discovery_failed .*wants a login by {offer}, and this add-on speaks Basic only. Allow Basic",
            [{"on": "proxy", "times": 2, "answer": {"status": 407, "headers": {"Proxy-Authenticate": offer}}}],
            prepare=proxied(login=False),
        )
        for offer in ("NTLM", "Negotiate")
    ),
]
