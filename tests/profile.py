"""How many examples the model and the fuzzers try: few and always the same in `make test`, more in `make fuzz`.

`FUZZ` in the environment is how many times as many; then the seed is the one that `make fuzz` prints.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("FUZZ", "1"))


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
