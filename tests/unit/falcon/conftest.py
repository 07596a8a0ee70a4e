"""Hosts on loopback, and the file of the CA that vouches for them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from tests.fakes.certificates import certify, server_context
from tests.unit.falcon.host import Host


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """What a host speaks TLS with, and the file that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    root = certify("root", ca=True)
    (folder / "root.pem").write_bytes(root.pem)
    return server_context(folder, certify("host", root)), str(folder / "root.pem")


@pytest.fixture
def ca_file(tls: tuple[ssl.SSLContext, str]) -> str:
    return tls[1]


@pytest.fixture
def host(tls: tuple[ssl.SSLContext, str]) -> Iterator[Host]:
    one = Host(tls[0])
    yield one
    one.close()


@pytest.fixture
def plain_host() -> Iterator[Host]:
    """A host without TLS: an http proxy, or what answers in Falcon's place."""
    one = Host()
    yield one
    one.close()
