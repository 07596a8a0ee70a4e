"""What a client of the stand-in trusts: its CA, and any name, for the shipped certificate names no host."""

from __future__ import annotations

import ssl


def client_trust(ca_file: str) -> ssl.SSLContext:
    """A context that verifies signature and validity, as Splunk's own clients do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cafile=ca_file)
    return context
