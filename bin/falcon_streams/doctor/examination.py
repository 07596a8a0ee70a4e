"""An examination: asks one check after the other, and says of each what came of it.

Rules: a check that needs a former one is made only if that one is ok. Each has a limit, and so has the whole: what does
not answer in time is not checked, and the next is asked. A check that fails by a fault of ours says its kind and place,
never its text, which could hold a secret.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import Callable, Dict, Iterator, NamedTuple, Tuple

from falcon_streams.doctor.finding import OK, Finding, Outcome, Said
from falcon_streams.errors import Retryable, StreamsError
from falcon_streams.ports import Clock
from falcon_streams.splunk.logs import place_of

CHECK_SECONDS = 12.0  # longer than the limit of one call, so that the call's own sentence comes first

Key = Tuple[str, str]
StartThread = Callable[[str, Callable[[], None]], None]


class Check(NamedTuple):
    """One check: its name, what it is about, the checks that must be ok before it, and the question. `what` says which
    right the caller lacks if splunkd answers 403."""

    name: str
    about: str
    after: Tuple[Key, ...]
    ask: Callable[[], Outcome]
    what: str = ""

    @property
    def key(self) -> Key:
        """What other checks call it."""
        return self.name, self.about


class Examination:
    """Asks checks, and remembers what came of each."""

    def __init__(
        self, clock: Clock, start_thread: StartThread, seconds: float, check_seconds: float = CHECK_SECONDS
    ) -> None:
        """`seconds` bound the whole, `check_seconds` each check."""
        self._clock = clock
        self._start_thread = start_thread
        self._ends = clock.monotonic() + seconds
        self._check_seconds = check_seconds
        self._verdicts: Dict[Key, str] = {}

    def findings(self, checks: Iterator[Check], begin: Callable[[Check], None]) -> Iterator[Finding]:
        """Ask each check, one at a time. `begin` hears of it before the question."""
        for check in checks:
            missing = next((key for key in check.after if self._verdicts.get(key) != OK), None)
            if missing is not None:
                outcome = Said.AFTER.about(check=missing[0])
            else:
                begin(check)
                outcome = self._ask(check)
            self._verdicts[check.key] = outcome.said.verdict
            yield Finding(check.name, check.about, outcome.said, outcome.sentence)

    def _ask(self, check: Check) -> Outcome:
        seconds = min(self._check_seconds, self._ends - self._clock.monotonic())
        if seconds <= 0.0:
            return Said.TIME_UP.about()
        answers: SimpleQueue[Outcome] = SimpleQueue()
        self._start_thread("doctor", lambda: answers.put(_outcome(check)))
        return self._clock.take(answers, seconds) or Said.LATE.about(seconds=f"{seconds:.0f}")


def _outcome(check: Check) -> Outcome:
    try:
        return check.ask()
    except Retryable as error:
        if error.status == 403:
            return Said.NOT_ALLOWED.about(what=check.what)
        return Said.UNANSWERED.about(sentence=error)
    except StreamsError as error:
        return Said.UNANSWERED.about(sentence=error)
    except Exception as error:  # a fault of ours must not end the examination
        found = place_of(error)
        return Said.FAILED.about(kind=found["exception"], place=found["at"])
