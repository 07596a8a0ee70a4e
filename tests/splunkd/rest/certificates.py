"""splunkd's certificate as Splunk ships it, or one that its owner has made.

Rules: a new home has a CA of its own in `etc/auth/cacert.pem` and the server's key and chain in `etc/auth/server.pem`.
As shipped, the server is CN=SplunkServerDefaultCert and nothing else: no subjectAltName (secretless-broker#1160), no
authority key identifier, no key usage. With names its owner has had one made for them, by the same plain CA: then
there is a subjectAltName, and still no authority key identifier. The keys are elliptic, where Splunk's are
RSA: no client of these tests looks at the kind, and an RSA key takes a tenth of a second to make.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DEFAULT_NAME = "SplunkServerDefaultCert"
_CA_NAME = "SplunkCommonCA"
_YEARS = datetime.timedelta(days=3 * 365)
_PEM = serialization.Encoding.PEM


def make_certificate(folder: Path, names: Sequence[str] = ()) -> tuple[Path, Path]:
    """The CA's file and the server's, made once for a home; `names` are hosts and addresses of a certificate that is
    not the shipped one."""
    authority_file, server_file = folder / "cacert.pem", folder / "server.pem"
    if not server_file.exists():
        authority_key, server_key = _key(), _key()
        authority = _certificate(_CA_NAME, authority_key, _CA_NAME, authority_key, x509.BasicConstraints(True, None))
        alternatives = [x509.SubjectAlternativeName([_general(name) for name in names])] if names else []
        common_name = names[0] if names else DEFAULT_NAME
        server = _certificate(common_name, server_key, _CA_NAME, authority_key, *alternatives)
        authority_file.write_bytes(authority.public_bytes(_PEM))
        server_file.touch(mode=0o600)
        private = server_key.private_bytes(
            _PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        server_file.write_bytes(private + server.public_bytes(_PEM) + authority.public_bytes(_PEM))
    return authority_file, server_file


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *extensions: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(
        issuer_name=_name(issuer),
        subject_name=_name(name),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(days=1),
        not_valid_after=now + _YEARS,
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    organization = "Splunk" if common_name == _CA_NAME else "SplunkUser"
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
