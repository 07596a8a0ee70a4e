"""bandit's rules are on in `make check`, and no exception is without its reason."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import environments, suite

PLANTED = {
    "S101": "def check(a: int) -> None:\n    assert a\n",
    "S113": 'import requests\n\nrequests.get("https://a.test")\n',
    "S301": "import pickle\n\npickle.loads(b'')\n",
    "S501": 'import requests\n\nrequests.get("https://a.test", verify=False, timeout=1)\n',
    "S506": 'import yaml\n\nyaml.load("", Loader=yaml.Loader)\n',
    "S602": 'import subprocess\n\nsubprocess.run("ls *", shell=True)\n',
}


def found(text: str, name: str) -> set[str]:
    """What ruff says of a text under a name in this checkout."""
    command = [str(Path(sys.executable).with_name("ruff")), "check", "--output-format", "concise"]
    command += ["--stdin-filename", name, "-"]
    done = subprocess.run(command, cwd=environments.ROOT, input=text, capture_output=True, text=True)
    return set(re.findall(r": (S[0-9]{3}) ", done.stdout))


@pytest.mark.parametrize("rule", sorted(PLANTED))
@pytest.mark.parametrize("folder", suite.CHECKED)
def test_a_planted_hole_is_found(rule: str, folder: str) -> None:
    allowed = folder == "tests" and rule == "S101"

    assert (rule in found(PLANTED[rule], f"{folder}/planted.py")) is not allowed


def test_each_exception_has_its_reason() -> None:
    files = [path for folder in suite.CHECKED for path in (environments.ROOT / folder).rglob("*.py")]
    marked = re.compile(r"# noqa: S[0-9]{3}(?!.* - \w)")
    bare = [str(path) for path in files if path.name != Path(__file__).name and marked.search(path.read_text("utf-8"))]
    settings = (environments.ROOT / "pyproject.toml").read_text("utf-8").split("per-file-ignores]\n")[1].split("\n[")[0]
    ignored = [line for line in settings.splitlines() if line.lstrip().startswith('"S')]

    assert bare == []
    assert len(ignored) > 3
    assert [line for line in ignored if not re.search(r"# \w", line)] == []
