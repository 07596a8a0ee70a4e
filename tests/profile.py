"""How many examples the model and the fuzzers try: few and always the same in `make test`, more in `make fuzz`.

Hypothesis also draws from the constants of every local module that is loaded, so a changed number anywhere would give
all tests other examples. In `make test` it does not.

`FUZZ` in the environment is how many times as many; then the seed is the one that `make fuzz` prints.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

TIMES = int(os.environ.get("FUZZ", "1"))
if TIMES == 1:
    providers._get_local_constants = lambda: providers._local_constants  # of no module


def trying(few: int, steps: int = 50) -> settings:
    """The settings of a test that tries so few examples in `make test`; `steps` of a state machine's rules each."""
    return settings(
        max_examples=few * TIMES,
        stateful_step_count=steps,
        deadline=None,
        derandomize=TIMES == 1,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
