"""How long ago something happened: the last order, the first one, the sign-up. Full days of 24 hours.

Functions for the table of plugin.segments.measures.
"""

import numpy as np

from plugin.segments.as_of import DAY, UNDEFINED, AsOf, Crossings, next_above
from plugin.segments.columns import IntArray
from plugin.segments.windows import Window


def days_since_last(seen: AsOf, _window: Window) -> IntArray:
    return _ages(seen, seen.last_at())


def days_since_last_crossings(seen: AsOf, _: Window, thresholds: IntArray, numbers: IntArray) -> Crossings:
    return _crossings(seen.last_at(), thresholds, numbers)


def days_since_first(seen: AsOf, _window: Window) -> IntArray:
    return _ages(seen, seen.first_at())


def days_since_first_crossings(seen: AsOf, _: Window, thresholds: IntArray, numbers: IntArray) -> Crossings:
    return _crossings(seen.first_at(), thresholds, numbers)


def of_instants(seen: AsOf, at: IntArray) -> IntArray:
    """Of instants in seconds that may be UNDEFINED or still to come."""
    happened = (at != UNDEFINED) & (at <= seen.seconds)
    return np.where(happened, (seen.seconds - at) // DAY, UNDEFINED)


def crossings_of_instants(seen: AsOf, at: IntArray, thresholds: IntArray, numbers: IntArray) -> Crossings:
    """Like those of orders; but nothing else says when an instant still to come has come."""
    coming = np.flatnonzero((at != UNDEFINED) & (at > seen.seconds))
    younger, days = next_above(numbers, thresholds)
    return np.concatenate([coming, younger]), np.concatenate([at[coming], at[younger] + days * DAY])


def _ages(seen: AsOf, at: IntArray) -> IntArray:
    return np.where(at == UNDEFINED, UNDEFINED, (seen.seconds - at) // DAY)


def _crossings(at: IntArray, thresholds: IntArray, numbers: IntArray) -> Crossings:
    """An age reaches n at exactly n x 24 hours after its instant."""
    younger, days = next_above(numbers, thresholds)
    return younger, at[younger] + days * DAY
