"""Gathers a store's baseline (plugin.segments.baseline) while all of its customers are judged, chunk by chunk.

Pure. Every buyer has one vote: who orders daily must not decide what usual is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugin.segments.as_of import DAY, AsOf
from plugin.segments.baseline import FIFTHS, PERCENTILES, Baseline
from plugin.segments.columns import Columns, IntArray

Narrow = NDArray[np.uint32]


@dataclass(slots=True)
class Gathering:
    """What a baseline is made of, chunk by chunk."""

    # Half as wide where numbers fit: half the memory of a million customers, and half the time to sort them.
    _spend: list[IntArray] = field(default_factory=list)
    _orders: list[Narrow] = field(default_factory=list)
    _gaps: list[Narrow] = field(default_factory=list)
    _days: list[Narrow] = field(default_factory=list)

    def add(self, columns: Columns, as_of: datetime) -> None:
        """Take these customers in as they stand at an instant; each customer once."""
        seen = AsOf.of(columns, as_of)
        buyers = np.flatnonzero(seen.ends > seen.starts)
        first, end = seen.starts[buyers], seen.ends[buyers]
        self._spend.append(columns.spend_before[end] - columns.spend_before[first])
        self._orders.append((end - first).astype(np.uint32))
        self._days.append(((seen.seconds - seen.last_at()[buyers]) // DAY).astype(np.uint32))
        again = end - first > 1
        first, last = first[again], end[again] - 1
        length = columns.processed_at[last].astype(np.int64) - columns.processed_at[first]
        self._gaps.append((length // (last - first)).astype(np.uint32))

    def baseline(self) -> Baseline:
        """The numbers of all that were added."""
        spend, orders = _ascending(self._spend), _ascending(self._orders)
        gaps, days = _ascending(self._gaps), _ascending(self._days)
        return Baseline(
            buyers=len(spend),
            orders=int(orders.sum()),
            spend=int(spend.sum()),
            spend_edges=_percentiles(spend),
            median_orders=_median(orders) or 0,
            median_gap_seconds=_median(gaps),
            gap_edges=_percentiles(gaps),
            recency_edges=tuple(1 - edge for edge in _above_fifths(-days[::-1].astype(np.int64))),
            orders_edges=_above_fifths(orders),
            spend_fifths=_above_fifths(spend),
        )


def _ascending(chunks: Sequence[NDArray[Any]]) -> NDArray[Any]:
    joined = np.concatenate(chunks or [np.zeros(0, np.int64)])
    joined.sort()
    return joined


def _percentiles(ascending: NDArray[Any]) -> tuple[int, ...]:
    if not len(ascending):
        return ()
    return tuple(int(ascending[len(ascending) * p // PERCENTILES]) for p in range(PERCENTILES))


def _above_fifths(ascending: NDArray[Any]) -> tuple[int, ...]:
    """The smallest numbers that one, two, three and four fifths are below; where many are equal, above all of those."""
    if not len(ascending):
        return ()
    below = (-(-len(ascending) * k // FIFTHS) for k in range(1, FIFTHS))
    return tuple(int(ascending[count - 1]) + 1 for count in below)


def _median(ascending: NDArray[Any]) -> int | None:
    """The lower one of two in the middle."""
    return int(ascending[(len(ascending) - 1) // 2]) if len(ascending) else None
