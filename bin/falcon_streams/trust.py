"""Trust: whose TLS certificates the add-on accepts, and what it says about one that it refuses.

Rules: every verified connection (to Falcon, an https proxy, or a KV store) gets its context from `make_trust`, which
trusts certifi's CAs and the admin's, checks the host name, and demands TLS 1.2 or later. The verdict is the same on
Python 3.9 and 3.13: an issuing CA is enough without its root, and a CA needs no authority key identifier. Signature,
name, and validity are always verified. Connections to splunkd at an address of this machine use `make_local`, which
verifies nothing and also demands TLS 1.2. No context comes from Python's defaults: on 3.9 they have no minimum version,
and they write the keys of every connection into the file that the variable SSLKEYLOGFILE names. On every connection, a
time-out limits the whole exchange (`bounded`).
"""

from __future__ import annotations

import re
import ssl
from typing import List, Union

import certifi

from falcon_streams.bounded import BoundedTls
from falcon_streams.errors import Fatal

# ssl.VERIFY_X509_PARTIAL_CHAIN, for which Python 3.9 has no name
_PARTIAL_CHAIN = 0x80000
_FILE_LIMIT = 16 * 1024 * 1024
# OpenSSL's X509_V_ERR codes
_UNKNOWN_ISSUER = frozenset((2, 18, 19, 20, 21))
_VALIDITY = frozenset((9, 10))
_OTHER_NAME = frozenset((62, 64))
_PEM_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----[A-Za-z0-9+/=\s]*-----END \1-----")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def make_trust(ca_bundle: str = "", setting: str = "ca_bundle") -> ssl.SSLContext:
    """A client's context. `ca_bundle` is the path of a file with CA certificates, as PEM in any encoding or as DER;
    `setting` is its name for an admin. Raises Fatal if the file cannot be read or holds no CA certificate."""
    trust = _bare()
    # Python 3.13's create_default_context sets both flags, 3.9's sets neither.
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
    trust.verify_flags |= _PARTIAL_CHAIN
    if ca_bundle:
        _add(trust, ca_bundle, setting)
    trust.load_verify_locations(cafile=certifi.where())
    return trust


def make_local() -> ssl.SSLContext:
    """A client's context for splunkd on this machine, whose certificate names no host (decision record 0002)."""
    trust = _bare()
    trust.check_hostname = False
    trust.verify_mode = ssl.CERT_NONE
    return trust


def refusal(error: ssl.SSLCertVerificationError, ca_bundle: str, address: str) -> str:
    """Why a certificate was refused, and the remedy. `ca_bundle` names the setting for a missing CA; `address` says
    what to correct if the certificate belongs to another host."""
    if error.verify_code in _UNKNOWN_ISSUER:
        remedy = f"add the issuing CA to {ca_bundle}"
    elif error.verify_code in _VALIDITY:
        remedy = "check this machine's clock, and the certificate of whatever answers there"
    elif error.verify_code in _OTHER_NAME:
        remedy = address
    else:
        remedy = "replace the certificate, or that of its CA"
    return f"TLS verification failed ({error.verify_message}): {remedy}"


def _bare() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = BoundedTls
    return context


def _add(trust: ssl.SSLContext, path: str, setting: str) -> None:
    try:
        with open(path, "rb") as file:
            data = file.read(_FILE_LIMIT)
    except OSError:
        raise Fatal(
            f"{setting} = {path} cannot be read. Correct the path, and let the user that runs Splunk read the file"
        ) from None
    try:
        trust.load_verify_locations(cadata=_certificates(data))
    except (ssl.SSLError, ValueError):
        raise Fatal(
            f"{setting} = {path} {_contents(data)}. Export the certificate of the issuing CA as PEM (Base-64 encoded "
            "X.509), and name that file"
        ) from None


def _certificates(data: bytes) -> Union[str, bytes]:
    """What `load_verify_locations` takes as `cadata`. Raises ValueError if there is no certificate."""
    if data.startswith(b"\x30"):
        return data
    found = [block.group() for block in _blocks(data) if block.group(1) in ("CERTIFICATE", "X509 CERTIFICATE")]
    if not found:
        raise ValueError("no certificate")
    return "\n".join(found)


def _blocks(data: bytes) -> List[re.Match[str]]:
    # Comments may be in any encoding; a block is ASCII.
    text = data.decode("utf-16" if data.startswith(_UTF_16) else "ascii", "replace")
    return list(_PEM_BLOCK.finditer(text))


def _contents(data: bytes) -> str:
    """What is in a file that cannot serve as a CA bundle, as the end of a sentence."""
    if data.startswith((b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")):
        return "is a Java key store"
    start = data[:32]
    if data.startswith(b"\x30") and b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" in start:
        return "is a PKCS#7 file (.p7b)"
    if data.startswith(b"\x30") and b"\x02\x01\x03" in start[2:9]:
        return "is a PKCS#12 file (.p12, .pfx)"
    if data.startswith(b"\x30") and (b"\x02\x01\x00" in start[2:9] or b"\x02\x01\x01" in start[2:9]):
        return "is a private key"
    kinds = {block.group(1) for block in _blocks(data)}
    if any(kind.endswith("PRIVATE KEY") for kind in kinds):
        return "holds a private key and no certificate"
    if "CERTIFICATE" in kinds:
        return "holds a damaged certificate"
    return f"holds a {sorted(kinds)[0]} and no certificate" if kinds else "holds no certificate"
