"""The workflows, the issue forms and the kit's compose file: valid by their schemas, and pinned. Nothing is fetched."""

from __future__ import annotations

import json
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
SCHEMAS = {
    "vendor.github-workflows": WORKFLOWS,
    "custom.github-workflows-require-timeout": WORKFLOWS,
    "vendor.github-issue-forms": FORMS,
    "vendor.github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "vendor.compose-spec": [COMPOSE],
}
_PINNED = re.compile(r"\S+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+")
# one process for all: it takes longer to start than to check
_CHECK = """
import json, sys
from check_jsonschema.cli import main
codes = []
for arguments in json.load(sys.stdin):
    try:
        main(arguments)
    except SystemExit as ended:
        codes.append(ended.code)
print(json.dumps(codes), file=sys.stderr)
"""
pytestmark = pytest.mark.package


def complaints(folder: Path) -> str:
    """What zizmor says of the workflows in a folder, without a network; empty where nothing."""
    zizmor = str(environments.for_tool("workflows").with_name("zizmor"))
    command = [zizmor, "--offline", "--quiet", "--persona", "auditor", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_files_are_valid_by_their_schemas_and_a_broken_one_by_none(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("jobs: {one: {steps: 1}}\nbody: 1\nservices: 1\nblank_issues_enabled: 1\n", encoding="utf-8")
    checks = [(schema, each) for schema, files in SCHEMAS.items() for each in (files, [broken])]
    asked = json.dumps([["--builtin-schema", schema, *map(str, files)] for schema, files in checks])
    command = [str(environments.for_tool("workflows")), "-c", _CHECK]
    done = subprocess.run(command, input=asked, capture_output=True, text=True)

    assert all(SCHEMAS.values())
    assert json.loads(done.stderr) == [0, 1] * len(SCHEMAS), done.stdout


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
