"""One partition's reader: feed -> lines -> events -> sink -> progress, by plain calls.

Theory. `open` opens the feed, and each `step` reads once and delivers what was there. `run` does both in a thread of
its own and waits for each read. A feed that need not wait can also be stepped by a loop that reads many
(`run/feed_loop.py`).

Rules: one thread at a time steps a reader. A batch is what the feed has right now, so no event waits for others, and
splunkd's pipe is the only queue. There is one exception: when small batches come faster than one a millisecond, a
reader with a thread of its own waits half a millisecond so that the next one can grow, if one read then returns all
that has arrived. Before anything is written, the first placed event of each feed is compared with what was asked for. A
bad line is delivered and counted. Whatever ends the feed, its connection is closed before the supervisor hears of it,
because a new feed of this partition may open right after. If the partition has a finish (`core/finish.py`), the reader
ends the feed there.
"""

from __future__ import annotations

import logging
from typing import Callable, List, Optional

from falcon_streams.core.admission import Admission
from falcon_streams.core.batch import Batch, read_batch
from falcon_streams.core.discovery import Stream
from falcon_streams.core.envelope import Event, read_tail
from falcon_streams.core.finish import QUIET_SECONDS, Finish
from falcon_streams.core.framing import Framer
from falcon_streams.core.resume import Resume, Verdict
from falcon_streams.core.session import Blockage, Pulse
from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal, Retryable, Stopped
from falcon_streams.ports import Clock, Feed, Feeds, Sink
from falcon_streams.run.happenings import FeedEnded, FeedOpened, Happening, Written
from falcon_streams.run.progress import Progress
from falcon_streams.run.tally import Filters, Tally

LOG = logging.getLogger(__name__)
# When small batches arrive faster than this, wait a moment so that they can grow.
SHORT_WHILE, BREATH = 0.001, 0.0005
SMALL = 16


