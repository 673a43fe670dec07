"""How a customer's silence compares with their own rhythm: the usual gap between two of their orders, and how many of
those have passed since the last one.

Functions for the table of plugin.segments.measures.
"""

import numpy as np

from plugin.segments.as_of import DAY, UNDEFINED, AsOf, Crossings, nobody
from plugin.segments.baseline import usable
from plugin.segments.columns import IntArray
from plugin.segments.windows import Window

FEWEST_ORDERS = 3


def usual_gap(seen: AsOf, _window: Window) -> IntArray:
    """Full days in the customer's median gap; of two gaps in the middle, their average."""
    gaps = _median_gaps(seen)
    return np.where(gaps == UNDEFINED, UNDEFINED, gaps // DAY)


def usual_gap_crossings(_seen: AsOf, _window: Window, _threshold: int, _numbers: IntArray) -> Crossings:
    """Time alone changes no gap: the one that is open does not count before it ends."""
    return nobody()


def overdue(seen: AsOf, _window: Window) -> IntArray:
    """Hundredths of the usual gap since the last order."""
    last, gaps = seen.last_at(), _gaps_to_compare(seen)
    known = (last != UNDEFINED) & (gaps != UNDEFINED)
    return np.where(known, (seen.seconds - last) * 100 // np.where(known, gaps, DAY), UNDEFINED)


def overdue_crossings(seen: AsOf, _: Window, threshold: int, numbers: IntArray) -> Crossings:
    """So many hundredths of a gap have passed in the first second that is not before them."""
    waiting = np.flatnonzero((numbers < threshold) & (numbers != UNDEFINED))
    length = -(-threshold * _gaps_to_compare(seen)[waiting] // 100)
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
    counts = seen.ends - seen.starts
    some = np.flatnonzero(counts >= FEWEST_ORDERS)
    if not len(some):
        return medians
    lengths = counts[some] - 1
    before = np.zeros(len(some) + 1, np.int64)
    np.cumsum(lengths, out=before[1:])
    first, last = before[:-1], before[1:] - 1
    positions = np.arange(before[-1]) + np.repeat(seen.starts[some] - first, lengths)
    times = seen.columns.processed_at.astype(np.int64)
    # The customer's number in front of the gap in one integer: one sort for everybody's gaps.
    keys = np.repeat(np.arange(len(some)) << 32, lengths) | (times[positions + 1] - times[positions])
    keys.sort()
    gaps = keys & 0xFFFFFFFF
    medians[some] = (gaps[(first + last) // 2] + gaps[(first + last + 1) // 2]) // 2
    return medians
