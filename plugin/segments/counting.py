"""What orders add up to inside a window: how many, their items, what was spent, what one was worth on average.

Functions for the table of plugin.segments.measures: numbers, and when time alone moves them past a threshold.
"""

import numpy as np
from numpy.typing import NDArray

from plugin.segments.as_of import DAY, UNDEFINED, AsOf, Crossings, Span, nobody
from plugin.segments.columns import IntArray
from plugin.segments.windows import Window

Truths = NDArray[np.bool_]


def orders(seen: AsOf, window: Window) -> IntArray:
    return _count(seen.span(window))


def orders_crossings(seen: AsOf, window: Window, threshold: int, numbers: IntArray) -> Crossings:
    """A count falls below n when the n-th most recent order leaves the window."""
    if window.days is None:
        return nobody()
    if window.before is not None:
        return _next_turn(seen, window, numbers >= threshold, _count(_next_span(seen, window)) >= threshold)
    enough = np.flatnonzero(numbers >= threshold)
    return enough, _leaving_at(seen, window.days, seen.ends[enough] - threshold)


def spend(seen: AsOf, window: Window) -> IntArray:
    return _sum(seen.columns.spend_before, seen.span(window))


def spend_crossings(seen: AsOf, window: Window, threshold: int, numbers: IntArray) -> Crossings:
    return _sum_crossings(seen.columns.spend_before, seen, window, threshold, numbers)


def units(seen: AsOf, window: Window) -> IntArray:
    return _sum(seen.columns.units_before, seen.span(window))


def units_crossings(seen: AsOf, window: Window, threshold: int, numbers: IntArray) -> Crossings:
    return _sum_crossings(seen.columns.units_before, seen, window, threshold, numbers)


def average(seen: AsOf, window: Window) -> IntArray:
    """What an order was worth: spend by orders, rounded down to the currency's smallest amount."""
    count, total = orders(seen, window), spend(seen, window)
    return np.where(count > 0, total // np.maximum(count, 1), UNDEFINED)


def average_crossings(seen: AsOf, window: Window, _threshold: int, numbers: IntArray) -> Crossings:
    """An average can rise and fall with each order that leaves: looked at again when the first one does."""
    if window.days is None:
        return nobody()
    some = numbers != UNDEFINED
    if window.before is not None:
        return _next_turn(seen, window, some, _count(_next_span(seen, window)) > 0)
    first, _ = seen.span(window)
    buyers = np.flatnonzero(some)
    return buyers, _leaving_at(seen, window.days, first[buyers])


def _count(span: Span) -> IntArray:
    first, end = span
    return end - first


def _sum(before: IntArray, span: Span) -> IntArray:
    first, end = span
    total: IntArray = before[end] - before[first]
    return total


def _sum_crossings(before: IntArray, seen: AsOf, window: Window, threshold: int, numbers: IntArray) -> Crossings:
    """A sum falls below a threshold with the first order whose leaving keeps too little behind it."""
    if window.days is None:
        return nobody()
    if window.before is not None:
        return _next_turn(seen, window, numbers >= threshold, _sum(before, _next_span(seen, window)) >= threshold)
    enough = np.flatnonzero(numbers >= threshold)
    # The last position that still has the threshold from there to the end: equal sums in front are worth nothing.
    leaving = np.searchsorted(before, before[seen.ends[enough]] - threshold, side="right") - 1
    return enough, _leaving_at(seen, window.days, leaving)


def _next_span(seen: AsOf, window: Window) -> Span:
    """What the window of the next turn will hold of the orders that count by now."""
    next_turn = seen.turn_after(window)
    return np.minimum(seen.since(next_turn.begins), seen.ends), seen.ends


def _next_turn(seen: AsOf, window: Window, now: Truths, then: Truths) -> Crossings:
    """Whoever has enough in this year's window, or has it already for the next one: looked at again when it begins."""
    either = np.flatnonzero(now | then)
    return either, np.full(len(either), seen.turn(window).next_ends, np.int64)


def _leaving_at(seen: AsOf, days: int, positions: IntArray) -> IntArray:
    return seen.columns.processed_at[positions].astype(np.int64) + days * DAY
