"""How a customer's spend compares with the other buyers' of the store, by the stored baseline.

Nobody is compared while the store has too few buyers. Functions for the table of plugin.segments.measures.
"""

import numpy as np

from plugin.segments import counting
from plugin.segments.as_of import UNDEFINED, AsOf
from plugin.segments.baseline import usable
from plugin.segments.columns import IntArray
from plugin.segments.windows import LIFETIME, Window


def spend_percentile(seen: AsOf, _window: Window) -> IntArray:
    """The highest of the baseline's edges that was spent: at least 95 is the top five in a hundred."""
    baseline = seen.store.baseline
    if baseline is None or not usable(baseline):
        return np.full(len(seen.columns), UNDEFINED, np.int64)
    reached = np.searchsorted(np.array(baseline.spend_edges), counting.spent(seen, LIFETIME), side="right") - 1
    return np.where(seen.ends > seen.starts, np.maximum(reached, 0), UNDEFINED)


def spend_against_average(seen: AsOf, _window: Window) -> IntArray:
    """Hundredths of what the store's buyers spend on average."""
    baseline = seen.store.baseline
    if baseline is None or not usable(baseline):
        return np.full(len(seen.columns), UNDEFINED, np.int64)
    spend = counting.spent(seen, LIFETIME)
    return np.where(seen.ends > seen.starts, spend * 100 // max(baseline.average_spend, 1), UNDEFINED)
