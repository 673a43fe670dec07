"""Gathers a store's baseline (plugin.segments.baseline) while all of its customers are judged, chunk by chunk.

Pure. Every buyer has one vote: who orders daily must not decide what usual is.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from plugin.segments.as_of import DAY, AsOf
from plugin.segments.baseline import FIFTHS, PERCENTILES, Baseline
from plugin.segments.columns import Columns, IntArray


@dataclass(slots=True)
class Gathering:
    """What a baseline is made of, chunk by chunk."""

    _spend: list[IntArray] = field(default_factory=list)
    _orders: list[IntArray] = field(default_factory=list)
    _gaps: list[IntArray] = field(default_factory=list)
    _days: list[IntArray] = field(default_factory=list)

    def add(self, columns: Columns, as_of: datetime) -> None:
        """Take these customers in as they stand at an instant; each customer once."""
        seen = AsOf.of(columns, as_of)
        buyers = np.flatnonzero(seen.ends > seen.starts)
        first, end = seen.starts[buyers], seen.ends[buyers]
        self._spend.append(columns.spend_before[end] - columns.spend_before[first])
        self._orders.append(end - first)
        self._days.append((seen.seconds - seen.last_at()[buyers]) // DAY)
        again = end - first > 1
        first, last = first[again], end[again] - 1
        length = columns.processed_at[last].astype(np.int64) - columns.processed_at[first]
        self._gaps.append(length // (last - first))

    def baseline(self) -> Baseline:
        """The numbers of all that were added."""
        spend, orders, gaps, days = (
            np.sort(np.concatenate(each or [np.zeros(0, np.int64)]))
            for each in (self._spend, self._orders, self._gaps, self._days)
        )
        return Baseline(
            buyers=len(spend),
            orders=int(orders.sum()),
            spend=int(spend.sum()),
            spend_edges=_percentiles(spend),
            median_orders=_median(orders) or 0,
            median_gap_seconds=_median(gaps),
            gap_edges=_percentiles(gaps),
            recency_edges=tuple(1 - edge for edge in _above_fifths(-days[::-1])),
            orders_edges=_above_fifths(orders),
            spend_fifths=_above_fifths(spend),
        )


def _percentiles(ascending: IntArray) -> tuple[int, ...]:
    if not len(ascending):
        return ()
    return tuple(int(ascending[len(ascending) * p // PERCENTILES]) for p in range(PERCENTILES))


def _above_fifths(ascending: IntArray) -> tuple[int, ...]:
    """The smallest numbers that one, two, three and four fifths are below; where many are equal, above all of those."""
    if not len(ascending):
        return ()
    below = (-(-len(ascending) * k // FIFTHS) for k in range(1, FIFTHS))
    return tuple(int(ascending[count - 1]) + 1 for count in below)


def _median(ascending: IntArray) -> int | None:
    """The lower one of two in the middle."""
    return int(ascending[(len(ascending) - 1) // 2]) if len(ascending) else None