class Reader:
    """Reads one feed of one partition, from its opening to its end."""

    def __init__(
        self, stream: Stream, progress: Progress, feeds: Feeds, sink: Sink, clock: Clock, filters: Filters
    ) -> None:
        self.stream = stream
        self._progress = progress
        self._feeds = feeds
        self._sink = sink
        self._clock = clock
        self._filters = filters
        self._tally = Tally(progress, filters, clock)
        self._framer = Framer()
        self._admission: Optional[Admission] = None
        self.feed: Optional[Feed] = None
        self._finish = progress.finish
        self._is_at_finish = False
        self._closed = False
        self._delivered = 0
        self.received = 0  # bytes of the last step
        self._last = b""
        self._report: Callable[[Happening], None] = lambda happening: None
        self._delivered_at = clock.monotonic() - 2 * SHORT_WHILE
        self.pulse = Pulse(clock.monotonic())
        self.descriptor = -1  # of a shared feed
        self._opened_at = clock.monotonic()

    @property
    def asked_offset(self) -> Optional[int]:
        """The offset at which the feed was opened, until its first event has been judged."""
        admission = self._admission  # read once: the reader's thread may reset it
        return admission.resume.offset if admission is not None and admission.verdict is None else None

    def run(self, report: Callable[[Happening], None]) -> FeedEnded:
        """Read until the feed ends. Raises SplunkdGone if splunkd has gone.

        `report` is called when the feed answers, and for each batch that is the only one to await its receipt, so that
        receipts need not wait for the supervisor's next tick.
        """
        try:
            return self.open(report) or self.go_on()
        finally:
            self.leave()

    def go_on(self) -> FeedEnded:
        """Step to the end of the feed, which is open."""
        ended: Optional[FeedEnded] = None
        while ended is None:
            ended = self.step()
            if self._delivered and self.feed is not None and self.feed.gathers:
                self._take_breath(self._delivered)
        return ended

    def open(self, report: Callable[[Happening], None]) -> Optional[FeedEnded]:
        """Open the feed, and return None, or why it did not open."""
        self._report = report
        resume = self._progress.resume()
        self._admission = Admission(resume, self._progress.unplaced, self._clock.monotonic())
        try:
            self.feed = self._feeds.open(self.stream, resume.query)
        except Retryable as error:
            return self._ended("open_failed", error)
        report(FeedOpened(self.stream.partition, self.pulse))
        self.pulse.heard_at = self._opened_at = self._clock.monotonic()
        return self._ended("closed") if self._closed else None

    def step(self) -> Optional[FeedEnded]:
        """Read once and deliver what was there; return why the feed has ended, or None. Raises SplunkdGone."""
        assert self.feed is not None  # noqa: S101 - it is open
        try:
            return self._step(self.feed)
        except Retryable as error:
            return self._ended("closed") if self._closed else self._ended("feed_cut", error)
        except Stopped:
            return self._ended("stopped")
        except Fatal as error:
            return self._ended("refused", error)

    def share(self, blockage: Blockage, report: Callable[[Happening], None]) -> bool:
        """Let a loop step this reader, whose feed is open; False if the feed has to wait. `blockage` is the loop's, and
        so is `report`, which is called from now on."""
        descriptor = self.feed.share() if self.feed is not None else None
        if descriptor is None:
            return False
        self.descriptor, self.pulse.blockage, self._report = descriptor, blockage, report
        return True

    def leave(self) -> None:
        """Close the connection, after the last step. It takes a moment while Falcon still sends."""
        if self.feed is not None:
            self.feed.close()

    def close(self) -> None:
        """End the feed with a FIN, from another thread."""
        self._closed = True
        if self.feed is not None:
            self.feed.finish()

    def abort(self) -> None:
        """End the feed at once, from another thread."""
        self._closed = True
        if self.feed is not None:
            self.feed.abort()

    def _ended(self, reason: str, error: Optional[Exception] = None) -> FeedEnded:
        return FeedEnded(self.stream.partition, reason, error.after if isinstance(error, Retryable) else 0.0, error)

    def _step(self, feed: Feed) -> Optional[FeedEnded]:
        self._delivered = self.received = 0
        data = feed.read()
        if data is None:
            return None
        if not data:
            rest = self._take_tail()
            return self._ended("closed" if self._closed else "feed_ended", self._no_feed(feed, rest))
        self.received = len(data)
        if self.descriptor < 0:
            # Kept until the next read: the C library gives memory that is free in between back to the system, and gets
            # it anew, which costs a quarter of an event's CPU over TLS. Of a thousand feeds it would be too much.
            self._last = data
        beats, overlong = self._framer.heartbeats, self._framer.overlong
        received = lines = self._framer.push(data)
        heartbeat = self._framer.heartbeats > beats
        if self._framer.overlong > overlong:
            self._tally.overlong(self._framer.overlong - overlong)
        self._progress.counters.bytes += self.received
        if self._admission is not None:
            lines = self._admit(self._admission, lines, heartbeat)
        self._take_pulse(heartbeat, bool(received))
        if lines:
            self._deliver(lines)
            self._delivered = len(lines)
        if self._finish is not None and (self._is_at_finish or self._is_over(heartbeat and not received)):
            self._progress.has_reached_finish = True
            return self._ended("stop_at")
        return None

    def _take_pulse(self, heartbeat: bool, line: bool) -> None:
        """Note signs of life; lines that may be a proxy's page are none."""
        is_feed = self._admission is None or self._admission.is_feed
        self.pulse.heard(self._clock.monotonic(), heartbeat and is_feed, line and is_feed)

    def _take_breath(self, lines: int) -> None:
        """Wait half a millisecond if small batches come fast, so that fewer locks and system calls are needed."""
        at = self._clock.monotonic()
        if lines < SMALL and at - self._delivered_at < SHORT_WHILE:
            self._clock.pause(BREATH)
        self._delivered_at = at

    def _take_tail(self) -> bytes:
        """Deliver the last line if it only lacks its line end. Otherwise return it: Falcon sends half a line again."""
        tail = self._framer.close()
        if read_tail(tail).offset is None:
            return tail
        lines = [tail] if self._admission is None else self._admit(self._admission, [tail], heartbeat=False)
        if lines:
            self._deliver(lines)
        return b""

    # -- where the partition ends ----------------------------------------------------------------------------------

    def _before(self, finish: Finish, batch: Batch) -> Optional[Batch]:
        """What of a batch stands before the finish, None for nothing."""
        if self._is_at_finish:
            return None
        kept = finish.keep(batch)
        self._is_at_finish = kept.passes
        if kept.behind is not None:
            self._progress.leave_out(kept.behind)
        return kept.batch

    def _is_over(self, only_heartbeat: bool) -> bool:
        """Whether heartbeats show that nothing before the finish will come."""
        over_at = self._progress.over_at
        if over_at is None or not (only_heartbeat and self.pulse.heartbeats_seen) or self.asked_offset is not None:
            return False
        quiet_since = max(over_at, self._opened_at, self.pulse.event_at or self._opened_at)
        return self._clock.monotonic() - quiet_since >= QUIET_SECONDS

    # -- delivering ------------------------------------------------------------------------------------------------

    def _deliver(self, lines: List[bytes]) -> None:
        batch = read_batch(lines)
        if self._finish is not None:
            kept = self._before(self._finish, batch)
            if kept is None:
                return
            batch = kept
        wanted = self._tally.admit(batch)
        last = batch.last_placed()
        self.pulse.writing = True
        ticket = self._sink.write(self.stream.partition, wanted)
        now = self._clock.monotonic()
        self.pulse.written(now)
        if last is not None and self._progress.wrote(last, ticket, now):
            self._report(Written())
        if not batch.offsets[-1] or self._progress.unplaced:
            self._progress.wrote_unplaced(batch.unplaced_at_end(), after_event=last is not None)

    # -- the first events of a feed --------------------------------------------------------------------------------

    def _admit(self, admission: Admission, lines: List[bytes], heartbeat: bool) -> List[bytes]:
        """The lines to deliver, after the verdict on the first event has been followed."""
        admitted = admission.push(lines, heartbeat, self._clock.monotonic())
        self._progress.counters.before_start += admitted.too_old
        if admitted.is_page and self.feed is not None:
            raise self.feed.disown(b"\n".join(admission.held))
        if admitted.verdict is not None and admitted.event is not None:
            self._follow(admitted.verdict, admitted.event, admission.resume)
            self._progress.delivery.begin(admission.resume, admitted.event)
        if admission.is_over:
            self._admission = None
        return admitted.lines

    def _no_feed(self, feed: Feed, rest: bytes) -> Optional[Retryable]:
        """The error for an answer that was not a feed, None if it was one; `rest` is its last half line."""
        admission = self._admission
        if admission is None or admission.is_feed or self._closed:
            return None
        start = b"\n".join([*admission.held, rest]).strip()
        return feed.disown(start) if start else None

    def _follow(self, verdict: Verdict, event: Event, resume: Resume) -> None:
        """Log and count the verdict. Raises Fatal for a foreign stream, Retryable if the feed must open elsewhere."""
        counters = self._progress.counters
        fields = {"partition": self.stream.partition, "asked": resume.offset, "offset": event.offset}
        if verdict is Verdict.FOREIGN:
            raise Fatal(
                f"partition {self.stream.partition} now sends events of customer {tidy(event.customer)}, which its "
                "checkpoint has never seen, and the account's client_id or member_cid has changed: this checkpoint "
                "belongs to another tenant. Put the former account back, or create an input with another name "
                "for this tenant, or move this input's checkpoint folder away to begin anew"
            )
        if verdict is Verdict.RESET:
            counters.resets += 1
            LOG.warning("offset_reset", fields)
            if resume.asks_for_offset and event.offset == resume.offset:
                # The new sequence has already passed the offset asked for; its beginning is below that.
                self._progress.read_new_sequence()
                raise Retryable("Falcon reset the stream: the input opens it again at its oldest event")
            self._progress.begin_sequence(resume.not_before)
        if verdict is Verdict.KNOWN and self._finish is not None:
            self._is_at_finish = self._finish.is_passed_by(event)
        if verdict is Verdict.GAP and not self._filters.event_types:
            counters.gaps += 1
            LOG.warning("offset_gap", fields)
