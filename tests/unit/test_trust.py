"""What may stand in a CA bundle, and what is said of a file that is no use as one."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from falcon_streams.errors import Fatal, Retryable
from falcon_streams.splunk.splunkd import Splunkd
from falcon_streams.store.kvstore import own_store, shared_store
from falcon_streams.trust import make_trust
from tests.fakes.certificates import certify

ROOT = certify("root", ca=True)
ISSUER = certify("issuer", ROOT, ca=True)
LEAF = certify("leaf", ISSUER)
P12 = pkcs12.serialize_key_and_certificates(b"x", LEAF.key, LEAF.certificate, None, serialization.NoEncryption())
DER_KEY = LEAF.key.private_bytes(
    serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
P7 = {
    form: pkcs7.serialize_certificates([ISSUER.certificate], form)
    for form in (serialization.Encoding.DER, serialization.Encoding.PEM)
}


def write(folder: Path, data: bytes) -> str:
    (folder / "bundle").write_bytes(data)
    return str(folder / "bundle")


@pytest.mark.parametrize(
    "data",
    [
        ISSUER.pem,
        "# Főtanúsítvány\n".encode() + ISSUER.pem,
        b"\xef\xbb\xbf" + ISSUER.pem,
        ISSUER.pem.decode().encode("utf-16"),
        b"\xfe\xff" + ISSUER.pem.decode().encode("utf-16-be"),
        ISSUER.pem.replace(b"\n", b"\r\n"),
        ISSUER.der,
        LEAF.key_pem + LEAF.pem + ISSUER.pem,
    ],
    ids=["PEM", "comment", "UTF-8 with a mark", "UTF-16", "UTF-16 big-endian", "CRLF", "DER", "with a key"],
)
def test_a_ca_is_read_from_what_people_bring(tmp_path: Path, data: bytes) -> None:
    trust = make_trust(write(tmp_path, data))

    assert ISSUER.der in trust.get_ca_certs(binary_form=True)


@pytest.mark.parametrize("data", [LEAF.pem, LEAF.der], ids=["PEM", "DER"])
def test_a_servers_certificate_alone_pins_that_server(tmp_path: Path, data: bytes) -> None:
    """As a self-signed one in a bundle has always done."""
    assert make_trust(write(tmp_path, data)).cert_store_stats()["x509"] > make_trust().cert_store_stats()["x509"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (P12, r"is a PKCS#12 file"),
        (DER_KEY, r"is a private key"),
        (LEAF.key_pem, r"holds a private key and no certificate"),
        (P7[serialization.Encoding.DER], r"is a PKCS#7 file"),
        (P7[serialization.Encoding.PEM], r"holds a PKCS7 and no certificate"),
        (b"\xfe\xed\xfe\xed\x00\x00\x00\x02", r"is a Java key store"),
        (ISSUER.pem.replace(b"MII", b"AAA", 1), r"holds a damaged certificate"),
        (ISSUER.der[:-20], r"holds no certificate"),
        (b"", r"holds no certificate"),
    ],
    ids=["PKCS 12", "DER key", "PEM key", "DER PKCS 7", "PEM PKCS 7", "JKS", "damaged", "cut", "empty"],
)
def test_a_file_that_is_no_use_is_named(tmp_path: Path, data: bytes, told: str) -> None:
    path = write(tmp_path, data)
    with pytest.raises(Fatal, match=rf"\[x\] ca_bundle = {path} {told}"):
        make_trust(path, "[x] ca_bundle")


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(Fatal, match=r"ca_bundle = /nonexistent\.pem cannot be read\. Correct the path"):
        make_trust("/nonexistent.pem")


def test_a_context_verifies_and_is_alike_on_every_python() -> None:
    trust = make_trust()

    assert (trust.verify_mode, trust.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert trust.minimum_version == ssl.TLSVersion.TLSv1_2
    # partial chains and trusted certificates first; not strict
    assert int(trust.verify_flags) == 0x80000 | 0x8000


def test_no_context_writes_its_keys_and_each_has_the_floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Python 3.9 the defaults have no floor, and on both they obey the variable."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    contexts: list[ssl.SSLContext] = []

    def connection(*_: object, context: ssl.SSLContext, **__: object) -> None:
        contexts.append(context)
        raise ConnectionRefusedError

    monkeypatch.setattr("http.client.HTTPSConnection", connection)
    for host in ("127.0.0.1", "192.0.2.1"):
        splunkd = Splunkd(f"https://{host}:8089", "key")
        for store in (own_store(splunkd), shared_store(f"https://{host}:8089", None, lambda: "token")):
            with pytest.raises(Retryable):
                store.find({})
    contexts.append(make_trust())

    assert len(contexts) == 5
    assert {context.minimum_version for context in contexts} == {ssl.TLSVersion.TLSv1_2}
    assert {context.keylog_filename for context in contexts} == {None}
    assert not (tmp_path / "keys").exists()
