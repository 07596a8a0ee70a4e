"""What of the kit can be tried without docker: what it says is missing, its SDK, its trust, its image."""

from __future__ import annotations

import datetime
import socket
import ssl
import sys
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.real_splunk import image, lever, sdk
from tests.real_splunk.container import trust
from tests.real_splunk.dockerfile import FILE, Image, Step, steps
from tests.real_splunk.instance import APP
from tests.real_splunk.page_command import CERTIFICATE_NAME
from tests.splunkd import Splunkd
from tools import real_splunk
from tools.package import ROOT

_CLIENTS = {
    "no docker here: make real-splunk needs Docker Engine with its compose plugin": "",
    "docker cannot reach its engine": "exit 1",
    "this docker has no compose plugin": '[ "$1" = info ]',
}


@pytest.mark.parametrize("sentence", _CLIENTS)
def test_what_is_missing_is_said_in_one_sentence(
    sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if _CLIENTS[sentence]:
        client = tmp_path / "docker"
        client.write_text(f"#!/bin/sh\n{_CLIENTS[sentence]}\n")
        client.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["real_splunk", "10.4"])

    with pytest.raises(SystemExit) as ended:
        real_splunk.main()
    assert str(ended.value).startswith(sentence)
    assert "\n" not in str(ended.value)


def test_the_image_takes_only_what_is_there_and_an_instruction_that_is_not_known_is_refused() -> None:
    given = steps(FILE.read_text(encoding="utf-8"))
    copied = [name for step in given if step.name == "COPY" for name in step.text.split()[:-1]]
    assert copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    kept = (FILE.parent / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert [name for name in copied if f"!{name}" not in kept] == []
    with pytest.raises(ValueError, match="ADD"):
        steps("FROM debian\nADD a b\n")


def test_a_copied_file_lies_where_docker_would_put_it(tmp_path: Path) -> None:
    made = Image(tmp_path, ROOT)
    made.build([Step("WORKDIR", "/falcon"), Step("COPY", "tests/__init__.py tests/real_splunk/lever.py tests/")])
    assert (tmp_path / "falcon" / "tests" / "lever.py").read_bytes() == Path(lever.__file__).read_bytes()
    assert (tmp_path / "falcon" / "tests" / "__init__.py").exists()


def test_the_image_needs_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert str(image.missing()).startswith("a root folder is entered by root only")


def test_the_levers_port_is_the_one_that_compose_gives_the_emulator() -> None:
    port = lever.CONTROL.rpartition(":")[2]
    assert f"--control-port={port}" in (FILE.parent / "compose.yaml").read_text(encoding="utf-8")


def test_the_sdk_searches(package: Path, tmp_path: Path) -> None:
    with Splunkd(tmp_path / "home", package, password="changed-at-once") as splunkd:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False  # whatever name the stand-in's certificate has
        context.load_verify_locations(splunkd.ca_file)
        service = sdk.connect(splunkd.port, "admin", "changed-at-once", context)
        rows = sdk.search(service, f"| rest services/apps/local/{APP} splunk_server=local | fields build")
        assert list(rows[0]) == ["build"]


def certificate(common_name: str, file: Path) -> None:
    """A key and a certificate with a CN and no other name, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    lasting = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    signed = lasting.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + signed.public_bytes(pem))


@pytest.mark.parametrize(("common_name", "good"), [(CERTIFICATE_NAME, True), ("another", False)])
def test_the_name_in_the_certificate_that_splunk_ships_is_verified(
    common_name: str, good: bool, tmp_path: Path
) -> None:
    file = tmp_path / "server.pem"
    certificate(common_name, file)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            serving.wrap_socket(theirs, server_side=True).close()
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        trust(file).wrap_socket(ours, server_hostname="127.0.0.1").close()
        verified = True
    except ssl.SSLCertVerificationError as error:
        assert "mismatch" in str(error)
        verified = False
    finally:
        ours.close()
        thread.join()
    assert verified == good
