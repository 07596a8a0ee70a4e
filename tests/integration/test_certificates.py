"""What an admin is told about a certificate that is no good: its fault, and the remedy for that fault."""

from __future__ import annotations

import pytest

from falcon_streams.clock import SystemClock
from falcon_streams.errors import Retryable
from falcon_streams.falcon.transport import Transport
from tests.emulator import Emulator


@pytest.mark.parametrize(
    ("certificate", "told"),
    [
        ("unknown CA", r"TLS verification failed \(.*issuer.*\): add the issuing CA to the account's ca_bundle"),
        ("expired", r"TLS verification failed \(.*expired.*\): check this machine's clock"),
        ("wrong name", r"TLS verification failed \(.*not valid for.*\): look for what answers in this host's place"),
    ],
)
def test_a_bad_certificate_is_refused_with_the_remedy_for_its_fault(certificate: str, told: str) -> None:
    with Emulator() as falcon:
        transport = Transport(SystemClock(), falcon.ca_file)
        falcon.present(certificate)
        with pytest.raises(Retryable, match=told):
            transport.send("GET", falcon.feed_url, {})
        falcon.present("good")
        assert transport.send("GET", falcon.feed_url, {}).status == 404
