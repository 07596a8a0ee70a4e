"""A page's shell command, run as a reader runs it: bash, its variables set, the secret in secret.txt."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CERTIFICATE_NAME = "SplunkServerDefaultCert"
_SECONDS = 60


def run(command: str, variables: Mapping[str, str], secret: str) -> str:
    """What the command prints. Raises CalledProcessError where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "secret.txt").write_text(secret + "\n", encoding="utf-8")
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **variables}
        done = subprocess.run(
            ["bash", "-ec", command], cwd=folder, env=environment,
            check=True, capture_output=True, text=True, timeout=_SECONDS,
        )  # fmt: skip
    return done.stdout


def variables(port: int, ca_file: str, login: str, app: str, address: Mapping[str, Any]) -> dict[str, str]:
    """The variables of docs/configure.md, for an instance with the certificate that Splunk ships: it names no host."""
    leads = f"--connect-to {CERTIFICATE_NAME}:{port}:127.0.0.1:{port}"
    return {
        "SPLUNKD": f"https://{CERTIFICATE_NAME}:{port}/servicesNS/nobody/{app}",
        "CURL": f"curl -sS --cacert {ca_file} {leads} -u {login}",
        "FALCON": falcon_form(address),
    }


def falcon_form(address: Mapping[str, Any]) -> str:
    """The account's fields without its secret, as `$FALCON`."""
    fields = {"cloud": "custom", "base_url": address["api"], "ca_bundle": address["ca_file"]}
    return " ".join(f"-d {name}={value}" for name, value in {**fields, "client_id": address["client_id"]}.items())
