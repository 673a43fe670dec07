"""Columns and segments in, memberships and next reviews out: the one meaning of "in the segment".

Called for a drained batch, the sweep, a whole shop and a preview alike, in chunks of some 16,000 customers. Pure: the
instant is an argument, and equal arguments give equal answers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from plugin.segments import as_of as moments
from plugin.segments.as_of import AsOf
from plugin.segments.columns import Columns, IntArray
from plugin.segments.measures import MEASURES
from plugin.segments.operators import OPERATORS
from plugin.segments.rules import Condition, Segment

NEVER = moments.NEVER

Numbers = dict[tuple[str, int | None], IntArray]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Arrays in the order of the columns' customers."""

    memberships: IntArray
    """One bit a segment, at `segment.bit`."""
    next_review_at: IntArray
    """Microseconds since the epoch: the first instant after `as_of` at which time alone could change something."""


def evaluate(columns: Columns, segments: Sequence[Segment], as_of: datetime) -> Evaluation:
    seen = AsOf.of(columns, as_of)
    conditions = {condition for segment in segments for condition in segment.conditions}
    numbers = numbers_of(seen, conditions)
    memberships = np.zeros(len(columns), np.int64)
    for segment in segments:
        memberships |= members(segment, numbers).astype(np.int64) << segment.bit
    return Evaluation(memberships, _next_review_at(seen, conditions, numbers))


def numbers_of(seen: AsOf, conditions: Iterable[Condition]) -> Numbers:
    """What each measure the conditions ask for is of every customer, each computed once."""
    asked = {(condition.measure, condition.window_days) for condition in conditions}
    return {(measure, window_days): MEASURES[measure].numbers(seen, window_days) for measure, window_days in asked}


def members(segment: Segment, numbers: Numbers) -> NDArray[np.bool_]:
    """Who is in a segment."""
    first, *others = segment.conditions
    found = holding(first, numbers)
    for condition in others:
        found &= holding(condition, numbers)
    return found


def holding(condition: Condition, numbers: Numbers) -> NDArray[np.bool_]:
    """For which customers the condition holds."""
    operator = OPERATORS[condition.comparison]
    return operator.mask(numbers[condition.measure, condition.window_days], condition.value)


def _next_review_at(seen: AsOf, conditions: set[Condition], numbers: Numbers) -> IntArray:
    crossing_at = np.full(len(seen.columns), NEVER, np.int64)
    crossed = {
        (condition.measure, condition.window_days, threshold)
        for condition in conditions
        for threshold in OPERATORS[condition.comparison].thresholds(condition.value)
    }
    for measure, window_days, threshold in crossed:
        key = measure, window_days
        customers, seconds = MEASURES[measure].crossings(seen, window_days, threshold, numbers[key])
        crossing_at[customers] = np.minimum(crossing_at[customers], seconds)
    # An order counts one microsecond after its instant, whereas windows and ages end exactly at theirs.
    return np.minimum(_microseconds(crossing_at), _microseconds(seen.next_order_at(), later=1))


def _microseconds(seconds: IntArray, later: int = 0) -> IntArray:
    known = seconds != NEVER
    return np.where(known, np.where(known, seconds, 0) * 1_000_000 + later, NEVER)
