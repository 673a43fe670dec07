"""Customers and segments in, memberships and next reviews out: the one meaning of "in the segment".

Called for a drained batch, the sweep, a whole shop and a preview alike, in chunks of some 16,000 customers. Pure: the
instant is an argument, and equal arguments give equal answers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from plugin.segments import as_of as moments
from plugin.segments import choices, columns, memberships
from plugin.segments.as_of import AsOf
from plugin.segments.asked import Asked
from plugin.segments.columns import IntArray
from plugin.segments.customers import Customers, Store
from plugin.segments.measures import MEASURES
from plugin.segments.memberships import Standing
from plugin.segments.operators import OPERATORS
from plugin.segments.rules import Condition, Segment

NEVER = moments.NEVER

Numbers = dict[Asked, IntArray]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Arrays in the order of the customers."""

    memberships: IntArray
    """One bit a segment, at `segment.bit`."""
    next_review_at: IntArray
    """Microseconds since the epoch: the first instant after `as_of` at which time alone could change something."""
    stays: Mapping[int, IntArray]
    """By bit, of segments with a minimum stay: the second until which they stay; 0 for who may leave or is not in."""


def evaluate(customers: Customers, segments: Sequence[Segment], as_of: datetime, store: Store) -> Evaluation:
    views = _views(customers, as_of, store)
    conditions = frozenset(condition for segment in segments for condition in segment.all_conditions)
    numbers = _numbers(views, conditions)
    seconds = views(None).seconds
    standings = memberships.standings(segments, customers, seconds, lambda each: holding(each, numbers, store))
    stays = memberships.stays(segments, customers, standings, as_of)
    reviews = _next_review_at(views, _thresholds(conditions), numbers, customers, stays)
    return Evaluation(_bits(standings, len(customers)), reviews, stays)


def standings(
    customers: Customers, segments: Sequence[Segment], as_of: datetime, store: Store
) -> tuple[Numbers, dict[int, Standing]]:
    """How `evaluate` comes to its answer: the numbers it rests on, and by bit why customers are in a segment or not."""
    numbers = numbers_of(customers, (each for segment in segments for each in segment.all_conditions), as_of, store)
    seconds = columns.microseconds(as_of) // 1_000_000
    return numbers, memberships.standings(segments, customers, seconds, lambda each: holding(each, numbers, store))


def numbers_of(customers: Customers, conditions: Iterable[Condition], as_of: datetime, store: Store) -> Numbers:
    """What each measure the conditions ask for is of every customer, each computed once."""
    return _numbers(_views(customers, as_of, store), conditions)


def holding(condition: Condition, numbers: Numbers, store: Store) -> NDArray[np.bool_]:
    """For which customers the condition holds."""
    operator, found = OPERATORS[condition.comparison], numbers[condition.asked]
    if not operator.of_choices:
        return operator.mask(found, condition.value) & _whole(condition, numbers)
    words = [str(word) for word in condition.value] if isinstance(condition.value, tuple) else []
    if not MEASURES[condition.measure].mirrored:
        codes = [choices.code(condition.measure, word) for word in words]
        return operator.chosen(np.logical_or.reduce([found == code for code in codes]), found)
    if not store.mirrors.keys() >= set(words):
        return np.zeros(len(found), np.bool_)  # not fetched yet: nobody is known to be in it, or not to be
    bits = sum(1 << bit for bit in {store.mirrors[word] for word in words})
    return operator.chosen(found & bits != 0, found)


def _whole(condition: Condition, numbers: Numbers) -> NDArray[np.bool_] | np.bool_:
    """A part of the truth may say that there is enough, but not that there is not more."""
    _, high = OPERATORS[condition.comparison].interval(condition.value)
    whole = None if high is None else numbers.get(condition.asked._replace(whole=True))
    return np.True_ if whole is None else whole > 0


Views = Callable[[str | None], AsOf]


def _views(customers: Customers, as_of: datetime, store: Store) -> Views:
    """Looks at the orders of one category, or at all of them, each made once."""
    made: dict[str | None, AsOf] = {}

    def view(category: str | None) -> AsOf:
        if category not in made:
            orders = customers.orders if category is None else customers.categories[category]
            # What is known of customers is about all of their orders.
            made[category] = AsOf.of(orders, as_of, customers.facts if category is None else {}, store)
        return made[category]

    return view


def _numbers(views: Views, conditions: Iterable[Condition]) -> Numbers:
    asked = {condition.asked for condition in conditions}
    found = {each: MEASURES[each.measure].numbers(views(each.category), each.window) for each in asked}
    for each in asked:
        whole = MEASURES[each.measure].whole
        if whole is not None and each.over_a_lifetime and views(None).store.history_from is not None:
            found[each._replace(whole=True)] = whole(views(None)).astype(np.int64)
    return found


def _bits(standings: Mapping[int, Standing], count: int) -> IntArray:
    # The eight bytes of each number apart, and truths as the bytes they are: many times faster than shifting numbers.
    found = np.zeros((8, count), np.uint8)
    for bit, standing in standings.items():
        found[bit // 8] |= standing.inside.view(np.uint8) << np.uint8(bit % 8)
    return np.ascontiguousarray(found.T).view("<i8").ravel().astype(np.int64, copy=False)


def _next_review_at(
    views: Views,
    thresholds: Mapping[Asked, IntArray],
    numbers: Numbers,
    customers: Customers,
    stays: Mapping[int, IntArray],
) -> IntArray:
    seen = views(None)
    crossing_at = np.full(len(customers), NEVER, np.int64)
    for asked, ascending in thresholds.items():
        view = views(asked.category)
        some, seconds = MEASURES[asked.measure].crossings(view, asked.window, ascending, numbers[asked])
        crossing_at[some] = np.minimum(crossing_at[some], seconds)
    for ends in filter(np.any, (customers.pins_until, *stays.values())):
        crossing_at = np.minimum(crossing_at, np.where(ends > seen.seconds, ends, NEVER))
    # An order counts one microsecond after its instant, whereas windows and ages end exactly at theirs.
    return np.minimum(_microseconds(crossing_at), _microseconds(seen.next_order_at(), later=1))


@lru_cache(maxsize=8)
def _thresholds(conditions: frozenset[Condition]) -> Mapping[Asked, IntArray]:
    """Of each number the conditions ask for, ascending, those whose crossing can change an answer."""
    found: dict[Asked, set[int]] = {}
    for condition in conditions:
        comes_and_goes = {0} if MEASURES[condition.measure].comes_and_goes else set()
        crossed = comes_and_goes.union(OPERATORS[condition.comparison].thresholds(condition.value))
        if crossed:
            found.setdefault(condition.asked, set()).update(crossed)
    return {asked: np.array(sorted(crossed), np.int64) for asked, crossed in found.items()}


def _microseconds(seconds: IntArray, later: int = 0) -> IntArray:
    known = seconds != NEVER
    return np.where(known, np.where(known, seconds, 0) * 1_000_000 + later, NEVER)
