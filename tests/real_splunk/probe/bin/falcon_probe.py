"""A modular input that tries splunkd: `mode` says what. It tells what it saw in events of its own.

stubborn: ticks on after SIGTERM, until it is killed; the next run reports how long that was, and how far it had come.
ill_formed: an event, broken XML, an event. session: asks with its session key after 90 s of silence.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import sys
import time
import urllib.error
import urllib.request
from typing import Any, Dict
from xml.etree import ElementTree

SCHEME = """<scheme><title>Probe</title><use_external_validation>false</use_external_validation>
<streaming_mode>xml</streaming_mode><endpoint><args><arg name="mode"><title>Mode</title></arg></args></endpoint>
</scheme>"""
TICK = 0.05
IDLE = 90


def tell(text: str) -> None:
    """One event."""
    sys.stdout.write(f"<event><time>{time.time():.3f}</time><data>{text}</data><done/></event>")
    sys.stdout.flush()


def stubborn(note: str) -> None:
    """Tick until killed; what was seen stands in a file, as far as it was written."""
    if os.path.exists(note):
        with open(note, encoding="utf-8") as file:
            seen = json.load(file)
        os.unlink(note)
        waited = seen["last"] - seen["signalled"]
        tell(f"probe=report run={seen['run']} waited_s={waited:.2f} at_signal={seen['at_signal']} written={seen['n']}")
    state: Dict[str, Any] = {"run": os.getpid(), "signalled": 0.0, "at_signal": 0, "n": 0, "last": 0.0}

    def noted(*_: object) -> None:
        state.update(signalled=time.time(), at_signal=state["n"])

    signal.signal(signal.SIGTERM, noted)
    while True:
        state.update(n=state["n"] + 1, last=time.time())
        try:
            tell(f"probe=tick run={state['run']} n={state['n']}")
        except OSError:
            state["n"] -= 1  # the pipe is closed: nobody took this one
        if state["signalled"]:
            with open(f"{note}.new", "w", encoding="utf-8") as file:
                json.dump(state, file)
            os.replace(f"{note}.new", note)
        time.sleep(TICK)


def session(uri: str, key: str) -> None:
    """Whether the session key is good after a silence."""
    time.sleep(IDLE)
    asked = urllib.request.Request(f"{uri}/services/server/info", headers={"Authorization": f"Splunk {key}"})  # noqa: S310 - splunkd's own address, from splunkd
    try:
        status = urllib.request.urlopen(asked, context=ssl._create_unverified_context()).status  # noqa: S310, S323 - the same, on this machine
    except urllib.error.HTTPError as error:
        status = error.code
    tell(f"probe=session idle_s={IDLE} status={status}")


def main() -> None:
    """As splunkd asks."""
    if "--scheme" in sys.argv:
        print(SCHEME)
        return
    tree: Any = ElementTree.fromstring(sys.stdin.read())
    name = tree.find("configuration/stanza").get("name").rpartition("/")[2]
    mode = next(each.text for each in tree.iter("param") if each.get("name") == "mode")
    sys.stdout.write("<stream>")
    if mode == "stubborn":
        stubborn(os.path.join(tree.findtext("checkpoint_dir"), f"{name}.json"))
    elif mode == "session":
        session(tree.findtext("server_uri"), tree.findtext("session_key"))
    elif mode == "ill_formed":
        tell("probe=before")
        sys.stdout.write("<event><data>a < b && c</event>")
        tell("probe=behind")
    signal.pause()


if __name__ == "__main__":
    main()
