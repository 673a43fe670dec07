"""How a customer's silence compares with their own rhythm: the usual gap between two of their orders, and how many of
those have passed since the last one.

Functions for the table of plugin.segments.measures.
"""

import numpy as np
from numpy.typing import NDArray

from plugin.segments.as_of import DAY, UNDEFINED, AsOf, Crossings, next_above, nobody
from plugin.segments.baseline import usable
from plugin.segments.columns import LARGEST_U4, IntArray
from plugin.segments.windows import Window

FEWEST_ORDERS = 3


def usual_gap(seen: AsOf, _window: Window) -> IntArray:
    """Full days in the customer's median gap; of two gaps in the middle, their average."""
    gaps = _median_gaps(seen)
    return np.where(gaps == UNDEFINED, UNDEFINED, gaps // DAY)


def usual_gap_crossings(_seen: AsOf, _window: Window, _thresholds: IntArray, _numbers: IntArray) -> Crossings:
    """Time alone changes no gap: the one that is open does not count before it ends."""
    return nobody()


def overdue(seen: AsOf, _window: Window) -> IntArray:
    """Hundredths of the usual gap since the last order."""
    last, gaps = seen.last_at(), _gaps_to_compare(seen)
    known = (last != UNDEFINED) & (gaps != UNDEFINED)
    return np.where(known, (seen.seconds - last) * 100 // np.where(known, gaps, DAY), UNDEFINED)


def overdue_crossings(seen: AsOf, _: Window, thresholds: IntArray, numbers: IntArray) -> Crossings:
    """So many hundredths of a gap have passed in the first second that is not before them."""
    waiting, hundredths = next_above(numbers, thresholds)
    length = -(-hundredths * _gaps_to_compare(seen)[waiting] // 100)
    return waiting, seen.last_at()[waiting] + length


def _gaps_to_compare(seen: AsOf) -> IntArray:
    """Seconds: the customer's own median gap; the store's for those who bought less than three times."""
    own = _median_gaps(seen)
    baseline = seen.store.baseline
    usual = UNDEFINED
    if baseline is not None and usable(baseline) and baseline.median_gap_seconds is not None:
        usual = baseline.median_gap_seconds
    gaps = np.where(own == UNDEFINED, usual, own)
    # Several orders on one day would make everybody overdue the day after.
    return np.where(gaps == UNDEFINED, UNDEFINED, np.maximum(gaps, DAY))


def _median_gaps(seen: AsOf) -> IntArray:
    return seen.kept("gaps", lambda: _work_out_median_gaps(seen))


def _work_out_median_gaps(seen: AsOf) -> IntArray:
    medians = np.full(len(seen.columns), UNDEFINED, np.int64)
    gaps = np.diff(seen.columns.processed_at)
    lengths = seen.ends - seen.starts - 1
    # Customers with about as many gaps together, one a row: many short rows are sorted much faster than one long one.
    shortest, longest = FEWEST_ORDERS - 1, lengths.max(initial=0)
    while shortest <= longest:
        some = np.flatnonzero((lengths >= shortest) & (lengths < 2 * shortest))
        medians[some] = _medians(gaps, seen.starts[some], lengths[some])
        shortest *= 2
    return medians


def _medians(gaps: NDArray[np.uint32], first: IntArray, lengths: IntArray) -> IntArray:
    """Of as many gaps as `lengths` says from each of the first ones on."""
    places = np.arange(lengths.max(initial=0))
    rows = gaps[np.minimum(first[:, np.newaxis] + places, len(gaps) - 1)]
    rows[places >= lengths[:, np.newaxis]] = LARGEST_U4  # behind all of the customer's own
    rows.sort(axis=1)
    each = np.arange(len(first))
    return (rows[each, (lengths - 1) // 2].astype(np.int64) + rows[each, lengths // 2]) // 2
