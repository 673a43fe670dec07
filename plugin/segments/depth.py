"""How much of the past a segment must see.

Where Shopify shows recent orders only, a rule that an older order could break would be a guess: such segments wait.
"""

from collections.abc import Iterable

from plugin.segments.measures import MEASURES
from plugin.segments.operators import OPERATORS
from plugin.segments.rules import Condition, Segment

ALL_OF_IT = -1
# The last time that a date came may be almost a year ago.
DAYS_TO_A_DATE = 366


def days_needed(segment: Segment) -> int:
    """The days of history without which the segment would hold people it should not; ALL_OF_IT if none may be missing.

    Of many measures orders we cannot see only add: who placed at least three that we see has placed at least three. But
    who placed exactly one that we see in a year may have placed more. Over a lifetime Shopify's own sums say it, or
    the customer is left out. What compares orders with each other, or customers with the store, needs all of them.
    """
    return _most(_days_needed(condition) for condition in segment.all_conditions)


def lacking(segment: Segment, days_seen: int | None) -> int:
    """How many more days of history the segment has to wait for: 0 if it can be judged, ALL_OF_IT if it never can.

    `days_seen` is None when the whole history is visible.
    """
    needed = days_needed(segment)
    if days_seen is None or 0 <= needed <= days_seen:
        return 0
    return ALL_OF_IT if needed == ALL_OF_IT else needed - days_seen


def _days_needed(condition: Condition) -> int:
    measure, window = MEASURES[condition.measure], condition.window
    _, high = OPERATORS[condition.comparison].interval(condition.value)
    told = measure.summed_by_shopify and condition.asked.over_a_lifetime
    if not measure.of_orders or measure.newest_decides or told or (measure.older_only_add and high is None):
        return 0
    if window.days is None:
        return ALL_OF_IT
    return window.days + (DAYS_TO_A_DATE if window.before is not None else 0)


def _most(days: Iterable[int]) -> int:
    found = list(days)
    return ALL_OF_IT if ALL_OF_IT in found else max(found, default=0)
