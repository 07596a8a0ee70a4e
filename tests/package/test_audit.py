"""`make audit`: an advisory is found by whoever is asked, and who has none to tell was not asked."""

from __future__ import annotations

import json
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Optional

import pytest

from tools import audit
from tools.audit import Package

pytestmark = pytest.mark.package

SHIPPED = {
    "PyPI": [Package("PyPI", "idna", "3.20"), Package("PyPI", "urllib3", "2.6.3")],
    "npm": [Package("npm", "@scope/one", "1.2.3"), Package("npm", "two", "2.0.0-beta.1")],
}


def record(name: str, *events: dict[str, str], ecosystem: str = "PyPI", number: str = "GHSA-1", **more: Any) -> Any:
    ranges = [{"type": "ECOSYSTEM" if ecosystem == "PyPI" else "SEMVER", "events": list(events)}]
    affected = [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges}]
    return {"schema_version": "1.6.0", "id": number, "affected": affected, **more}


REQUESTS = record("requests", {"introduced": "0"}, {"fixed": "2.20.0"}, number="GHSA-x84v", aliases=["CVE-2018-18074"])
LODASH = record("lodash", {"introduced": "0"}, {"fixed": "4.17.11"}, ecosystem="npm", number="GHSA-4xc9")
URLLIB3 = record("urllib3", {"introduced": "2.6.0"}, {"fixed": "2.7.0"}, aliases=["CVE-2026-44432"])
IDNA = record("idna", {"introduced": "0"}, number="PYSEC-9", aliases=["CVE-2027-1"])


class Server(ThreadingHTTPServer):
    """Answers as OSV's query does, by the name of the package alone."""

    known: dict[str, Any]
    status = 200


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = self.server.known.get(asked["package"]["name"])
        body = json.dumps({"vulns": [found]} if found else {}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


@pytest.fixture
def index() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        server.known = {"requests": REQUESTS}
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Package]]:
    named = {ecosystem: list(packages) for ecosystem, packages in SHIPPED.items()}
    monkeypatch.setattr(audit, "shipped", lambda: named)
    return named


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Optional[str]:
    """What the command ends with; nothing where with 0."""
    monkeypatch.setattr(sys, "argv", ["audit", *arguments])
    try:
        audit.main()
    except SystemExit as ended:
        return str(ended.code)
    return None


def asked(monkeypatch: pytest.MonkeyPatch, index: Server) -> Optional[str]:
    return run(monkeypatch, "--osv", f"http://127.0.0.1:{index.server_port}/v1/query")


def read(monkeypatch: pytest.MonkeyPatch, path: Path, *records: Any) -> Optional[str]:
    path.write_text(json.dumps(records), encoding="utf-8")
    return run(monkeypatch, "--advisories", str(path))


def test_an_index_with_data_passes_what_is_accepted_and_says_what_was_not_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], index: Server
) -> None:
    index.known["urllib3"] = URLLIB3

    assert asked(monkeypatch, index) is None
    said = capsys.readouterr().out
    assert "accepted  urllib3 2.6.3: CVE-2026-44432, GHSA-1" in said
    assert "not asked for: the 2 npm packages of the front end" in said


def test_an_index_without_data_was_not_asked(monkeypatch: pytest.MonkeyPatch, index: Server) -> None:
    index.known.clear()

    said = asked(monkeypatch, index) or ""
    assert said.startswith(f"could not ask http://127.0.0.1:{index.server_port}")
    assert "no advisory is known there for requests 2.19.0" in said


def test_an_index_in_trouble_was_not_asked(monkeypatch: pytest.MonkeyPatch, index: Server) -> None:
    index.status = 503

    assert (asked(monkeypatch, index) or "").startswith("could not ask http://127.0.0.1")


def test_planted_requests_are_found(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    index: Server,
    tmp_path: Path,
    shipped: dict[str, list[Package]],
) -> None:
    shipped["PyPI"].append(audit.PROBES["PyPI"])

    assert asked(monkeypatch, index) == read(monkeypatch, tmp_path / "a.json", REQUESTS) == "1 open: see above"
    assert capsys.readouterr().out.count("OPEN  requests 2.19.0: ") == 2


