"""How a modular input's script is run: command, environment, and each of its three invocations once, to its end.

Rules (Splunk platform reference 1.1, 1.6): the script is `bin/<scheme>.py` under the interpreter; `--scheme` gets
nothing on stdin, `--validate-arguments` gets `<items>`, a run gets `<input>`. The environment is splunkd's, not the
developer's: SPLUNK_HOME and the library path of Splunk's own OpenSSL, no PYTHONPATH, no virtual environment, no
locale, and whatever splunk-launch.conf leaks in (`extra`).

These functions need no server; `Surroundings` and settings are the caller's.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.splunkd.inputs.documents import Surroundings, render_input, render_items

# As long as splunkd waits for a validation (Splunk platform reference 1.6).
_PATIENCE = 30.0

_NOWHERE = Surroundings("localhost", "https://127.0.0.1:1", "no-session", Path("/nonexistent"))
_INHERITED = ("HOME", "TMPDIR", "TZ", "SYSTEMROOT")


def command(python: str, app_dir: Path, scheme: str) -> list[str]:
    return [python, str(app_dir / "bin" / f"{scheme}.py")]


def by_shell(script: list[str]) -> list[str]:
    """The same command as splunkd starts it where `start_by_shell` is true, the default on Unix (inputs.conf.spec)."""
    return ["/bin/sh", "-c", shlex.join(script)]


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that a script sees."""
    variables = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    variables.update(
        PATH=f"{home}/bin:/usr/local/bin:/usr/bin:/bin",
        SPLUNK_HOME=str(home),
        SPLUNK_DB=str(home / "var" / "lib" / "splunk"),
        SPLUNK_SERVER_NAME="Splunkd",
        LD_LIBRARY_PATH=str(home / "lib"),
        PYTHONHTTPSVERIFY="0",
    )
    variables.update(extra or {})
    return variables


def only_scheme(app_dir: Path) -> str:
    """The scheme of an app that has exactly one: the one script in bin/ whose stanza is in its inputs.conf.spec."""
    spec = app_dir / "README" / "inputs.conf.spec"
    text = spec.read_text(encoding="utf-8") if spec.exists() else ""
    schemes = [path.stem for path in sorted((app_dir / "bin").glob("*.py")) if f"[{path.stem}://" in text]
    if len(schemes) != 1:
        raise ValueError(f"{app_dir} offers the schemes {schemes}, not one: name it")
    return schemes[0]


def run_scheme(
    python: str,
    app_dir: Path,
    *,
    scheme: str | None = None,
    home: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = _PATIENCE,
) -> subprocess.CompletedProcess[bytes]:
    """`--scheme`, with nothing on stdin."""
    return _run(python, app_dir, scheme, ["--scheme"], b"", home, env, timeout)


def run_validation(
    python: str,
    app_dir: Path,
    settings: Mapping[str, str],
    *,
    name: str = "toy",
    around: Surroundings = _NOWHERE,
    document: bytes | None = None,
    scheme: str | None = None,
    home: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = _PATIENCE,
) -> subprocess.CompletedProcess[bytes]:
    """`--validate-arguments` with one item; `document` replaces the whole XML."""
    stdin = render_items(around, name, settings) if document is None else document
    return _run(python, app_dir, scheme, ["--validate-arguments"], stdin, home, env, timeout)


def run_input(
    python: str,
    app_dir: Path,
    settings: Mapping[str, str],
    *,
    name: str = "toy",
    around: Surroundings = _NOWHERE,
    document: bytes | None = None,
    scheme: str | None = None,
    home: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = _PATIENCE,
) -> subprocess.CompletedProcess[bytes]:
    """A run to its own end; raises subprocess.TimeoutExpired where it does not end. `name` is without the scheme."""
    scheme = scheme or only_scheme(app_dir)
    if document is None:
        document = render_input(around, f"{scheme}://{name}", app_dir.name, settings)
    return _run(python, app_dir, scheme, [], document, home, env, timeout)


def _run(
    python: str,
    app_dir: Path,
    scheme: str | None,
    arguments: list[str],
    stdin: bytes,
    home: Path | None,
    env: Mapping[str, str] | None,
    timeout: float,
) -> subprocess.CompletedProcess[bytes]:
    # An installed app lies in <home>/etc/apps/<app>.
    return subprocess.run(
        command(python, app_dir, scheme or only_scheme(app_dir)) + arguments,
        input=stdin,
        capture_output=True,
        env=environment(home or app_dir.resolve().parents[2], env),
        cwd="/",
        timeout=timeout,
        check=False,
    )
