"""What orders add up to inside a window: how many, their items, what was spent, what one was worth on average.

Functions for the table of plugin.segments.measures: numbers, and when time alone moves them past a threshold.
"""

import numpy as np
from numpy.typing import NDArray

from plugin.segments.as_of import DAY, UNDEFINED, AsOf, Crossings, Span, last_reached, nobody
from plugin.segments.columns import IntArray
from plugin.segments.windows import Window

Truths = NDArray[np.bool_]


LIFETIME_ORDERS, LIFETIME_SPEND = "lifetime_orders", "lifetime_spend"
SIGNED_UP_AT = "signed_up_at"


def orders(seen: AsOf, window: Window) -> IntArray:
    return _with_hidden(count(seen, window), seen, window, LIFETIME_ORDERS)


def count(seen: AsOf, window: Window) -> IntArray:
    """Of the orders we can see."""
    return _count(seen.span(window))


def orders_crossings(seen: AsOf, window: Window, thresholds: IntArray, numbers: IntArray) -> Crossings:
    """A count falls below n when the n-th most recent order leaves the window."""
    if window.days is None:
        return nobody()
    if window.before is not None:
        lowest = thresholds[0]
        return _next_turn(seen, window, numbers >= lowest, _count(_next_span(seen, window)) >= lowest)
    enough, reached = last_reached(numbers, thresholds)
    return enough, _leaving_at(seen, window.days, seen.ends[enough] - reached)


def spend(seen: AsOf, window: Window) -> IntArray:
    return _with_hidden(spent(seen, window), seen, window, LIFETIME_SPEND)


def spent(seen: AsOf, window: Window) -> IntArray:
    """With the orders we can see."""
    return _sum(seen.columns.spend_before, seen.span(window))


def spend_crossings(seen: AsOf, window: Window, thresholds: IntArray, numbers: IntArray) -> Crossings:
    return _sum_crossings(seen.columns.spend_before, seen, window, thresholds, numbers)


def units(seen: AsOf, window: Window) -> IntArray:
    return _sum(seen.columns.units_before, seen.span(window))


def units_crossings(seen: AsOf, window: Window, thresholds: IntArray, numbers: IntArray) -> Crossings:
    return _sum_crossings(seen.columns.units_before, seen, window, thresholds, numbers)


def average(seen: AsOf, window: Window) -> IntArray:
    """What an order was worth: spend by orders, rounded down to the currency's smallest amount."""
    found = count(seen, window)
    return np.where(found > 0, spent(seen, window) // np.maximum(found, 1), UNDEFINED)


def average_crossings(seen: AsOf, window: Window, _: IntArray, numbers: IntArray) -> Crossings:
    """An average can rise and fall with each order that leaves: looked at again when the first one does."""
    if window.days is None:
        return nobody()
    some = numbers != UNDEFINED
    if window.before is not None:
        return _next_turn(seen, window, some, _count(_next_span(seen, window)) > 0)
    first, _ = seen.span(window)
    buyers = np.flatnonzero(some)
    return buyers, _leaving_at(seen, window.days, first[buyers])


def whole_orders(seen: AsOf) -> Truths:
    """Whose number of orders is not only what we can see of it: Shopify told us, or they have been seen from the first
    day on.
    """
    return _whole(seen, LIFETIME_ORDERS)


def whole_spend(seen: AsOf) -> Truths:
    return _whole(seen, LIFETIME_SPEND)


def _with_hidden(seen_number: IntArray, seen: AsOf, window: Window, fact: str) -> IntArray:
    """Where older orders are hidden from us, Shopify's own sum of all of them."""
    if window.days is not None or fact not in seen.facts:
        return seen_number
    return np.maximum(seen_number, seen.facts[fact])


def _whole(seen: AsOf, fact: str) -> Truths:
    told: Truths = seen.facts[fact] >= 0
    return told | (seen.facts[SIGNED_UP_AT] >= (seen.store.history_from or 0))


def _count(span: Span) -> IntArray:
    first, end = span
    return end - first


def _sum(before: IntArray, span: Span) -> IntArray:
    first, end = span
    total: IntArray = before[end] - before[first]
    return total


def _sum_crossings(before: IntArray, seen: AsOf, window: Window, thresholds: IntArray, numbers: IntArray) -> Crossings:
    """A sum falls below a threshold with the first order whose leaving keeps too little behind it."""
    if window.days is None:
        return nobody()
    if window.before is not None:
        lowest = thresholds[0]
        return _next_turn(seen, window, numbers >= lowest, _sum(before, _next_span(seen, window)) >= lowest)
    enough, reached = last_reached(numbers, thresholds)
    # The last position that still has the threshold from there to the end: equal sums in front are worth nothing.
    leaving = np.searchsorted(before, before[seen.ends[enough]] - reached, side="right") - 1
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
