"""`make real-splunk SPLUNK=10.4`: the scenes of tests/real_splunk against a real Splunk in a container.

Rules: one sentence says what is missing before anything is built. The containers and their volumes end with the run;
splunkd.log stays in build/real-splunk. To run this is to accept Splunk's licence and general terms.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, Optional

from tools import environments, package

COMPOSE = environments.ROOT / "tests" / "real_splunk" / "compose.yaml"
LOGS = environments.ROOT / "build" / "real-splunk"
_START_SECONDS = 900


def missing() -> Optional[str]:
    """What this machine lacks, in one sentence; None if nothing."""
    if shutil.which("docker") is None:
        return "no docker here: make real-splunk needs Docker Engine with its compose plugin"
    if _quiet(["docker", "info"]) != 0:
        return "docker cannot reach its engine: start it (sudo systemctl start docker), or set DOCKER_HOST to one"
    if _quiet(["docker", "compose", "version"]) != 0:
        return "this docker has no compose plugin: install docker-compose-plugin, version 2.24 or later"
    return None


def run(version: str, port: int, options: List[str]) -> int:
    """Start, play the scenes, and end; return pytest's status."""
    archive = package.build(LOGS)
    told = {"SPLUNK": version, "REAL_SPLUNK": version, "REAL_SPLUNK_PORT": str(port)}
    told.update(REAL_SPLUNK_PASSWORD=secrets.token_urlsafe(16), REAL_SPLUNK_PACKAGE=str(archive))
    environment = {**os.environ, **told}
    compose = ["docker", "compose", "--file", str(COMPOSE)]
    up = [*compose, "up", "--build", "--detach", "--wait", "--wait-timeout", str(_START_SECONDS)]
    try:
        if subprocess.run(up, env=environment).returncode != 0:
            subprocess.run([*compose, "logs", "--tail", "50"], env=environment)
            return 1
        pytest = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--timeout", "600", "tests/real_splunk", *options]
        return subprocess.run(pytest, env=environment, cwd=environments.ROOT).returncode
    finally:
        log = [*compose, "cp", "splunk:/opt/splunk/var/log/splunk/splunkd.log", str(LOGS / f"splunkd-{version}.log")]
        subprocess.run(log, env=environment)
        subprocess.run([*compose, "down", "--volumes"], env=environment)


def _quiet(command: List[str]) -> int:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def main() -> None:
    """Say what is missing, or run."""
    parser = argparse.ArgumentParser(description="Play the scenes against a real Splunk.")
    parser.add_argument("version", help="a tag of splunk/splunk, for instance 10.4")
    parser.add_argument("--port", type=int, default=8089, help="where its management port appears on 127.0.0.1")
    parser.add_argument("--ready", action="store_true", help=argparse.SUPPRESS)
    arguments, options = parser.parse_known_args()
    lack = missing()
    if lack is not None:
        raise SystemExit(lack)
    if not arguments.ready:
        version, python = list(environments.interpreters().items())[-1]
        executable = str(environments.for_tests(version, python))
        environments.fill_lib()
        os.execv(executable, [executable, "-m", "tools.real_splunk", "--ready", *sys.argv[1:]])
    Path(LOGS).mkdir(parents=True, exist_ok=True)
    raise SystemExit(run(arguments.version, arguments.port, options))


if __name__ == "__main__":
    main()
