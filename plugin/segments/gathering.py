"""Gathers a store's baseline (plugin.segments.baseline) while all of its customers are judged, chunk by chunk.

Pure. Every buyer has one vote: who orders daily must not decide what usual is.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from plugin.segments.as_of import AsOf
from plugin.segments.baseline import PERCENTILES, Baseline
from plugin.segments.columns import Columns, IntArray


@dataclass(slots=True)
class Gathering:
    """What a baseline is made of, chunk by chunk."""

    _spend: list[IntArray] = field(default_factory=list)
    _orders: list[IntArray] = field(default_factory=list)
    _gaps: list[IntArray] = field(default_factory=list)

    def add(self, columns: Columns, as_of: datetime) -> None:
        """Take these customers in as they stand at an instant; each customer once."""
        seen = AsOf.of(columns, as_of)
        buyers = np.flatnonzero(seen.ends > seen.starts)
        first, end = seen.starts[buyers], seen.ends[buyers]
        self._spend.append(columns.spend_before[end] - columns.spend_before[first])
        self._orders.append(end - first)
        again = end - first > 1
        first, last = first[again], end[again] - 1
        length = columns.processed_at[last].astype(np.int64) - columns.processed_at[first]
        self._gaps.append(length // (last - first))

    def baseline(self) -> Baseline:
        """The numbers of all that were added."""
        spend, orders, gaps = (
            np.concatenate(each or [np.zeros(0, np.int64)]) for each in (self._spend, self._orders, self._gaps)
        )
        spend.sort()
        edges = [int(spend[len(spend) * p // PERCENTILES]) for p in range(PERCENTILES)] if len(spend) else []
        return Baseline(
            buyers=len(spend),
            orders=int(orders.sum()),
            spend=int(spend.sum()),
            spend_edges=tuple(edges),
            median_orders=_median(orders) or 0,
            median_gap_seconds=_median(gaps),
        )


def _median(numbers: IntArray) -> int | None:
    """The lower one of two in the middle."""
    if not len(numbers):
        return None
    middle = (len(numbers) - 1) // 2
    return int(np.partition(numbers, middle)[middle])
