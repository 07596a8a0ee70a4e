"""The test CA, an intermediate under it, one certificate for every host the emulator answers as; and bad certificates.

Rules: a server sends its certificate and the intermediate, as the hosts of Falcon do; a client trusts the CA alone. The
CA lives in a folder, `ca.pem` for clients and `ca.key` for the next start, so that a restarted emulator is trusted by
whoever trusted the first. A bad certificate has one fault only.
"""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import trustme

from tests.emulator.clouds import HOSTS, UNKNOWN_HOST

CERTIFICATES = ("good", "unknown CA", "expired", "wrong name", "intermediate left out")
_NAMES = ("127.0.0.1", "localhost", UNKNOWN_HOST, *HOSTS)
_LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)


class Authority:
    """A CA in a folder, made there when the folder has none, and an intermediate under it that issues."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = folder / "ca.pem"
        key_file = folder / "ca.key"
        if key_file.exists():
            self._ca = trustme.CA.from_pem(self.ca_file.read_bytes(), key_file.read_bytes())
        else:
            self._ca = trustme.CA()
            key_file.touch(mode=0o600)
            self._ca.private_key_pem.write_to_path(str(key_file))
            self._ca.cert_pem.write_to_path(str(self.ca_file))
        self._intermediate = self._ca.create_child_ca()
        self.intermediate_file = folder / "intermediate.pem"
        self._intermediate.cert_pem.write_to_path(str(self.intermediate_file))

    def server_context(self, certificate: str = "good") -> ssl.SSLContext:
        """What a server speaks TLS with, one of CERTIFICATES. Raises ValueError for any other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._issue(certificate).configure_cert(context)
        return context

    def _issue(self, certificate: str) -> trustme.LeafCert:
        if certificate not in CERTIFICATES:
            raise ValueError(f"a certificate is one of {', '.join(CERTIFICATES)}, not {certificate!r}")
        if certificate == "unknown CA":
            return trustme.CA().create_child_ca().issue_cert(*_NAMES)
        if certificate == "expired":
            a_day_later = _LONG_AGO + datetime.timedelta(1)
            return self._intermediate.issue_cert(*_NAMES, not_before=_LONG_AGO, not_after=a_day_later)
        if certificate == "wrong name":
            return self._intermediate.issue_cert("elsewhere.invalid")
        good = self._intermediate.issue_cert(*_NAMES)
        if certificate == "intermediate left out":
            return trustme.LeafCert(good.private_key_pem.bytes(), good.cert_chain_pems[0].bytes(), [])
        return good
