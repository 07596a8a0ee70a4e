"""A Splunk in a container as an `Instance`: REST, searches by the official SDK, the rest by `docker compose exec`.

Rules: `tools.real_splunk` starts and ends the containers. The certificate that Splunk ships names no host, it says
CN=SplunkServerDefaultCert: that name is what is verified. Falcon's container shares the network of Splunk's, so
that 127.0.0.1 is the same for both.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from splunklib import binding

from tests.real_splunk import page_command, sdk
from tests.real_splunk.instance import APP, Falcon, Row
from tests.real_splunk.page_command import CERTIFICATE_NAME
from tests.splunkd.journal import LogLine
from tests.splunkd.rest_client import Reply, RestClient

COMPOSE = Path(__file__).with_name("compose.yaml")
HOME = "/opt/splunk"
_START_SECONDS = 300.0
_LEVER = ("/opt/falcon/bin/python", "-m", "tests.real_splunk.lever")
_LINE = re.compile(r"(\d\d-\d\d-\d{4} \d\d:\d\d:\d\d\.\d{3} [+-]\d{4}) (\w+)\s+(\S+) (?:\[[^\]]*\] )?- (.*)")


def compose(*arguments: str) -> list[str]:
    """A `docker compose` command of the kit."""
    return ["docker", "compose", "--file", str(COMPOSE), *arguments]


def inside(service: str, *command: str, user: str | None = None) -> str:
    """What a command prints in a container. Raises RuntimeError with what it complains of."""
    chosen = ["--user", user] if user else []
    done = subprocess.run(compose("exec", "-T", *chosen, service, *command), capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


class CertificateName(ssl.SSLContext):
    """A context that asks every server for the name in the certificate that Splunk ships."""

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        options["server_hostname"] = CERTIFICATE_NAME
        return super().wrap_socket(*arguments, **options)


def trust(ca_file: Path) -> ssl.SSLContext:
    """Splunk's own CA and nothing else; its certificates have no key identifiers, which Python 3.13 would ask for."""
    context = CertificateName(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_verify_locations(ca_file)
    return context


class ContainedFalcon:
    """The emulator in its container."""

    @property
    def address(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(inside("falcon", "cat", "/ca/address.json"))
        return told

    def pull(self, lever: str, /, **arguments: Any) -> Any:
        told = json.loads(inside("falcon", *_LEVER, lever, json.dumps(arguments)))
        if "error" in told:
            raise ValueError(told["error"])
        return told["result"]


class Container:
    """The Splunk that `make real-splunk` has started."""

    real = True

    def __init__(self, version: str) -> None:
        self.name = f"Splunk {version}"
        self.falcon: Falcon = ContainedFalcon()
        self._folder = tempfile.TemporaryDirectory(prefix="real-splunk-")
        self._ca_file = Path(self._folder.name, "cacert.pem")
        self._ca_file.write_text(inside("splunk", "cat", f"{HOME}/etc/auth/cacert.pem", user="splunk"))
        self._port = int(os.environ["REAL_SPLUNK_PORT"])
        self._password = os.environ["REAL_SPLUNK_PASSWORD"]
        self._install()

    def request(self, method: str, path: str, /, **fields: Any) -> Reply:
        return self._rest().request(method, f"/servicesNS/nobody/{APP}/{path}", **fields)

    def search(self, text: str) -> list[Row]:
        return sdk.search(self._service(), text)

    def splunkd_log(self) -> Iterable[LogLine]:
        for line in inside("splunk", "cat", f"{HOME}/var/log/splunk/splunkd.log", user="splunk").splitlines():
            match = _LINE.match(line)
            if match:
                yield LogLine(*match.groups())

    def kill(self) -> None:
        inside("splunk", "sh", "-c", f"kill -9 $(head -n 1 {HOME}/var/run/splunk/splunkd.pid)", user="splunk")

    def start(self) -> None:
        self.splunk("start", "--accept-license", "--answer-yes", "--no-prompt")
        self._wait_for_rest()

    def restart(self) -> None:
        self.splunk("restart")
        self._wait_for_rest()

    def run(self, command: str, secret: str) -> str:
        login = f"admin:{self._password}"
        variables = page_command.variables(self._port, str(self._ca_file), login, APP, self.falcon.address)
        return page_command.run(command, variables, secret)

    def splunk(self, *arguments: str) -> str:
        return inside("splunk", f"{HOME}/bin/splunk", *arguments, user="splunk")

    def _install(self) -> None:
        if self.request("GET", f"apps/local/{APP}").status == 404:
            inside("splunk", "cp", "-r", "/package/probe", f"{HOME}/etc/apps/falcon_probe", user="splunk")
            self.splunk("install", "app", "/package/app.tgz", "-auth", f"admin:{self._password}")
            self.restart()

    def _rest(self) -> RestClient:
        return RestClient(f"https://127.0.0.1:{self._port}", str(self._ca_file), "admin", self._password)

    def _service(self) -> Any:
        return sdk.connect(self._port, "admin", self._password, trust(self._ca_file))

    def _wait_for_rest(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._service()
                return
            except (OSError, binding.HTTPError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(1.0)
