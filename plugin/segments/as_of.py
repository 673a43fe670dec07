"""The columns seen from an instant: which orders count by then and where each window begins.

Made once an evaluation and handed to every measure, so that no window is looked for twice.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugin.segments import columns as order_columns
from plugin.segments.columns import AnyColumns, IntArray

DAY = 86_400
NEVER = 2**63 - 1
"""Stands for "no such instant", both in seconds and in microseconds."""


@dataclass(frozen=True, slots=True, eq=False)
class AsOf:
    columns: AnyColumns
    seconds: int
    """The instant, rounded down: orders have whole seconds, so no window or age needs to know more."""
    ends: IntArray
    """Where the orders that count by then end, one position a customer; later ones have not happened yet."""
    _window_starts: dict[int, IntArray] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: AnyColumns, instant: datetime) -> "AsOf":
        seconds, fraction = divmod(order_columns.microseconds(instant), 1_000_000)
        # An order counts strictly after its second began: with a fraction gone, that second's orders do.
        first_not_counted = seconds + (fraction > 0)
        ends = columns.starts[1:]
        future = columns.processed_at >= first_not_counted
        if future.any():
            ends = ends - _counts(columns, future)
        return cls(columns, seconds, ends)

    @property
    def starts(self) -> IntArray:
        return self.columns.starts[:-1]

    def window_starts(self, days: int | None) -> IntArray:
        """Position of the first order of each customer inside the last `days` days, or of the first one of all."""
        if days is None:
            return self.starts
        if days not in self._window_starts:
            inside = self.columns.processed_at > self.seconds - days * DAY
            self._window_starts[days] = self.columns.starts[1:] - _counts(self.columns, inside)
        return self._window_starts[days]

    def next_order_at(self) -> IntArray:
        """Second of each customer's first order that does not count yet, or NEVER."""
        seconds = np.full(len(self.columns), NEVER, np.int64)
        customers = np.flatnonzero(self.ends < self.columns.starts[1:])
        seconds[customers] = self.columns.processed_at[self.ends[customers]]
        return seconds


def _counts(columns: AnyColumns, chosen: NDArray[Any]) -> IntArray:
    """How many orders of each customer are chosen."""
    # Differences of running counts, because np.add.reduceat is wrong for customers without orders. 32 bits halve the
    # memory touched; were they ever to wrap round, a difference would still be right.
    before = np.zeros(len(chosen) + 1, np.int32)
    np.cumsum(chosen, dtype=np.int32, out=before[1:])
    return np.diff(before[columns.starts]).astype(np.int64)
