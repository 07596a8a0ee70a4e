"""The test CA, and one certificate under it for every host the emulator answers as.

Rules: the CA lives in a folder, `ca.pem` for clients and `ca.key` for the next start, so that a restarted emulator is
trusted by whoever trusted the first.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

from tests.emulator.clouds import HOSTS


class Authority:
    """A CA in a folder, made there when the folder has none."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = folder / "ca.pem"
        key_file = folder / "ca.key"
        if key_file.exists():
            ca = trustme.CA.from_pem(self.ca_file.read_bytes(), key_file.read_bytes())
        else:
            ca = trustme.CA()
            key_file.touch(mode=0o600)
            ca.private_key_pem.write_to_path(str(key_file))
            ca.cert_pem.write_to_path(str(self.ca_file))
        self._certificate = ca.issue_cert("127.0.0.1", "localhost", *HOSTS)

    def server_context(self) -> ssl.SSLContext:
        """What a server speaks TLS with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._certificate.configure_cert(context)
        return context
