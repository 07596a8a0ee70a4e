"""The house keeps its rules: who may import whom, what files are called, how long they get. Each rule has a control."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / "bin"
OURS = "falcon_streams"
# What core must not touch: clocks, threads, sockets, files, loggers, shared randomness.
IMPURE = {"time", "threading", "socket", "ssl", "os", "io", "pathlib", "logging", "random", "queue", "subprocess"}
# Nine rooms; what lies on the landing before them imports nothing of ours unless it is named here.
ROOMS = {
    "core": {"core", "errors"},
    "falcon": {"core", "errors", "ports", "trust", "bounded", "falcon", ""},
    "splunk": {"core", "errors", "ports", "trust", "splunk"},
    "store": {"core", "errors", "ports", "trust", "splunk", "store"},
    "run": {"core", "errors", "ports", "run"},
    "pages": {"core", "errors", "ports", "splunk", "store", "pages"},
    "doctor": {"core", "errors", "ports", "falcon", "splunk", "store", "doctor", ""},
    "takeover": {"core", "errors", "ports", "splunk", "store", "pages", "takeover"},
    "command": {"core", "errors", "splunk", "doctor", "command"},
    "ports": {"core", "errors"},
    "trust": {"bounded", "errors"},
}
# The front door and the three composition roots wire the rooms together, so they import from each.
ROOTS = {
    "falcon_streams.app",
    "falcon_streams.run.composition",
    "falcon_streams.pages.endpoints",
    "falcon_streams.doctor.composition",
}
FOREIGN = {
    "requests": {"falcon"},
    "urllib3": {"falcon"},
    "certifi": {"trust"},
    "splunklib": {"splunk", "store", "pages", "command"},
    "jsonschema": {"splunk"},
}
# Where files are locked and pipes watched, Windows has another way or none.
LOCKERS = ("falcon_streams.splunk.pipe", "falcon_streams.splunk.process_lock")
VAGUE = {"util", "utils", "common", "helper", "helpers", "manager", "managers", "handler", "handlers", "base", "types"}


def imports(source: str) -> Iterator[str]:
    """Every module that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str:
    """The room, or the module on the landing, of a dotted name of ours; empty for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and not parts[1].startswith("__") else ""


def breaches(name: str, source: str) -> Iterator[str]:
    """What a module of ours imports against the rules."""
    room = room_of(name)
    for imported in imports(source):
        top = imported.split(".")[0]
        if top == OURS:
            if name not in ROOTS and room_of(imported) not in ROOMS.get(room, set()):
                yield f"{name} imports {imported}"
        elif (
            room not in FOREIGN.get(top, {room})
            or (room == "core" and top in IMPURE)
            or (top in ("fcntl", "termios") and name not in LOCKERS)
        ):
            yield f"{name} imports {top}"


def modules() -> Iterator[tuple[str, str]]:
    for path in sorted((BIN / OURS).rglob("*.py")):
        parts = path.relative_to(BIN).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path.read_text(encoding="utf-8")


def test_every_module_imports_only_what_its_room_may() -> None:
    assert [breach for name, source in modules() for breach in breaches(name, source)] == []


@pytest.mark.parametrize(
    "name, source",
    [
        ("falcon_streams.core.session", "import time"),
        ("falcon_streams.core.session", "from falcon_streams.ports import Clock"),
        ("falcon_streams.falcon.feed", "from falcon_streams.splunk.sink import PipeSink"),
        ("falcon_streams.splunk.sink", "import requests"),
        ("falcon_streams.splunk.accounts", "from falcon_streams.store.kvstore import KvStore"),
        ("falcon_streams.store.files", "from falcon_streams.run.commits import Commits"),
        ("falcon_streams.pages.rest", "from falcon_streams.run.supervisor import Supervisor"),
        ("falcon_streams.pages.rest", "from falcon_streams.takeover.plan import Plan"),
        ("falcon_streams.errors", "from falcon_streams.core.text import tidy"),
        ("falcon_streams.run.reader", "from falcon_streams.splunk.sink import PipeSink"),
        ("falcon_streams.splunk.sink", "def f():\n    import fcntl"),
        ("falcon_streams.run.supervisor", "import splunklib.client"),
        ("falcon_streams.doctor.client", "from falcon_streams.run.commits import Commits"),
        ("falcon_streams.falcon.feed", "from falcon_streams.doctor.finding import Said"),
    ],
)
def test_a_planted_import_is_found(name: str, source: str) -> None:
    assert list(breaches(name, source))


def test_the_stand_ins_import_nothing_of_ours() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for folder in ("emulator", "splunkd", "searchtime", "pcre")
        for path in sorted((ROOT / "tests" / folder).rglob("*.py"))
        for name in imports(path.read_text(encoding="utf-8"))
        if name.split(".")[0] in (OURS, "tools") or name.startswith("tests.integration")
    ]

    assert found == []


def test_files_are_nouns_and_stay_short() -> None:
    files = [path for folder in ("bin", "tools", "tests") for path in (ROOT / folder).rglob("*.py")]

    assert [path for path in files if path.stem in VAGUE] == []
    product = [path for path in files if BIN in path.parents]
    assert {path.name: lines for path in product if (lines := path.read_text().count("\n")) > 400} == {}


def test_every_module_opens_with_what_it_is_for() -> None:
    assert [name for name, source in modules() if not ast.get_docstring(ast.parse(source))] == []


_VERIFYING = ("verify", "check_hostname", "verify_mode", "cert_reqs", "assert_hostname")


def trusting(source: str) -> Iterator[str]:
    """Where a source makes a context of TLS."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("ssl.SSLContext", "ssl.create_default_context"):
            yield ast.unparse(node)


