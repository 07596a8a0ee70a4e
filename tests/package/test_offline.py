"""After one `make fetch` the package is built on a machine without a network, from the cache, to the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import environments
from tools import package as builder

pytestmark = [pytest.mark.package, pytest.mark.slow, pytest.mark.timeout(300)]
NO_NETWORK = ["unshare", "--map-root-user", "--net"]


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=builder.ROOT, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What git tracks: no environment, no library, nothing built."""
    target = tmp_path / "checkout"
    for name in git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (builder.ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(builder.ROOT / name, target / name)
    return target


def build(checkout: Path) -> subprocess.CompletedProcess[str]:
    """The build without a network: in a namespace of its own where the machine gives one to this user, and with an
    index for pip that nobody serves, instead of the settings of this machine."""
    alone = NO_NETWORK if subprocess.run([*NO_NETWORK, "true"], capture_output=True).returncode == 0 else []
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    # the commit's time is in the package, and the copy has no history of its own
    kept |= {"GIT_DIR": git("rev-parse", "--absolute-git-dir").strip(), "GIT_WORK_TREE": str(checkout)}
    kept |= {"HOME": str(checkout.parent), "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9"}
    # the Python that the cache's wheels are for
    command = [*alone, environments.tools_python(), "-m", "tools.package", "--to", str(checkout / "dist")]
    return subprocess.run(command, cwd=checkout, env=kept, capture_output=True, text=True)


def test_it_is_built_from_the_cache_alone_to_the_same_bytes(package: Path, checkout: Path) -> None:
    builder.fetch()
    shutil.copytree(builder.ROOT / ".cache", checkout / ".cache")
    done = build(checkout)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (checkout / "dist" / package.name).read_bytes() == package.read_bytes()
    assert sorted(path.name for path in (checkout / ".venv").iterdir()) == ["ucc"]


def test_without_the_cache_it_says_what_it_cannot_reach(checkout: Path) -> None:
    fetch = environments.for_tool("fetch").parents[1]  # what would fetch is there already
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "fetch").symlink_to(fetch)
    done = build(checkout)

    assert done.returncode != 0
    assert "the package index cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
