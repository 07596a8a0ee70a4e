"""splunkd's configuration on stdin: any bytes are an invocation, or one sentence that ends the input."""

from __future__ import annotations

from hypothesis import given

from falcon_streams.errors import Fatal
from falcon_streams.splunk.modinput import read_run, read_validation, validation_error_xml
from tests.fuzz.bytes_from_outside import cost_ratio, mutations
from tests.profile import trying

HEAD = (
    b"<server_host>h</server_host><server_uri>https://127.0.0.1:8089</server_uri>"
    b"<session_key>k</session_key><checkpoint_dir>/c</checkpoint_dir>"
)
STANZA = b'<param name="account">a</param><param_list name="x"><value>1</value><value>2</value></param_list>'
RUN = (
    b"<input>" + HEAD + b'<configuration><stanza name="falcon_event_streams://p" app="search">'
    + STANZA + b"</stanza></configuration></input>"
)  # fmt: skip
VALIDATION = b"<items>" + HEAD + b'<item name="p">' + STANZA + b"</item></items>"


@trying(400)
@given(data=mutations((RUN, VALIDATION)))
def test_any_bytes_are_an_invocation_or_fatal(data: bytes) -> None:
    for read in (read_run, read_validation):
        try:
            invocation = read(data)
        except Fatal as error:
            assert validation_error_xml(str(error))
            continue
        assert invocation.name
        assert all(isinstance(value, str) for value in invocation.settings.values())


def test_a_long_configuration_costs_the_same_per_byte() -> None:
    def read(data: bytes) -> None:
        stanza = b'<stanza name="s">' + data + b"</stanza>"
        read_run(b"<input>" + HEAD + b"<configuration>" + stanza + b"</configuration></input>")

    assert cost_ratio(read, STANZA * 500) < 4