def unverified(source: str) -> Iterator[str]:
    """Where a source could switch off the verification of TLS."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.keyword) and node.arg == "verify" and not _is_true(node.value):
            yield f"verify={ast.unparse(node.value)}"
        if isinstance(node, ast.Attribute) and node.attr in (
            "CERT_NONE",
            "CERT_OPTIONAL",
            "_create_unverified_context",
        ):
            yield node.attr
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                demanded = isinstance(node.value, ast.Constant) and node.value.value == "CERT_REQUIRED"
                if isinstance(target, ast.Attribute) and target.attr in _VERIFYING and not demanded:
                    yield ast.unparse(node)


def _is_true(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def test_tls_is_verified_everywhere_but_on_splunkds_own_machine() -> None:
    found = [(name, fault) for name, source in modules() for fault in unverified(source)]

    # `make_local`, for an address of this very machine only: decision record 0002
    assert found == [
        ("falcon_streams.trust", "trust.check_hostname = False"),
        ("falcon_streams.trust", "trust.verify_mode = ssl.CERT_NONE"),
        ("falcon_streams.trust", "CERT_NONE"),
    ]
    lines = [(name, line.strip()) for name, source in modules() for line in source.splitlines()]
    users = [(name, line) for name, line in lines if "make_local()" in line and not line.startswith("def ")]
    assert users == [("falcon_streams.splunk.splunkd", "self._trust = make_local() if local else make_trust()")]


@pytest.mark.parametrize(
    "source",
    [
        "session.get(url, verify=False)",
        "session.verify = False",
        "context.check_hostname = False",
        "pool.cert_reqs = None",
        "context.verify_mode = ssl.CERT_NONE",
        "ssl._create_unverified_context()",
    ],
)
def test_a_planted_hole_in_tls_is_found(source: str) -> None:
    assert list(unverified(source))


def test_one_function_makes_every_context_of_tls() -> None:
    made = [(name, call) for name, source in modules() for call in trusting(source)]

    assert made == [("falcon_streams.trust", "ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)")]


def test_a_planted_context_is_found() -> None:
    assert list(trusting("trust = ssl.create_default_context()"))


def lambdas_that_set_events(source: str) -> list[str]:
    """The signal handlers of a source that call `set` themselves."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "signal.signal"
        for call in ast.walk(node.args[1])
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "set"
    ]


def test_no_signal_handler_waits_for_the_lock_of_the_wait_that_it_interrupts() -> None:
    """`Event.wait` holds a lock for a moment, and `Event.set` takes it: in a handler, that is a deadlock."""
    sources = [*BIN.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    assert {str(path): found for path in sources if (found := lambdas_that_set_events(path.read_text()))} == {}


def test_a_planted_handler_that_sets_an_event_is_found() -> None:
    assert lambdas_that_set_events("signal.signal(signal.SIGTERM, lambda *_: stop.set())")
