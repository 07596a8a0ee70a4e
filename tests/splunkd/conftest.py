"""Fixtures for the stand-in's own tests: toy add-ons, and stand-ins that end with their test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.splunkd import Splunkd
from tests.splunkd.toy import COUNTING, write_app
from tests.splunkd.toy_pages import CONFS, FILES, Browser

Start = Callable[..., Splunkd]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a stand-in with a toy app: `start(body, confs=..., switches=...)`; it ends with the test."""
    started: list[Splunkd] = []

    def start_one(body: str = COUNTING, **told: Any) -> Splunkd:
        app = {name: told.pop(name) for name in ("confs", "files", "scheme", "validation", "spec") if name in told}
        folder = tmp_path / f"{len(started)}"
        splunkd = Splunkd(folder / "home", write_app(folder, body, **app), **told)
        started.append(splunkd)
        return splunkd.start()

    yield start_one
    for splunkd in started:
        splunkd.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splunkd]:
    """One stand-in for all tests of a file that only ask it over REST."""
    folder = tmp_path_factory.mktemp("shared")
    with Splunkd(folder / "home", write_app(folder)) as splunkd:
        yield splunkd


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splunkd]:
    """One stand-in with splunkweb and a toy's pages for all tests of a file."""
    folder = tmp_path_factory.mktemp("web")
    package = write_app(folder, confs=CONFS, files=FILES)
    with Splunkd(folder / "home", package, web=True, users=[("reader", "pw", "list_inputs,list_settings")]) as started:
        yield started


@pytest.fixture
def browser(site: Splunkd) -> Browser:
    """Logged in as reader."""
    return Browser(site)


@pytest.fixture
def stranger(site: Splunkd) -> Browser:
    """Not logged in."""
    return Browser(site, None)
