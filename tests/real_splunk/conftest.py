"""The one instance of a run: a real Splunk where `make real-splunk` has started one, else the stand-in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.real_splunk.container import Container
from tests.real_splunk.instance import Instance
from tests.real_splunk.reading import save_account
from tests.real_splunk.stand_in import StandIn


@pytest.fixture(scope="session")
def instance(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A Splunk with the package and an account `prod` of the emulated tenant."""
    version = os.environ.get("REAL_SPLUNK")
    if version:
        container = Container(version)
        save_account(container)
        yield container
        return
    with closing(StandIn(tmp_path_factory.mktemp("scenes"), package, sys.executable)) as stand_in:
        save_account(stand_in)
        yield stand_in
