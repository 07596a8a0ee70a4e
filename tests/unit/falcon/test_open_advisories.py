"""Why the advisories that docs/security.md accepts do not reach us, one by one, in the libraries that ship."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
import requests
import urllib3

from falcon_streams.clock import SystemClock
from falcon_streams.errors import Retryable
from falcon_streams.falcon.transport import BODY_LIMIT, Transport
from tests.unit.falcon.host import Host, answer
from tools import vendor

PACKED = "Content-Encoding: gzip"


@pytest.fixture
def drained(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What urllib3 drains, or follows itself."""
    seen: list[str] = []
    monkeypatch.setattr(urllib3.HTTPResponse, "drain_conn", lambda answer: seen.append(str(answer.status)))
    yield seen


def send(host: Host, ca_file: str) -> Callable[[], object]:
    return lambda: Transport(SystemClock(), ca_file).send("GET", host.url, {"Authorization": "Bearer b"})


@pytest.mark.parametrize(
    ("status", "lines"),
    [(302, ["Location: https://127.0.0.1:1/"]), (429, ["Retry-After: 0"]), (503, ["Retry-After: 0"])],
)
def test_nothing_is_followed_tried_again_or_drained_by_urllib3(
    host: Host, ca_file: str, drained: list[str], status: int, lines: list[str]
) -> None:
    """CVE-2026-44431 and CVE-2026-44432: urllib3's own redirects and tries, and what it drains before them."""
    host.says(answer(status, gzip.compress(b"{}"), PACKED, *lines))
    send(host, ca_file)()

    assert (len(host.requests), drained) == (1, [])


def test_a_packed_answer_that_is_too_large_is_neither_unpacked_whole_nor_drained(
    host: Host, ca_file: str, drained: list[str]
) -> None:
    """CVE-2026-44432: 100 MiB in 100 KB. Memory takes a part that does not grow with them."""
    host.says(answer(200, gzip.compress(bytes(100 * BODY_LIMIT)), PACKED))
    tracemalloc.start()
    try:
        with pytest.raises(Retryable, match="larger than 1 MiB"):
            send(host, ca_file)()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert drained == []
    assert peak < 32 * BODY_LIMIT  # 16 MiB, for larger ones too
    assert not any("brotli" in name for name in vendor.pins())


def test_nothing_asks_requests_to_take_a_file_out_of_a_zip(
    host: Host, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVE-2026-25645: our adapter brings its own trust; with requests' own the same call asks."""

    def refused(path: str) -> str:
        raise LookupError(path)

    monkeypatch.setattr("requests.adapters.extract_zipped_paths", refused)
    send(host, ca_file)()

    with requests.Session() as session, pytest.raises(LookupError):
        session.trust_env = False
        session.get(host.url, timeout=5)
