"""The names in a chain of certificates, as one line."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.certificate import chain_text
from tests.fakes.certificates import certify
from tests.profile import trying

ROOT = certify("root", ca=True)
ISSUER = certify("Acme Inspecting CA", ROOT, ca=True)
SERVER = certify("api.crowdstrike.com", ISSUER)


def test_a_chain_is_read_from_the_server_to_the_root() -> None:
    assert chain_text([SERVER.der, ISSUER.der, ROOT.der]) == "api.crowdstrike.com < Acme Inspecting CA < root"


def test_of_a_certificate_alone_the_issuer_is_named_too() -> None:
    assert chain_text([SERVER.der]) == "api.crowdstrike.com < Acme Inspecting CA"
    assert chain_text([ROOT.der]) == "root"
    assert chain_text([]) == ""


def test_a_name_is_made_printable() -> None:
    assert chain_text([certify("a\nb\x1b[31m").der]) == "a b [31m"


@trying(200)
@given(st.binary(max_size=300), st.integers(0, 600))
def test_any_bytes_give_a_line(noise: bytes, at: int) -> None:
    der = SERVER.certificate.public_bytes(serialization.Encoding.DER)

    for broken in (noise, der[:at], der[:at] + noise + der[at + 1 :]):
        assert chain_text([broken]).isprintable()
