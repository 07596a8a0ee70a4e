"""What an input with many tenants asks of its process."""

from __future__ import annotations

import subprocess
import sys
import threading
from queue import SimpleQueue

import pytest

from falcon_streams.run.process import FILES_OF_A_TENANT, Crew, doubt_about_descriptors


@pytest.mark.parametrize(("limit", "tenants"), [(1024, 204), (4096, 819), (4999, 999), (5000, None), (None, None)])
def test_too_few_open_files_are_told_with_how_many_tenants_they_are_enough_for(
    limit: int | None, tenants: int | None
) -> None:
    said = doubt_about_descriptors(limit)

    assert (f"enough for about {tenants:,} tenants" in said) if tenants else said == ""
    assert tenants is None or limit is None or tenants == limit // FILES_OF_A_TENANT


def told_by_a_process(code: str) -> list[str]:
    """What a Python of its own prints: limits and thresholds are those of a whole process."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_process_takes_all_that_the_system_allows() -> None:
    code = (
        "import resource, sys; sys.path.insert(0, 'bin')\n"
        "from falcon_streams.run.process import widen_descriptors\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, 300))\n"
        "print(widen_descriptors(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    assert told_by_a_process(code) == ["300", "300"]


def test_all_objects_are_looked_through_a_hundredth_as_often_and_new_ones_as_ever() -> None:
    code = (
        "import gc, sys; sys.path.insert(0, 'bin')\n"
        "from falcon_streams.run.process import collect_rarely\n"
        "before = gc.get_threshold(); collect_rarely()\n"
        "print(gc.get_threshold()[:2] == before[:2], gc.get_threshold()[2] == 100 * before[2])"
    )
    assert told_by_a_process(code) == ["True", "True"]


def test_a_crew_runs_no_more_at_once_than_it_has_threads_and_everything_in_the_end() -> None:
    crew, done, gate = Crew(2), SimpleQueue[int](), threading.Event()
    running = SimpleQueue[int]()

    def work(number: int) -> None:
        running.put(number)
        gate.wait(30)
        done.put(number)

    for number in range(5):
        crew.start(str(number), lambda number=number: work(number))  # type: ignore[misc]
    assert sorted(running.get(timeout=30) for _ in range(2)) == [0, 1]
    assert running.empty()
    gate.set()
    assert sorted(done.get(timeout=30) for _ in range(5)) == [0, 1, 2, 3, 4]
