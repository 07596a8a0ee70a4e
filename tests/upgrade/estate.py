"""A whole instance of the former package's, with all that its admin has made, under the present package.

Rules: two accounts, one stored by a page and one by hand; a proxy with a password; one input with its offsets in files,
one with its offsets in the KV store; every alert of the former package switched on in local/. The former package reads,
the present one is put over it, splunkd starts anew. Nobody enters anything. The former package's pages cannot be called
here, because its handler does not load in a splunkd that imports as Splunk does: what they wrote is written as they
wrote it, the secret first, then the stanza.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.integration.comparison import Comparison, compare
from tests.integration.page_calls import ACCOUNT, Caller
from tests.integration.scene import ACCOUNT_CONF, REALM, Scene
from tests.splunkd.conf import ini
from tests.splunkd.conf.layers import Confs
from tests.upgrade.upgrades import (
    AWAY,
    COMMITTED,
    FORMER,
    FRESH,
    OLDER,
    PARTITIONS,
    PATIENCE,
    PRESENT,
    REPLAY,
    exchange,
)

INPUTS = {"files": ("by_hand", "file"), "records": ("by_page", "kvstore")}
PROXY_LOGIN = ("svc", "pr0xy-passw0rd")
PROXY_REALM = "TA_falcon_event_streams#proxy#office"
SETTINGS_CONF = "falcon_event_streams_settings"
APP = "TA_falcon_event_streams"
ALERT = {"disabled": "0", "enableSched": "1", "action.email": "1", "action.email.to": "soc@example.com"}


def prove(
    folder: Path, packages: dict[str, Path], meanwhile: Callable[[Scene], None] = lambda scene: None
) -> Iterator[str]:
    """What is not as it was after the exchange, a sentence each; `meanwhile` is done while splunkd is down."""
    system = folder / "home" / "etc" / "system" / "default"
    system.mkdir(parents=True)
    (system / "inputs.conf").write_text("[default]\nhost = $decideOnStartup\nindex = default\n")
    falcon: dict[str, Any] = {"partitions": PARTITIONS, "lock": 0.2, "linger": 0.1}
    with Scene(folder, packages[FORMER], account=False, proxy_login=PROXY_LOGIN, **falcon) as scene:
        scene.secrets.add(PROXY_LOGIN[1])
        furnish(scene)
        for count in (OLDER, FRESH):  # the fresh ones may come again, the older ones may not
            scene.falcon.generate(count)
            await_all(scene)
            time.sleep(COMMITTED + REPLAY)
        scene.splunkd.stop()
        alerts = switch_all_alerts_on(scene)
        meanwhile(scene)
        exchange(scene, packages[PRESENT])
        scene.falcon.generate(AWAY)
        scene.splunkd.start()
        scene.falcon.generate(FRESH)
        await_all(scene)
        yield from faults_of_events(scene)
        yield from faults_of_logs(scene)
        yield from faults_of_alerts(scene, alerts)
        yield from faults_of_pages(scene)


def furnish(scene: Scene) -> None:
    """What the admin of the former package has made."""
    host, port = scene.falcon.proxy_url.rsplit("/", 1)[1].split(":")
    user, password = PROXY_LOGIN
    scene.splunkd.create_password(PROXY_REALM, "password", password)
    scene.splunkd.create_conf_stanza(
        SETTINGS_CONF, "proxy:office", enabled="1", type="http", host=host, port=port, username=user
    )
    scene.add_account("by_hand", proxy="office")
    address = scene.falcon.address()
    scene.splunkd.create_password(REALM.format("by_page"), "client_secret", address["client_secret"])
    stanza = {"cloud": "custom", "base_url": address["api"], "client_id": address["client_id"], "proxy": "none"}
    scene.splunkd.create_conf_stanza(ACCOUNT_CONF, "by_page", ca_bundle=address["ca_file"], **stanza)
    for name, (account, store) in INPUTS.items():
        scene.begin(name, account=account, checkpoint_store=store, replay_seconds=f"{REPLAY:.0f}")


def await_all(scene: Scene) -> None:
    """Wait until each input has brought everything."""
    for name in INPUTS:
        scene.wait(partial(has_all, scene, name), PATIENCE, f"all events of {name}")


def has_all(scene: Scene, name: str) -> bool:
    return compared(scene, name).missing == 0


def compared(scene: Scene, name: str) -> Comparison:
    """Falcon's ledger against what one input has brought."""
    events = scene.splunkd.events("stanza = ?", (f"falcon_event_streams://{name}",))
    return compare(scene.falcon.ledger(), events)


def faults_of_events(scene: Scene) -> Iterator[str]:
    """What is missing, or was read anew although it was committed long before the exchange."""
    for name in INPUTS:
        found = compared(scene, name)
        if not found.holds or found.repeated > PARTITIONS * (FRESH + 1):
            yield f"input {name}: {found}"


def faults_of_logs(scene: Scene) -> Iterator[str]:
    """What an input complains of, and which secret was not adopted."""
    adopted = {
        "files": ["the secret of account by_hand", "the password of [proxy:office]"],
        "records": ["the secret of account by_page"],
    }
    for name in INPUTS:
        yield from (f"input {name} complains: {line}" for line in scene.log(name).splitlines() if " ERROR " in line)
        for secret in adopted[name]:
            count = scene.log(name).count(f'action=secret_adopted input={name} secret="{secret}" trouble=none')
            if count != 1:
                yield f"input {name}: {secret} was adopted {count} times"


def switch_all_alerts_on(scene: Scene) -> list[str]:
    """As an admin does on Splunk's page of alerts; their names."""
    app = scene.splunkd.home / "etc" / "apps" / APP
    names = [name for name in ini.read(app / "default" / "savedsearches.conf") if name != "default"]
    (app / "local").mkdir(exist_ok=True)
    settings = "".join(f"{key} = {value}\n" for key, value in ALERT.items())
    text = "".join(f"[{name}]\n{settings}\n" for name in names)
    (app / "local" / "savedsearches.conf").write_text(text, encoding="utf-8")
    return names


def faults_of_alerts(scene: Scene, names: list[str]) -> Iterator[str]:
    """Which alert that was on is no longer one that runs."""
    if not names:
        yield "the former package had no alert"
    searches = Confs(scene.splunkd.home).merged("savedsearches", APP)
    for name in names:
        lost = [key for key in ("search", "cron_schedule", "relation") if not searches[name].get(key)]
        if lost or {key: searches[name].get(key) for key in ALERT} != ALERT:
            yield f"alert {name}: it was switched on, and has no {', '.join(lost) or 'setting of its own'} any more"


def faults_of_pages(scene: Scene) -> Iterator[str]:
    """What the pages ask for that was not asked for before: each account is saved as it is, without its secret."""
    admin = Caller(scene)
    shown = admin.get(ACCOUNT).entries
    for name, _ in INPUTS.values():
        form = {setting: str(value) for setting, value in shown[name].items() if setting != "disabled"}
        said = admin.post(f"{ACCOUNT}/{name}", **form)
        if said.status != 200:
            yield f"account {name} cannot be saved: {said.status} {said.sentence}"
