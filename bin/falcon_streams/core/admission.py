"""Holds the first lines of a feed until it is clear what they are, then lets them on from the right place.

Theory. Three questions are answered before a line is delivered. *Is this a feed at all?* A proxy's page or an error
text can come with status 200. So leading lines without an offset wait for the first heartbeat or event; if the answer
ends before that, none of them was an event. The blank lines of a page or of plain text are not heartbeats. *Is it the
stream we know?* `Resume` judges the first event that has an offset. After a change of account, an unknown customer is
foreign only when a whole window of events shows no known one. *What came before?* A feed that is opened again repeats
the lines without an offset that followed the last event; they are recognised by their bytes.

Rules: pure; times are monotonic seconds. Bytes and time limit what is held, because heartbeats are usual but not
guaranteed (reference 3.3); at the limit, the lines are let on, or judged, as they are. Lines still held when a feed
ends were not delivered, and come again.
"""

from __future__ import annotations

from collections import deque
from typing import List, NamedTuple, Optional, Sequence

from falcon_streams.core.envelope import Event, read_event
from falcon_streams.core.identity import fingerprint
from falcon_streams.core.resume import Resume, Verdict

HELD_BYTES = 64 * 1024
HELD_SECONDS = 60.0
WINDOW_EVENTS = 200
_BEFORE_TEXT = b"\xef\xbb\xbf \t\r\n"
WINDOW_BYTES = 8 * 1024 * 1024


class Admitted(NamedTuple):
    """What goes on now: the lines to deliver and, once per feed, the verdict with the event that was judged. `too_old`
    counts events dropped because they are older than the start; `is_page` says that the held lines are not a feed."""

    lines: List[bytes]
    verdict: Optional[Verdict] = None
    event: Optional[Event] = None
    too_old: int = 0
    is_page: bool = False


class Admission:
    """Judges the beginning of one feed."""

    def __init__(self, resume: Resume, repeats: Sequence[str], at: float) -> None:
        """`repeats` are the fingerprints of the lines without an offset that were delivered since the last event."""
        self.resume = resume
        self.verdict: Optional[Verdict] = None
        self._repeats = deque(repeats)
        self._since = at
        self._is_feed = False
        self._held: List[bytes] = []
        self._bytes = 0
        self._first: Optional[Event] = None
        self._place = 0
        self._knows_customer = False

    @property
    def is_over(self) -> bool:
        """Whether all further lines may pass without a look."""
        return self.verdict is not None and not self._repeats

    @property
    def is_feed(self) -> bool:
        """Whether a heartbeat or an event with an offset has shown that this is a feed."""
        return self._is_feed or self._first is not None

    @property
    def _looks_like_a_page(self) -> bool:
        return bool(self._held) and self._held[0].lstrip(_BEFORE_TEXT).startswith(b"<")

    @property
    def _holds_only_text(self) -> bool:
        return bool(self._held) and not any(b"{" in line for line in self._held)

    @property
    def held(self) -> Sequence[bytes]:
        """The lines that wait to be judged."""
        return self._held

    def push(self, lines: Sequence[bytes], heartbeat: bool, at: float) -> Admitted:
        """Look at the next lines; `heartbeat` says whether a heartbeat came with them."""
        if self.verdict is not None:
            return Admitted(self._without_repeats(lines))
        if not self._held:
            self._since = at
        too_old = self._look_for_first(lines) if self._first is None else self._look_for_customer(lines)
        self._is_feed = self._is_feed or (heartbeat and not self._looks_like_a_page and not self._holds_only_text)
        admitted = self._decide(at)
        return admitted._replace(too_old=too_old)

    # -- looking ---------------------------------------------------------------------------------------------------

    def _look_for_first(self, lines: Sequence[bytes]) -> int:
        """Find the first event to judge; return how many before it are too old."""
        too_old = 0
        for index, line in enumerate(lines):
            event = read_event(line)
            if event.offset is None:
                self._hold([line])
                continue
            verdict = self.resume.judge(event)
            if verdict is Verdict.TOO_OLD:
                self._is_feed = True
                too_old += 1
                continue
            self._first, self._place = event, len(self._held)
            self._knows_customer = verdict is not Verdict.FOREIGN
            self._hold([line])
            return too_old + self._look_for_customer(lines[index + 1 :])
        return too_old

    def _look_for_customer(self, lines: Sequence[bytes]) -> int:
        customers = self.resume.customers or ()
        self._knows_customer = self._knows_customer or any(read_event(line).customer in customers for line in lines)
        self._hold(lines)
        return 0

    def _hold(self, lines: Sequence[bytes]) -> None:
        self._held += lines
        self._bytes += sum(map(len, lines))

    # -- deciding --------------------------------------------------------------------------------------------------

    def _decide(self, at: float) -> Admitted:
        waited = at - self._since >= HELD_SECONDS
        if self._first is None:
            if not (self._is_feed or waited or self._bytes >= HELD_BYTES):
                return Admitted([])
            is_page = not self._is_feed and self._looks_like_a_page
            return Admitted([], is_page=True) if is_page else Admitted(self._let_go_unplaced())
        full = len(self._held) - self._place >= WINDOW_EVENTS or self._bytes >= WINDOW_BYTES
        if self._knows_customer:
            return self._judged(self.resume._replace(customers=None).judge(self._first), self._first)
        if waited or full:
            return self._judged(Verdict.FOREIGN, self._first)
        return Admitted([])

    def _judged(self, verdict: Verdict, first: Event) -> Admitted:
        self.verdict = verdict
        before, after = self._held[: self._place], self._held[self._place :]
        if verdict is Verdict.KNOWN:
            after = self._without_repeats(after[1:])
        else:
            self._repeats.clear()
        self._held = []
        return Admitted(before + after, verdict, first)

    def _let_go_unplaced(self) -> List[bytes]:
        lines, self._held, self._bytes = self._held, [], 0
        # While no event is known, the lines delivered in this run are the start of the stream.
        return self._without_repeats(lines) if self.resume.identity is None else lines

    def _without_repeats(self, lines: Sequence[bytes]) -> List[bytes]:
        for index, line in enumerate(lines):
            if not self._repeats or fingerprint(line) != self._repeats[0]:
                self._repeats.clear()
                return list(lines[index:])
            self._repeats.popleft()
        return []