NO_VULNS: dict[str, Any] = {"requests": [], "idna": [], "urllib3": []}
FOUND = {**NO_VULNS, "requests": [{"id": "PYSEC-2018-28", "aliases": ["CVE-2018-18074"]}]}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"dependencies": NO_VULNS}, "could not ask the package index: no advisory is known there for requests 2.19.0"),
        ({"dependencies": FOUND}, None),
        ({"dependencies": {**FOUND, "idna": "not found"}}, "could not ask the package index: idna 3.20: not found"),
        ({"dependencies": {"requests": FOUND["requests"]}}, "could not ask the package index: idna 3.20: no answer"),
        ("a page", "could not ask the package index: pip-audit ended with 1: the last line"),
    ],
    ids=["knows nothing", "knows", "skips one", "leaves some out", "no answer"],
)
def test_what_pip_audit_says_of_the_index_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: Any, said: Optional[str]
) -> None:
    """A stand-in for the program: pip-audit asks for the index's own data at one fixed address only."""
    if isinstance(answer, dict):
        rows = answer["dependencies"].items()
        answer = {
            "dependencies": [
                {"name": name, "skip_reason" if isinstance(row, str) else "vulns": row} for name, row in rows
            ]
        }
    script = tmp_path / "pip_audit.py"
    script.write_text(
        f"import sys\nprint({json.dumps(answer)!r} if {answer!r} != 'a page' else 'a page')\n"
        "print('a line\\nthe last line', file=sys.stderr)\nsys.exit(1)\n"
    )
    monkeypatch.setattr(audit, "pip_audit", lambda: [sys.executable, str(script)])

    ended = run(monkeypatch)
    assert ended is None if said is None else (ended or "").startswith(said)


def test_a_file_is_asked_for_the_front_end_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    hole = record("@scope/one", {"introduced": "1.0.0"}, {"fixed": "1.2.4"}, ecosystem="npm")

    assert read(monkeypatch, tmp_path / "a.json", REQUESTS, LODASH) is None
    assert "not asked for" not in capsys.readouterr().out
    assert read(monkeypatch, tmp_path / "a.json", REQUESTS, LODASH, hole) == "1 open: see above"
    assert "OPEN  @scope/one 1.2.3: GHSA-1" in capsys.readouterr().out
    assert read(monkeypatch, tmp_path / "a.json", REQUESTS, hole) == "1 open: see above"
    assert "not asked for: the 2 npm packages of the front end" in capsys.readouterr().out


def test_a_zip_of_records_and_an_answer_with_several_are_files_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "PyPI.zip", "w") as archive:
        archive.writestr("GHSA-x84v.json", json.dumps(REQUESTS))
    (tmp_path / "more.json").write_text(json.dumps({"vulns": [LODASH, IDNA]}))

    assert run(monkeypatch, "--advisories", str(tmp_path / "PyPI.zip")) is None
    both = ["--advisories", str(tmp_path / "PyPI.zip"), str(tmp_path / "more.json")]
    assert run(monkeypatch, *both) == "1 open: see above"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "no advisory is known there for requests 2.19.0"),
        ("{}", "it holds something that is no OSV record"),
        ("<html>", "Expecting value"),
        (json.dumps([REQUESTS, record("idna", {"introduced": "x.y"})]), "GHSA-1 cannot be compared with idna 3.20"),
    ],
    ids=["empty", "no records", "a page", "no version"],
)
def test_a_file_that_says_nothing_was_not_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "a.json").write_text(text)

    said = run(monkeypatch, "--advisories", str(tmp_path / "a.json")) or ""
    assert said.startswith(f"could not ask {tmp_path / 'a.json'}: ") and reason in said


AFFECTED = [
    ("idna", "PyPI", [{"introduced": "0"}], True),
    ("IDNA", "PyPI", [{"introduced": "0"}, {"fixed": "3.20"}], False),
    ("IDNA", "PyPI", [{"introduced": "0"}, {"fixed": "3.20.1"}], True),
    ("idna", "PyPI", [{"introduced": "3.3"}, {"last_affected": "3.20"}], True),
    ("idna", "PyPI", [{"introduced": "3.3"}, {"last_affected": "3.9"}], False),
    ("idna", "PyPI", [{"introduced": "3.21"}], False),
    ("idna", "PyPI", [{"fixed": "1"}, {"introduced": "0"}, {"introduced": "3.4"}, {"fixed": "4"}], True),
    ("idna", "npm", [{"introduced": "0"}], False),
    ("two", "npm", [{"introduced": "0"}, {"fixed": "2.0.0-beta.2"}], True),
    ("two", "npm", [{"introduced": "2.0.0"}], False),
    ("two", "PyPI", [{"introduced": "0"}], False),
]


def test_a_range_is_read_as_the_format_has_it(tmp_path: Path) -> None:
    packages = [*SHIPPED["PyPI"], *SHIPPED["npm"]]
    records = [
        record(name, *events, ecosystem=ecosystem, number=f"row {number}")
        for number, (name, ecosystem, events, _) in enumerate(AFFECTED)
    ]
    package = {"ecosystem": "npm", "name": "two"}
    named = {"id": "by its version", "affected": [{"package": package, "versions": ["2.0.0-beta.1"]}]}
    withdrawn = {**record("idna", {"introduced": "0"}, number="withdrawn"), "withdrawn": "2026-01-01T00:00:00Z"}
    (tmp_path / "a.json").write_text(json.dumps([*records, named, withdrawn]))

    found = [ids[0] for _, ids in audit.of_files(packages, [tmp_path / "a.json"])]
    wanted = [f"row {number}" for number, (*_, affected) in enumerate(AFFECTED) if affected]
    assert sorted(found) == sorted([*wanted, "by its version"])
