"""Certificates made for a test: a root, an issuing CA under it, and what a server shows. No key identifiers unless
asked for, as in Splunk's own and in those of many inspecting proxies."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NOW = datetime.datetime.now(datetime.timezone.utc)
_DAY = datetime.timedelta(days=1)


class Pair(NamedTuple):
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def certify(
    name: str,
    issuer: Pair | None = None,
    *,
    ca: bool = False,
    address: str = "127.0.0.1",
    begins: int = -2,
    ends: int = 30,
) -> Pair:
    """A certificate, signed by itself without an issuer; `begins` and `ends` in days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        issuer_name=issuer.certificate.subject if issuer else subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=_NOW + begins * _DAY,
        not_valid_after=_NOW + ends * _DAY,
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=False)
    else:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = builder.add_extension(names, critical=False)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def server_context(folder: Path, server: Pair, *chain: Pair) -> ssl.SSLContext:
    """What a server speaks TLS with that shows this certificate and these of its issuers."""
    file = folder / "server.pem"
    file.write_bytes(server.key_pem + server.pem + b"".join(each.pem for each in chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
