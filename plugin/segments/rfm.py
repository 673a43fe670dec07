"""Scores of 1 to 5 for how recently, how often and how much customers buy, the group they make and a score of 1 to 10.

Against the fifths of the shop's own buyers: a score of 4 says that at least 60 in 100 buyers do worse. Equal customers
get equal scores, and who is worst together scores 1. Or against one table for every shop. Nobody without an order has
a score. Functions for the table of plugin.segments.measures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from plugin.segments import ages, choices, counting, rfm_groups
from plugin.segments.as_of import DAY, UNDEFINED, AsOf, Crossings, last_reached, nobody
from plugin.segments.baseline import usable
from plugin.segments.columns import IntArray
from plugin.segments.customers import TABLE, Store
from plugin.segments.windows import LIFETIME, Window

# Of the table: who bought within 30, 90, 180 and 365 days; from 2, 5, 10 and 20 orders; from so much money.
TABLE_DAYS = (366, 181, 91, 31)
TABLE_ORDERS = (2, 5, 10, 20)
TABLE_SPEND = (250, 500, 750, 1_000)

_SCORES = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """What it takes to score more than 1, 2, 3 and 4: fewer days than these, at least so many orders, so much money."""

    days: tuple[int, ...]
    orders: tuple[int, ...]
    spend: tuple[int, ...]


def scale(store: Store) -> Scale | None:
    """What customers of a store are scored by; None while the store has too few buyers to be compared with."""
    if store.rfm_scale == TABLE:
        return Scale(TABLE_DAYS, TABLE_ORDERS, tuple(amount * 10**store.minor_units for amount in TABLE_SPEND))
    if store.baseline is None or not usable(store.baseline):
        return None
    return Scale(store.baseline.recency_edges, store.baseline.orders_edges, store.baseline.spend_fifths)


def recency(seen: AsOf, _window: Window) -> IntArray:
    return seen.kept("recency", lambda: _recency(seen))


def recency_crossings(seen: AsOf, _: Window, thresholds: IntArray, numbers: IntArray) -> Crossings:
    """A score falls below n in the second in which the days since the last order reach what n takes."""
    some, reached = last_reached(numbers, thresholds)
    return _falling_below(seen, some, reached)


def frequency(seen: AsOf, _window: Window) -> IntArray:
    return seen.kept("frequency", lambda: _frequency(seen))


def monetary(seen: AsOf, _window: Window) -> IntArray:
    return seen.kept("monetary", lambda: _monetary(seen))


def no_crossings(_seen: AsOf, _window: Window, _thresholds: IntArray, _numbers: IntArray) -> Crossings:
    """Only orders change it, and the store's own numbers."""
    return nobody()


def score(seen: AsOf, _window: Window) -> IntArray:
    """From 1 to 10: the three scores added up, 3 to 15, spread evenly: 1 + (sum - 3) x 3/4, rounded down."""
    found = recency(seen, LIFETIME) + frequency(seen, LIFETIME) + monetary(seen, LIFETIME)
    return np.where(found < 3, UNDEFINED, 1 + (found - 3) * 3 // 4)


def score_crossings(seen: AsOf, _: Window, thresholds: IntArray, numbers: IntArray) -> Crossings:
    """It falls below n when recency falls below what n takes beside the other two."""
    some, reached = last_reached(numbers, thresholds)
    sum_needed = 3 + -(-4 * (reached - 1) // 3)
    others = frequency(seen, LIFETIME)[some] + monetary(seen, LIFETIME)[some]
    return _falling_below(seen, some, sum_needed - others)


def group(seen: AsOf, _window: Window) -> IntArray:
    # Of whoever has no score all three are UNDEFINED, and so is what they make.
    code = (recency(seen, LIFETIME) * 10 + frequency(seen, LIFETIME)) * 10 + monetary(seen, LIFETIME)
    return np.where(code < 0, UNDEFINED, _groups()[np.maximum(code, 0)])


def group_crossings(seen: AsOf, _: Window, _thresholds: IntArray, numbers: IntArray) -> Crossings:
    """Looked at again whenever recency falls: not each fall leads to another group."""
    some = np.flatnonzero(numbers != UNDEFINED)
    return _falling_below(seen, some, recency(seen, LIFETIME)[some])


def _recency(seen: AsOf) -> IntArray:
    days, found = ages.days_since_last(seen, LIFETIME), scale(seen.store)
    return _scored(seen, -days, [1 - edge for edge in found.days] if found else None)


def _frequency(seen: AsOf) -> IntArray:
    found = scale(seen.store)
    return _scored(seen, counting.count(seen, LIFETIME), found.orders if found else None)


def _monetary(seen: AsOf) -> IntArray:
    found = scale(seen.store)
    return _scored(seen, counting.spent(seen, LIFETIME), found.spend if found else None)


def _scored(seen: AsOf, numbers: IntArray, edges: Sequence[int] | None) -> IntArray:
    """1, and one more for each edge that is reached, for everybody who bought."""
    if edges is None:
        return np.full(len(numbers), UNDEFINED, np.int64)
    score = np.ones(len(numbers), np.int64)
    for edge in edges:
        score += numbers >= edge
    return np.where(seen.ends > seen.starts, score, UNDEFINED)


def _falling_below(seen: AsOf, some: IntArray, needed: IntArray) -> Crossings:
    """When some customers will score less for recency than they need, and score now."""
    found = scale(seen.store)
    falling, needed = some[needed > 1], needed[needed > 1]
    if found is None or not len(falling):
        return nobody()
    return falling, seen.last_at()[falling] + np.array(found.days, np.int64)[needed - 2] * DAY


@cache
def _groups() -> IntArray:
    """By the code as a number of three digits, the number of the group's word."""
    numbers = np.full(556, UNDEFINED, np.int64)
    for name, codes in rfm_groups.CODES.items():
        numbers[[int(code) for code in codes.split()]] = choices.code("rfm_group", name)
    return numbers
