"""Scenes that end with their test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Callable

import pytest

from tests.integration.scene import Scene
from tests.integration.trap import Trap

Stage = Callable[..., Scene]


@pytest.fixture
def stage(tmp_path: Path, package: Path) -> Iterator[Stage]:
    """Set a scene: `stage(partitions=2, preload=100)`; options are the emulator's and the scene's."""
    with ExitStack() as scenes:
        yield lambda **options: scenes.enter_context(Scene(tmp_path, package, **options))


@pytest.fixture
def trap() -> Iterator[Trap]:
    """A port of a stranger's that counts who comes there."""
    made = Trap()
    yield made
    made.close()
