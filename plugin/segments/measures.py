"""The table of measures: the numbers of all customers as of an instant, when time alone moves them, and their words.

`evaluate` and `words` read it. To add a measure: a row at the end, its two functions, a row in docs/segments.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from plugin.segments.amounts import DAYS, ITEMS, MONEY, ORDERS, Unit
from plugin.segments.as_of import DAY, AsOf
from plugin.segments.columns import IntArray

UNDEFINED = -1
"""The age of an order that does not exist. No comparison holds for it."""

Crossings = tuple[IntArray, IntArray]
"""Which customers (by position) will pass a threshold if nothing happens, and in which second."""


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    unit: Unit
    windowed: bool
    numbers: Callable[[AsOf, int | None], IntArray]
    crossings: Callable[[AsOf, int | None, int, IntArray], Crossings]
    """Of (seen, window_days, threshold, numbers): who passes this threshold next because time goes by, and when."""
    phrase: str
    """What such customers did, in a sentence about a rule."""
    finding: str
    """What was found of one customer, in an explanation."""
    newest_decides: bool = False
    """Only the newest order counts: older ones that we cannot see would change nothing."""


def _count(seen: AsOf, window_days: int | None) -> IntArray:
    return seen.ends - seen.window_starts(window_days)


def _count_crossings(seen: AsOf, window_days: int | None, threshold: int, numbers: IntArray) -> Crossings:
    """A count falls below n when the n-th most recent order leaves the window."""
    if window_days is None:
        return _nobody()
    enough = np.flatnonzero(numbers >= threshold)
    return enough, _leaving_at(seen, window_days, seen.ends[enough] - threshold)


def _sum_between(before: IntArray, first: IntArray, end: IntArray) -> IntArray:
    total: IntArray = before[end] - before[first]
    return total


def _sum_crossings(
    before: IntArray, seen: AsOf, window_days: int | None, threshold: int, numbers: IntArray
) -> Crossings:
    """A sum falls below a threshold with the first order whose leaving keeps too little behind it."""
    if window_days is None:
        return _nobody()
    enough = np.flatnonzero(numbers >= threshold)
    # The last position that still has the threshold from there to the end: equal sums in front are worth nothing.
    leaving = np.searchsorted(before, before[seen.ends[enough]] - threshold, side="right") - 1
    return enough, _leaving_at(seen, window_days, leaving)


def _spend(seen: AsOf, window_days: int | None) -> IntArray:
    return _sum_between(seen.columns.spend_before, seen.window_starts(window_days), seen.ends)


def _spend_crossings(seen: AsOf, window_days: int | None, threshold: int, numbers: IntArray) -> Crossings:
    return _sum_crossings(seen.columns.spend_before, seen, window_days, threshold, numbers)


def _units(seen: AsOf, window_days: int | None) -> IntArray:
    return _sum_between(seen.columns.units_before, seen.window_starts(window_days), seen.ends)


def _units_crossings(seen: AsOf, window_days: int | None, threshold: int, numbers: IntArray) -> Crossings:
    return _sum_crossings(seen.columns.units_before, seen, window_days, threshold, numbers)


def _days_since_last(seen: AsOf, _window_days: int | None) -> IntArray:
    return _age(seen, seen.ends - 1)


def _days_since_last_crossings(seen: AsOf, _: int | None, threshold: int, numbers: IntArray) -> Crossings:
    return _age_crossings(seen, seen.ends - 1, threshold, numbers)


def _days_since_first(seen: AsOf, _window_days: int | None) -> IntArray:
    return _age(seen, seen.starts)


def _days_since_first_crossings(seen: AsOf, _: int | None, threshold: int, numbers: IntArray) -> Crossings:
    return _age_crossings(seen, seen.starts, threshold, numbers)


def _age(seen: AsOf, positions: IntArray) -> IntArray:
    ages = np.full(len(positions), UNDEFINED, np.int64)
    buyers = np.flatnonzero(seen.ends > seen.starts)
    ages[buyers] = (seen.seconds - seen.columns.processed_at[positions[buyers]].astype(np.int64)) // DAY
    return ages


def _age_crossings(seen: AsOf, positions: IntArray, threshold: int, numbers: IntArray) -> Crossings:
    """An age reaches n at exactly n x 24 hours after the order."""
    younger = np.flatnonzero((numbers < threshold) & (numbers != UNDEFINED))
    return younger, _leaving_at(seen, threshold, positions[younger])


def _leaving_at(seen: AsOf, days: int, positions: IntArray) -> IntArray:
    return seen.columns.processed_at[positions].astype(np.int64) + days * DAY


def _nobody() -> Crossings:
    return np.zeros(0, np.int64), np.zeros(0, np.int64)


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("orders", ORDERS, True, _count, _count_crossings, "placed {amount}{window}", "{amount} {period}"),
        Measure("units", ITEMS, True, _units, _units_crossings, "bought {amount}{window}", "{amount} {period}"),
        Measure("spend", MONEY, True, _spend, _spend_crossings, "spent {amount}{window}", "{amount} {period}"),
        Measure(
            "days_since_last_order",
            DAYS,
            False,
            _days_since_last,
            _days_since_last_crossings,
            "last ordered {amount} ago",
            "last order {amount} ago",
            newest_decides=True,
        ),
        Measure(
            "days_since_first_order",
            DAYS,
            False,
            _days_since_first,
            _days_since_first_crossings,
            "first ordered {amount} ago",
            "first order {amount} ago",
        ),
    )
}
