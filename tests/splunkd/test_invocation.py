"""Schemes and the three invocations of a script, without a server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.splunkd import Surroundings, run_input, run_scheme, run_validation
from tests.splunkd.inputs.documents import render_input
from tests.splunkd.inputs.scheme import SchemeRefused, introspect, offered
from tests.splunkd.toy import SCHEME, write_app

_DECLARED = frozenset(("count", "word"))


def _answer(stdout: str, code: int = 0) -> subprocess.CompletedProcess[bytes]:
    return subprocess.CompletedProcess([], code, stdout.encode(), b"")


@pytest.fixture
def apps(tmp_path: Path) -> Path:
    """The folder of apps within a home, which the environment is made from."""
    return tmp_path / "etc" / "apps"


def test_a_spec_offers_its_schemes_with_the_settings_it_declares(apps: Path) -> None:
    spec = (
        "# [no://<name>]\n[other]\na = 1\n[toy://<name>]\n* a = prose\ncount = <int>\n* Default: 1\n\nword = <text>\n"
    )

    assert {"toy": frozenset(("count", "word"))} == offered(write_app(apps, spec=spec))


def test_an_app_without_a_spec_offers_nothing(apps: Path) -> None:
    app = write_app(apps)
    (app / "README" / "inputs.conf.spec").unlink()

    assert offered(app) == {}


def test_a_scheme_is_what_the_script_says(apps: Path) -> None:
    scheme = introspect("toy", "TA_toy", _DECLARED, run_scheme(sys.executable, write_app(apps)))

    assert (
        scheme.title, scheme.use_external_validation, scheme.use_single_instance, scheme.streaming_mode
    ) == ("Toy", True, False, "xml")  # fmt: skip
    assert {name: argument.required_on_create for name, argument in scheme.arguments.items()} == {
        "count": True,
        "word": False,
    }


def test_only_what_scheme_and_spec_name_and_the_implicit_parameters_are_supported() -> None:
    scheme = introspect("toy", "TA_toy", frozenset(("count", "unheard")), _answer(SCHEME))
    single = SCHEME.replace("single_instance>false", "single_instance>true")

    assert {"count", "interval", "host", "index", "source", "sourcetype", "disabled"} <= scheme.supported()
    assert not {"word", "unheard", "python.version"} & scheme.supported()
    assert "interval" not in introspect("toy", "TA_toy", _DECLARED, _answer(single)).supported()


@pytest.mark.parametrize(
    ("name", "answer", "text"),
    [
        ("toy", _answer(SCHEME, 1), r"Introspecting scheme=toy: script running failed \(exited with code 1\)\."),
        ("toy", _answer(SCHEME, -9), r"killed by signal 9: Killed"),
        ("toy", _answer("a print\n" + SCHEME), "Unable to parse"),
        ("toy", _answer(""), "Unable to parse"),
        ("toy", _answer("<schema/>"), "<schema>"),
        ("toy", _answer(SCHEME.replace('"word"', '"a word"')), "argument name"),
        ("tcp", _answer(SCHEME), "scheme name"),
        ("-toy", _answer(SCHEME), "scheme name"),
    ],
)
def test_a_scheme_that_splunkd_could_not_register_is_refused(
    name: str, answer: subprocess.CompletedProcess[bytes], text: str
) -> None:
    with pytest.raises(SchemeRefused, match=text):
        introspect(name, "TA_toy", _DECLARED, answer)


def test_validation_gives_the_scripts_verdict(apps: Path) -> None:
    app = write_app(apps)

    good = run_validation(sys.executable, app, {"count": "3"})
    bad = run_validation(sys.executable, app, {"count": "<three>"})

    assert (good.returncode, good.stdout) == (0, b"")
    assert (bad.returncode, bad.stdout) == (1, b"<error><message>count is no number: <three></message></error>\n")


def test_a_run_gets_its_document_and_is_returned_whole(apps: Path) -> None:
    app = write_app(apps, "write(document.decode())\nprint('WARN careful', file=sys.stderr)\nsys.exit(3)")

    run = run_input(sys.executable, app, {"count": "1"}, name="a")

    root = ElementTree.fromstring(run.stdout)
    stanza = root.find("configuration/stanza")
    assert stanza is not None
    assert stanza.attrib == {"name": "toy://a", "app": "TA_toy"}
    assert {param.get("name"): param.text for param in stanza} == {"count": "1"}
    assert (run.returncode, run.stderr) == (3, b"WARN careful\n")


def test_a_run_that_does_not_end_is_ended(apps: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_input(sys.executable, write_app(apps), {"count": "1"}, timeout=0.5)


def test_a_document_of_the_callers_own_is_sent_as_it_is(apps: Path) -> None:
    app = write_app(apps, "write(document.decode())")

    assert run_input(sys.executable, app, {}, document=b"<input><odd/></input>").stdout == b"<input><odd/></input>"


def test_a_document_escapes_what_xml_needs(tmp_path: Path) -> None:
    around = Surroundings("h<", "https://127.0.0.1:1", "key&", tmp_path)

    root = ElementTree.fromstring(render_input(around, 'toy://a"<', "TA", {"a&": "<b>", "empty": ""}))

    stanza = root.find("configuration/stanza")
    assert stanza is not None
    assert (root.findtext("server_host"), root.findtext("session_key"), stanza.get("name")) == (
        "h<",
        "key&",
        'toy://a"<',
    )
    assert [(param.get("name"), param.text) for param in stanza] == [("a&", "<b>"), ("empty", None)]


def test_the_environment_is_splunkds_and_not_the_developers(apps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "HTTPS_PROXY", "LANG"):
        monkeypatch.setenv(name, "leaked")
    app = write_app(apps, "write('\\n'.join(sorted(name + '=' + value for name, value in os.environ.items())))")

    clean = run_input(sys.executable, app, {}).stdout.decode()
    leaky = run_input(sys.executable, app, {}, env={"HTTPS_PROXY": "http://proxy"}).stdout.decode()

    assert "leaked" not in clean
    assert f"SPLUNK_HOME={apps.parents[1]}\n" in clean
    assert "HTTPS_PROXY=http://proxy" in leaky
