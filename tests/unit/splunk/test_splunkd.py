"""A splunkd elsewhere is verified; on this machine its certificate is not looked at (decision record 0002)."""

from __future__ import annotations

import ssl

import pytest

from falcon_streams.splunk.splunkd import Splunkd


@pytest.mark.parametrize(("host", "mode"), [("127.0.0.1", ssl.CERT_NONE), ("192.0.2.1", ssl.CERT_REQUIRED)])
def test_splunkd_is_verified_except_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, host: str, mode: ssl.VerifyMode
) -> None:
    seen: list[ssl.VerifyMode] = []

    def connection(*_: object, context: ssl.SSLContext, **__: object) -> None:
        seen.append(context.verify_mode)
        raise ConnectionRefusedError

    monkeypatch.setattr("http.client.HTTPSConnection", connection)
    context = Splunkd(f"https://{host}:8089", "key").context(1.0)
    with pytest.raises(ConnectionRefusedError):
        context.get("/services/server/info")

    assert seen == [mode]
