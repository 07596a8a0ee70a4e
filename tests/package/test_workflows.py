"""The workflows, the issue forms and the kit's compose file: valid by their schemas, and pinned. Nothing is fetched."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tools import environments
from tools.package import ROOT, SHIPPED

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
COMPOSE = ROOT / "tests" / "real_splunk" / "compose.yaml"
FORMS = [path for path in sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")) if path.name != "config.yml"]
SCHEMAS = [
    ("vendor.github-workflows", WORKFLOWS),
    ("custom.github-workflows-require-timeout", WORKFLOWS),
    ("vendor.github-issue-forms", FORMS),
    ("vendor.github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
    ("vendor.compose-spec", [COMPOSE]),
]
_PINNED = re.compile(r"\S+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+")
pytestmark = pytest.mark.package


def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of the tools of the environment `workflows`."""
    command = [str(environments.for_tool("workflows").with_name(tool)), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def complaints(folder: Path) -> str:
    """What zizmor says of the workflows in a folder, without a network; empty where nothing."""
    done = run("zizmor", "--offline", "--quiet", "--persona", "auditor", str(folder))
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(("schema", "files"), SCHEMAS, ids=[schema for schema, _ in SCHEMAS])
def test_a_file_is_valid_by_its_schema(schema: str, files: list[Path], tmp_path: Path) -> None:
    assert files
    done = run("check-jsonschema", "--builtin-schema", schema, *map(str, files))
    assert done.returncode == 0, done.stdout
    broken = tmp_path / "broken.yml"
    broken.write_text("jobs: {one: {steps: 1}}\nbody: 1\nservices: 1\nblank_issues_enabled: 1\n", encoding="utf-8")
    assert run("check-jsonschema", "--builtin-schema", schema, str(broken)).returncode != 0


def test_zizmor_finds_nothing_in_the_workflows_and_a_planted_hole(tmp_path: Path) -> None:
    assert complaints(GITHUB) == ""
    workflow = tmp_path / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    text = (GITHUB / "workflows" / "ci.yml").read_text(encoding="utf-8")
    workflow.write_text(text.replace("run: .ci/run", "run: echo ${{ github.head_ref }}"), encoding="utf-8")
    assert "template-injection" in complaints(tmp_path)


def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it() -> None:
    used = [line.split("uses: ")[1] for path in WORKFLOWS for line in path.read_text().splitlines() if "uses: " in line]
    assert used
    assert [each for each in used if not _PINNED.fullmatch(each)] == []
    assert not _PINNED.fullmatch("actions/checkout@v7")


def test_nothing_of_it_ships() -> None:
    assert not {".github", "SECURITY.md", "tests"} & set(SHIPPED)
