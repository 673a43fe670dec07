"""Orders and facts seen from an instant: which orders count by then, where each window begins and ends.

Made once an evaluation and handed to every measure, so that no window is looked for twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugin.segments import columns as order_columns
from plugin.segments import windows
from plugin.segments.columns import AnyColumns, IntArray
from plugin.segments.customers import Store
from plugin.segments.windows import Window

DAY = 86_400
UNDEFINED = -1
"""The number of what does not exist, such as the age of an order never placed. No comparison holds for it."""
NEVER = 2**63 - 1
"""Stands for "no such instant", both in seconds and in microseconds."""


Crossings = tuple[IntArray, IntArray]
"""Which customers (by position) will pass a threshold if nothing happens, and in which second."""
Span = tuple[IntArray, IntArray]
"""Of each customer, the position of the first order of a stretch of time, and the one behind its last."""


@dataclass(frozen=True, slots=True, eq=False)
class AsOf:
    columns: AnyColumns
    seconds: int
    """The instant, rounded down: orders have whole seconds, so no window or age needs to know more."""
    ends: IntArray
    """Where the orders that count by then end, one position a customer; later ones have not happened yet."""
    facts: Mapping[str, IntArray]
    store: Store
    _spans: dict[Window, Span] = field(default_factory=dict)
    _kept: dict[str, IntArray] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        columns: AnyColumns,
        instant: datetime,
        facts: Mapping[str, IntArray] | None = None,
        store: Store | None = None,
    ) -> "AsOf":
        """The columns as they are at an instant; facts and store where a measure asks for them."""
        seconds, fraction = divmod(order_columns.microseconds(instant), 1_000_000)
        # An order counts strictly after its second began: with a fraction gone, that second's orders do.
        first_not_counted = seconds + (fraction > 0)
        ends = columns.starts[1:]
        future = columns.processed_at >= first_not_counted
        if future.any():
            ends = ends - _counts(columns, future)
        return cls(columns, seconds, ends, facts or {}, store or Store())

    @property
    def starts(self) -> IntArray:
        return self.columns.starts[:-1]

    def span(self, window: Window) -> Span:
        """The orders inside a window that count by now."""
        if window.days is None:
            return self.starts, self.ends
        if window not in self._spans:
            self._spans[window] = self._span(window, window.days)
        return self._spans[window]

    def turn(self, window: Window) -> windows.Turn:
        """When a window before a date began, ended and will end next."""
        return windows.turn(window, self.seconds, self.store.zone)

    def turn_after(self, window: Window) -> windows.Turn:
        """The one after that."""
        return windows.turn(window, self.turn(window).next_ends, self.store.zone)

    def since(self, second: int) -> IntArray:
        """Position of the first order of each customer at or after a second."""
        return self.columns.starts[1:] - _counts(self.columns, self.columns.processed_at >= second)

    def kept(self, name: str, work: Callable[[], IntArray]) -> IntArray:
        """What is worked out only once, however many measures need it."""
        if name not in self._kept:
            self._kept[name] = work()
        return self._kept[name]

    def _span(self, window: Window, days: int) -> Span:
        if window.before is not None:
            turn = self.turn(window)
            # Whatever the clocks did, an order that does not count yet is not inside.
            return self.since(turn.begins), np.minimum(self.since(turn.ends), self.ends)
        return self.since(self.seconds - days * DAY + 1), self.ends

    def last_at(self) -> IntArray:
        """Second of each customer's last order that counts by now, or UNDEFINED."""
        return self.kept("last", lambda: self._processed_at(self.ends - 1))

    def first_at(self) -> IntArray:
        """Second of each customer's first order that counts by now, or UNDEFINED."""
        return self.kept("first", lambda: self._processed_at(self.starts))

    def _processed_at(self, positions: IntArray) -> IntArray:
        found = np.full(len(positions), UNDEFINED, np.int64)
        buyers = np.flatnonzero(self.ends > self.starts)
        found[buyers] = self.columns.processed_at[positions[buyers]]
        return found

    def next_order_at(self) -> IntArray:
        """Second of each customer's first order that does not count yet, or NEVER."""
        seconds = np.full(len(self.columns), NEVER, np.int64)
        customers = np.flatnonzero(self.ends < self.columns.starts[1:])
        seconds[customers] = self.columns.processed_at[self.ends[customers]]
        return seconds


def next_above(numbers: IntArray, thresholds: IntArray) -> tuple[IntArray, IntArray]:
    """Whose number is below one of these thresholds, and the nearest of them: a number that rises meets it first."""
    above = np.searchsorted(thresholds, numbers, side="right")
    some = np.flatnonzero((above < len(thresholds)) & (numbers != UNDEFINED))
    return some, thresholds[above[some]]


def last_reached(numbers: IntArray, thresholds: IntArray) -> tuple[IntArray, IntArray]:
    """Whose number has reached one of these thresholds, and the nearest of them: one that falls loses it first."""
    reached = np.searchsorted(thresholds, numbers, side="right")
    some = np.flatnonzero(reached)
    return some, thresholds[reached[some] - 1]


def nobody() -> Crossings:
    """What time alone does not change."""
    return np.zeros(0, np.int64), np.zeros(0, np.int64)


def _counts(columns: AnyColumns, chosen: NDArray[Any]) -> IntArray:
    """How many orders of each customer are chosen."""
    # Differences of running counts, because np.add.reduceat is wrong for customers without orders. 32 bits halve the
    # memory touched; were they ever to wrap round, a difference would still be right.
    before = np.zeros(len(chosen) + 1, np.int32)
    np.cumsum(chosen, dtype=np.int32, out=before[1:])
    return np.diff(before[columns.starts]).astype(np.int64)
