"""A tenant with the real names of us-1, a splunkd with both add-ons, and an admin who calls our pages."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.integration.page_calls import BASE, Caller, Said
from tests.integration.scene import Scene
from tests.takeover import vendor_app
from tools import environments

TAKEOVER = f"{BASE}/falcon_event_streams_takeover"
INPUT, THEIR_ID = "main", "splunkprod"
_SECONDS = 120


class Stage(Scene):
    """Both add-ons on one instance."""

    def __init__(self, folder: Path, package: Path, *, with_app: bool = True, **options: Any) -> None:
        others = [vendor_app.make(folder / "vendor")] if with_app else []
        super().__init__(folder, package, **{"account": False, **options}, others=others)

    def __enter__(self) -> Stage:
        super().__enter__()
        # a machine whose CAs include the emulator's, as it has those of the real Falcon
        certificates = self.splunkd.app_home / "lib" / "certifi" / "cacert.pem"
        with certificates.open("a", encoding="ascii") as file:
            file.write(Path(self.falcon.ca_file).read_text(encoding="ascii"))
        return self

    def leaks(self) -> list[str]:
        """As ever, but for the file in which the vendor's reader is told the secret."""
        return [each for each in super().leaks() if "falcon.json" not in each]

    @property
    def vendor_home(self) -> Path:
        """Where the vendor's add-on is installed."""
        return self.splunkd.home / "etc" / "apps" / vendor_app.APP

    @property
    def admin(self) -> Caller:
        """Who calls our pages."""
        return Caller(self)

    def tell_reader(self) -> None:
        """Tell the vendor's reader where the emulator is."""
        told = {
            "proxy_port": urlsplit(self.falcon.proxy_url).port,
            "ca_file": self.falcon.ca_file,
            "client_id": self.falcon.client_id,
            "client_secret": self.falcon.client_secret,
        }
        (self.vendor_home / "local").mkdir(exist_ok=True)
        (self.vendor_home / "local" / "falcon.json").write_text(json.dumps(told), encoding="utf-8")

    def vendor_writes(self, **things: Mapping[str, Any]) -> None:
        """Let the vendor's own libraries write accounts, proxy, inputs, and checkpoints."""
        told = {"uri": self.splunkd.management_uri, "session_key": self.splunkd.session_key, **things}
        script = self.vendor_home / "bin" / "vendor_writer.py"
        done = subprocess.run(
            [str(environments.for_tool("vendor")), str(script)],
            input=json.dumps(told) + "\n", capture_output=True, text=True, timeout=_SECONDS,
        )  # fmt: skip
        assert done.stdout.rstrip().endswith("written"), done.stdout + done.stderr

    def account(self, **changes: str) -> dict[str, str]:
        """An account of the vendor's for the tenant."""
        return {"username": self.falcon.client_id, "password": self.falcon.client_secret, **changes}

    def proxy(self, **changes: str) -> dict[str, str]:
        """The vendor's proxy: the emulator's, which leads the real names to the emulator."""
        port = str(urlsplit(self.falcon.proxy_url).port)
        return {"proxy_enabled": "1", "proxy_type": "http", "proxy_url": "127.0.0.1", "proxy_port": port, **changes}

    def their_input(self, **changes: str) -> dict[str, str]:
        """An input of the vendor's."""
        form = {"cloud_environment": "us_commercial", "account": "prod", "app_id": THEIR_ID, "event_types": "All"}
        return {**form, "initial_start": "historic", "index": "main", "interval": "60", **changes}

    def checkpoint(self, partition: int, offset: Any, app_id: str = THEIR_ID, host: str = "") -> dict[str, Any]:
        """The state that the vendor's reader stores for a partition."""
        host = host or "firehose.crowdstrike.com"
        return {f"https://{host}/sensors/entities/datafeed/v1/{partition}?appId={app_id}": offset}

    def plan(self, name: str = INPUT) -> dict[str, Any]:
        """The plan of one of the vendor's inputs."""
        said = self.admin.get(TAKEOVER)
        assert said.status == 200, said
        return said.entries[name]

    def act(self, action: str, name: str = INPUT, seen: str = "") -> Said:
        """Apply or undo, with the hash of the present plan."""
        return self.admin.post(f"{TAKEOVER}/{name}", action=action, hash=seen or self.plan(name)["hash"])

    def records(self, name: str = INPUT) -> dict[str, dict[str, Any]]:
        """Our records as they are stored, by partition."""
        found = [json.loads(path.read_bytes()) for path in self.checkpoints(name)]
        return {record["partition"]: record for record in found}

    def vendor_state(self, name: str = INPUT) -> dict[str, Any]:
        """What splunkd says of the vendor's input."""
        path = f"/servicesNS/nobody/{vendor_app.APP}/data/inputs/{vendor_app.SCHEME}/{name}"
        return dict(self.splunkd.get(path)["entry"][0]["content"])
