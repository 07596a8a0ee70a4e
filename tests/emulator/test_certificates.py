"""The certificates that the firehose shows: one that is good, and others that are no good, each for one reason."""

from __future__ import annotations

import socket
import ssl
from typing import Optional
from urllib.parse import urlsplit

import pytest

from tests.emulator import Emulator
from tests.emulator.clouds import UNKNOWN_HOST
from tests.emulator.conftest import Falcon

UNABLE_TO_GET_ISSUER_LOCALLY, EXPIRED, ADDRESS_MISMATCH = 20, 10, 64  # OpenSSL's X509_V_ERR codes


def connect(url: str) -> socket.socket:
    """A connection without TLS so far."""
    return socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=5)


def fault_of(url: str, falcon: Emulator, name: str = "127.0.0.1") -> Optional[int]:
    """Why a client that trusts the test CA refuses this server, None where it does not."""
    context = ssl.create_default_context(cafile=falcon.ca_file)
    with connect(url) as plain:
        try:
            context.wrap_socket(plain, server_hostname=name).close()
        except ssl.SSLCertVerificationError as error:
            return error.verify_code
    return None


@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        ("unknown CA", UNABLE_TO_GET_ISSUER_LOCALLY),
        ("expired", EXPIRED),
        ("wrong name", ADDRESS_MISMATCH),
        ("intermediate left out", UNABLE_TO_GET_ISSUER_LOCALLY),
    ],
)
def test_a_bad_certificate_has_its_one_fault_until_a_good_one_is_shown(
    falcon: Falcon, certificate: str, code: int
) -> None:
    one = falcon()
    one.present(certificate)
    assert fault_of(one.feed_url, one) == code
    assert fault_of(one.api_url, one) is None
    one.present("good")
    assert fault_of(one.feed_url, one) is None


def test_a_connection_that_is_open_does_not_mind_another_certificate(falcon: Falcon) -> None:
    one = falcon()
    context = ssl.create_default_context(cafile=one.ca_file)
    with connect(one.feed_url) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as client:
        one.present("expired")
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 404"


def test_the_good_certificate_names_the_host_that_no_resolver_knows(falcon: Falcon) -> None:
    one = falcon()

    assert fault_of(one.api_url, one, UNKNOWN_HOST) is None


def test_the_good_certificate_is_under_an_intermediate_that_the_server_sends(falcon: Falcon) -> None:
    one = falcon()
    context = ssl.create_default_context(cafile=one.ca_file)
    with connect(one.feed_url) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as client:
        shown = client.getpeercert()
    (trusted,) = context.get_ca_certs()

    assert shown
    assert shown["issuer"] != trusted["subject"]


def test_a_certificate_that_nobody_knows_is_refused(falcon: Falcon) -> None:
    with pytest.raises(ValueError, match="one of good, unknown CA"):
        falcon().present("gold")
