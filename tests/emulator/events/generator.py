"""The events of one partition, one after another: first one of everything, then the mix, with episodes in between.

Rules: the same seed makes the same events for the same times. Events are in the order of their offsets, not quite in
the order of their creation (events reference 12: small inversions across types).
"""

from __future__ import annotations

import random
from collections import deque
from itertools import cycle
from typing import Iterator, Optional

from tests.emulator.events.catalogue import Catalogue
from tests.emulator.events.hard import METADATA_ONLY
from tests.emulator.events.template import Template
from tests.emulator.log import Line
from tests.emulator.options import Options

_OTHER_FORM = 8  # every so many events have their metadata in another order and without a version
_BEFORE_HOLE = 10
_REFILL = 512
_EPISODE_CHANCE = 0.25  # per refill
_INVERSION_CHANCE, _LARGEST_INVERSION = 0.05, 2000  # ms


def customers_of(options: Options) -> list[bytes]:
    """Whose events the streams bear: the tenant's own CID, then the other customers'."""
    others = [f"{number:02x}" + options.customer[2:] for number in range(0xC1, 0xC1 + options.other_customers)]
    return [each.encode() for each in (options.customer, *others)]


class Generator:
    """An endless source of events."""

    def __init__(self, catalogue: Catalogue, seed: str, options: Options) -> None:
        """The options `customer`, `other_customers`, `null_every`, `holes` count as they stand when events are made.

        The catalogue may be another customer's: then its CID is replaced wherever it stands in an event.
        """
        self._catalogue = catalogue
        self._options = options
        self._rng = random.Random(seed)
        tour = catalogue.tour()
        self._rng.shuffle(tour)
        self._queue = deque(tour)
        self._templates = [template for template, _ in catalogue.weighted]
        self._weights = [weight for _, weight in catalogue.weighted]
        self._episodes = cycle(catalogue.episodes)
        self._number = 0

    def make(
        self, count: int, first_offset: int, start: float, end: float, types: Optional[list[str]] = None
    ) -> list[Line]:
        """That many events, created between two instants (epoch seconds), of all types or of these in turn."""
        source = self._mix() if types is None else cycle(self._catalogue.of(types))
        rng, every, customers = self._rng, self._options.null_every, customers_of(self._options)
        begin, step = start * 1000, (end - start) * 1000 / max(count, 1)
        theirs, ours = self._catalogue.customer.encode(), self._options.customer.encode()
        lines = []
        left_out = 0
        for number in range(count):
            created = int(begin + step * (number + 1))
            if rng.random() < _INVERSION_CHANCE:
                created -= rng.randrange(_LARGEST_INVERSION)
            self._number += 1
            is_bare = types is None and every and self._number % every == 0
            template = METADATA_ONLY if is_bare else next(source)
            left_out += self._options.holes if self._number % _BEFORE_HOLE == 0 else 0
            offset, customer = first_offset + number + left_out, customers[self._number % len(customers)]
            usual = self._number % _OTHER_FORM != 0
            line = template.stamp(customer, offset, created, self._number - 1, usual)
            line = line if theirs == ours else line.replace(theirs, ours)
            lines.append(Line(offset, template.event_type, line))
        return lines

    def _mix(self) -> Iterator[Template]:
        while True:
            if not self._queue:
                self._queue.extend(self._rng.choices(self._templates, self._weights, k=_REFILL))
                if self._rng.random() < _EPISODE_CHANCE:
                    self._queue.extend(next(self._episodes))
            yield self._queue.popleft()
