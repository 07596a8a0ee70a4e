"""The test CA and the certificates of Falcon's hosts under it."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

CLOUDS = {
    "us-1": "crowdstrike.com",
    "us-2": "us-2.crowdstrike.com",
    "us-3": "us-3.crowdstrike.com",
    "eu-1": "eu-1.crowdstrike.com",
    "us-gov-1": "laggar.gcw.crowdstrike.com",
    "us-gov-2": "us-gov-2.crowdstrike.mil",
}
HOSTS = [f"{kind}.{domain}" for domain in CLOUDS.values() for kind in ("api", "firehose")]


class Authority:
    """One CA, one certificate for all hosts."""

    def __init__(self, folder: Path) -> None:
        """Writes `ca.pem` into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = folder / "ca.pem"
        ca = trustme.CA()
        ca.cert_pem.write_to_path(str(self.ca_file))
        self._certificate = ca.issue_cert("127.0.0.1", "localhost", *HOSTS)

    def server_context(self) -> ssl.SSLContext:
        """What a server of ours speaks TLS with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.configure_cert(context)
        return context
