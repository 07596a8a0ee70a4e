"""REST as the official SDK sees it, and its answers on the wire."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import quote

import certifi
import pytest
from cryptography import x509
from splunklib import binding, client

from tests.splunkd import Splunkd
from tests.splunkd.client_trust import client_trust
from tests.splunkd.conftest import Start

_PASSWORDS = "/servicesNS/nobody/TA_toy/storage/passwords"


def _connect(splunkd: Splunkd, **told: Any) -> Any:
    context = client_trust(splunkd.ca_file)
    told = {"owner": "nobody", "app": splunkd.app, **told}
    if "token" not in told:
        told = {"username": "admin", "password": "changed-at-once", **told}
    return client.connect(host="127.0.0.1", port=splunkd.port, verify=True, context=context, **told)


@pytest.fixture
def service(shared: Splunkd) -> Any:
    return _connect(shared)


def test_the_sdk_logs_in_and_a_wrong_password_is_401(shared: Splunkd) -> None:
    assert "Splunk " in _connect(shared).token
    with pytest.raises(binding.AuthenticationError):
        _connect(shared, password="wrong")


def test_a_token_is_enough(shared: Splunkd) -> None:
    assert "TA_toy" in {app.name for app in _connect(shared, token=shared.session_key).apps}


def test_server_info_tells_version_roles_and_start(service: Any) -> None:
    assert service.splunk_version == (10, 0, 0)
    assert "indexer" in service.info["server_roles"]
    assert int(service.info["startup_time"]) > 1_600_000_000


def test_server_info_can_pose(start: Start) -> None:
    splunkd = start(server_info={"server_roles": "shc_member,search_head"})
    first = _connect(splunkd).info["server_roles"]
    splunkd.pose(instance_type="cloud")

    assert first == ["shc_member", "search_head"]
    assert _connect(splunkd).splunk_instance == "cloud"


def test_a_password_is_made_read_changed_and_deleted_by_the_sdk(service: Any) -> None:
    made = service.storage_passwords.create("s3cret<&>", "client_secret", "TA_toy#account#a")
    found = {entry.name: entry for entry in service.storage_passwords}[made.name]
    assert (found.realm, found.username, found.clear_password) == ("TA_toy#account#a", "client_secret", "s3cret<&>")

    found.update(password="another")
    assert service.storage_passwords[made.name].clear_password == "another"

    service.storage_passwords.delete("client_secret", "TA_toy#account#a")
    assert made.name not in service.storage_passwords


@pytest.mark.parametrize(
    ("realm", "username", "name"),
    [("a:b", "c:d", r"a\:b:c\:d:"), ("", "plain", ":plain:"), ("r/s#t", "u v", "r/s#t:u v:"), ("ü", "&<", "ü:&<:")],
)
def test_a_credential_is_named_with_its_colons_escaped(
    shared: Splunkd, service: Any, realm: str, username: str, name: str
) -> None:
    service.storage_passwords.create("x", username, realm or None)
    (found,) = [entry for entry in service.storage_passwords.list() if entry.username == username]

    assert (name, realm or None, "x") == (found.name, found.realm, found.clear_password)
    shared.delete(f"{_PASSWORDS}/{quote(name, safe='')}")
    assert name not in {entry.name for entry in service.storage_passwords}


def test_a_second_password_of_the_name_is_409_and_an_unknown_one_404(shared: Splunkd) -> None:
    shared.create_password("twice", "u", "x")

    assert shared.request("POST", _PASSWORDS, realm="twice", name="u", password="y").status == 409
    assert shared.request("GET", f"{_PASSWORDS}/none%3Au%3A").status == 404
    assert shared.request("DELETE", f"{_PASSWORDS}/none%3Au%3A").status == 404
    assert shared.request("POST", _PASSWORDS, realm="r", name="u").status == 400


def test_no_file_of_the_home_holds_a_password(shared: Splunkd) -> None:
    shared.create_password("kept", "u", "a-very-secret-word")

    assert [path for path, data in shared.every_byte() if b"a-very-secret-word" in data] == []
    # The control: the same search finds what is there.
    assert [path for path, data in shared.every_byte() if b"credential:kept:u:" in data] != []


def test_a_list_has_thirty_entries_unless_more_are_asked_for(shared: Splunkd) -> None:
    for number in range(35):
        shared.create_conf_stanza("many", f"s{number:02}")
    path = "/servicesNS/nobody/TA_toy/configs/conf-many"

    assert len(shared.get(path)["entry"]) == 30
    assert len(shared.get(path, count=0)["entry"]) == 35
    assert [entry["name"] for entry in shared.get(path, count=5, offset=33)["entry"]] == ["s33", "s34"]
    assert [entry["name"] for entry in shared.get(path, search="s07")["entry"]] == ["s07"]


def test_a_conf_is_read_and_written_by_the_sdk(service: Any) -> None:
    conf = service.confs.create("toy_account")
    stanza = conf.create("main", cloud="us-1")
    stanza.update(client_id="ab c&=", cloud="eu-1")

    found = service.confs["toy_account"]["main"]
    assert {key: found[key] for key in ("client_id", "cloud")} == {"client_id": "ab c&=", "cloud": "eu-1"}

    stanza.delete()
    assert "main" not in service.confs["toy_account"]
    assert "never_heard_of" not in service.confs


def test_a_conf_stanza_is_409_when_there_404_when_not_and_only_local_is_deleted(shared: Splunkd) -> None:
    shared.create_conf_stanza("toy_settings", "logging", level="INFO")
    base = "/servicesNS/nobody/TA_toy/configs/conf-"

    assert shared.request("POST", f"{base}toy_settings", name="logging").status == 409
    assert shared.request("GET", f"{base}toy_settings/none").status == 404
    assert shared.request("POST", f"{base}toy_settings/none", level="x").status == 404
    assert shared.request("DELETE", f"{base}app/launcher").status == 400
    assert shared.request("GET", f"{base}never_heard_of").status == 200


def test_properties_take_a_setting_that_is_called_name_and_a_conf_does_not(shared: Splunkd) -> None:
    conf = "toy_named"
    shared.create_conf_stanza(conf, "any")  # makes the file
    shared.create_properties(conf, "called", name="Somebody & Co", level="3")
    base = "/servicesNS/nobody/TA_toy"
    (entry,) = shared.get(f"{base}/configs/conf-{conf}/called")["entry"]
    assert (entry["content"]["name"], entry["content"]["level"]) == ("Somebody & Co", "3")

    assert shared.request("POST", f"{base}/configs/conf-{conf}/called", name="Other").status == 400
    assert shared.request("POST", f"{base}/properties/{conf}", __stanza="called").status == 409
    assert shared.request("POST", f"{base}/properties/{conf}", other="called").status == 400
    assert shared.request("POST", f"{base}/properties/{conf}/nobody", name="x").status == 404
    assert shared.request("POST", f"{base}/properties/no_such_conf", __stanza="called").status == 404


def test_the_default_of_a_conf_is_in_no_list_and_can_be_asked_for(shared: Splunkd) -> None:
    conf, base = "toy_default", "/servicesNS/nobody/TA_toy"
    shared.create_conf_stanza(conf, "any")
    shared.create_properties(conf, "default", deep="1")

    assert "default" not in {entry["name"] for entry in shared.get(f"{base}/configs/conf-{conf}")["entry"]}
    (entry,) = shared.get(f"{base}/configs/conf-{conf}/default")["entry"]
    assert entry["content"]["deep"] == "1"


def test_a_conf_is_layered_over_what_the_package_ships(shared: Splunkd) -> None:
    path = "/servicesNS/nobody/TA_toy/configs/conf-app/launcher"
    shipped = shared.get(path)["entry"][0]["content"]["version"]
    shared.post(path, author="me")
    content = shared.get(path)["entry"][0]["content"]

    assert (shipped, content["version"], content["author"]) == ("1.2.3", "1.2.3", "me")


def test_no_session_is_401_in_the_clients_language(shared: Splunkd) -> None:
    service = _connect(shared, token="Splunk made-up")
    with pytest.raises(binding.AuthenticationError) as refused:
        service.get("server/info")

    assert str(refused.value.__context__) == "HTTP 401 Unauthorized -- call not properly authenticated"


def test_an_error_is_a_list_of_messages(shared: Splunkd) -> None:
    assert shared.request("GET", "/services/nothing").body == {"messages": [{"type": "ERROR", "text": "Not Found"}]}


def test_a_user_may_what_its_capabilities_say(start: Start) -> None:
    splunkd = start(users=[("reader", "pw", "list_storage_passwords"), ("nobody_much", "pw", "")])
    splunkd.create_password("r", "u", "x")
    reader = _connect(splunkd, username="reader", password="pw")
    other = _connect(splunkd, username="nobody_much", password="pw")

    assert [entry.clear_password for entry in reader.storage_passwords] == ["x"]
    with pytest.raises(binding.HTTPError, match=r"403.*edit_storage_passwords"):
        reader.storage_passwords.create("y", "v", "r")
    with pytest.raises(binding.HTTPError, match="403"):
        list(other.storage_passwords)
    with pytest.raises(binding.HTTPError, match="403"):
        reader.inputs.create("a", "toy", count="1")
    assert (
        reader.get("authentication/current-context", output_mode="json")
        .body.read()
        .decode()
        .split('"username": "')[1]
        .split('"')[0]
        == "reader"
    )


def _handshake(splunkd: Splunkd, name: str, ca_file: str | None = None) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_file or certifi.where())
    with socket.create_connection(("127.0.0.1", splunkd.port)) as plain:
        context.wrap_socket(plain, server_hostname=name).close()


def test_the_certificate_is_of_its_own_authority_and_names_no_host(shared: Splunkd) -> None:
    server = x509.load_pem_x509_certificate(Path(shared.ca_file).with_name("server.pem").read_bytes())
    assert (server.subject.rfc4514_string(), list(server.extensions)) == ("CN=SplunkServerDefaultCert,O=SplunkUser", [])
    _handshake(shared, "SplunkServerDefaultCert", shared.ca_file)
    for name in ("127.0.0.1", "localhost"):
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            _handshake(shared, name, shared.ca_file)
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
        _handshake(shared, "SplunkServerDefaultCert")


def test_an_owners_certificate_names_its_hosts(start: Start) -> None:
    splunkd = start(certificate_names=["sh.example.com", "127.0.0.1"])

    _handshake(splunkd, "sh.example.com", splunkd.ca_file)
    _handshake(splunkd, "127.0.0.1", splunkd.ca_file)


@pytest.mark.parametrize("undecryptable", ["500", "null"])
def test_a_password_of_another_splunk_secret_is_not_readable_until_it_is_stored_again(
    start: Start, undecryptable: str
) -> None:
    splunkd = start(switches={"undecryptable": undecryptable})
    name = _connect(splunkd).storage_passwords.create("s3cret", "user", "realm").name
    splunkd.replace_secret()
    reply = splunkd.request("GET", f"{_PASSWORDS}/{quote(name, safe='')}")
    given = reply.body["entry"][0]["content"]["clear_password"] if undecryptable == "null" else None
    assert (reply.status, given) == (200 if undecryptable == "null" else 500, None)

    splunkd.post(f"{_PASSWORDS}/{quote(name, safe='')}", password="again")
    assert _connect(splunkd).storage_passwords[name].clear_password == "again"


def test_a_silent_client_holds_nobody_up(shared: Splunkd) -> None:
    with socket.create_connection(("127.0.0.1", shared.port)):
        assert shared.request("GET", "/services/server/info").status == 200


def test_an_index_is_made_over_rest(shared: Splunkd, service: Any) -> None:
    assert "falcon" not in service.indexes
    service.indexes.create("falcon")

    assert "falcon" in service.indexes
    assert shared.request("POST", "/services/data/indexes", name="falcon").status == 409


def test_in_the_namespace_of_a_disabled_app_there_is_nothing_and_the_list_of_apps_says_that(start: Start) -> None:
    splunkd = start()
    splunkd.create_password("realm", "user", "s3cret")
    (splunkd.app_home / "local").mkdir(exist_ok=True)
    (splunkd.app_home / "local" / "app.conf").write_text("[install]\nstate = disabled\n", encoding="utf-8")
    for below in ("storage/passwords", "storage/collections/config", "configs/conf-inputs", "data/inputs/toy"):
        assert splunkd.request("GET", f"/servicesNS/nobody/TA_toy/{below}").status == 404

    [told] = splunkd.get("/services/apps/local/TA_toy")["entry"]
    assert told["content"]["disabled"] is True
