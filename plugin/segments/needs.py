"""What a set of segments needs to know of customers beside their orders: nothing else is fetched, kept or loaded.

Pure. plugin.standing.loading reads it; so does whoever keeps categories of products or mirrors of Shopify's segments.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from plugin.segments import counting
from plugin.segments.baseline import usable
from plugin.segments.customers import TABLE, Store
from plugin.segments.measures import MEASURES
from plugin.segments.rules import Condition, Segment

SHOPIFY_SEGMENT = "shopify_segment"


@dataclass(frozen=True, slots=True)
class Needs:
    """`facts`: names of plugin.segments.customers.Customers.facts; `categories`: keys of category_keys.

    `shopify_segments`: ids of segments kept in Shopify. `stays`: bits of segments with a minimum stay.
    `baseline`: whether customers are compared with the store.
    """

    facts: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    shopify_segments: frozenset[str] = frozenset()
    stays: frozenset[int] = frozenset()
    baseline: bool = False


def of(segments: Iterable[Segment], *, hidden: bool = False) -> Needs:
    """What all of these segments need together; `hidden`: in a shop whose older orders we cannot see."""
    segments = list(segments)
    conditions = [condition for segment in segments for condition in segment.all_conditions]
    mirrored = [condition for condition in conditions if condition.measure == SHOPIFY_SEGMENT]
    words = {word for condition in mirrored if isinstance(condition.value, tuple) for word in condition.value}
    return Needs(
        facts=frozenset(fact for condition in conditions for fact in _facts(condition, hidden)),
        categories=frozenset(condition.category for condition in conditions if condition.category is not None),
        shopify_segments=frozenset(map(str, words)),
        stays=frozenset(segment.bit for segment in segments if segment.minimum_stay_days),
        baseline=any(MEASURES[condition.measure].compares for condition in conditions),
    )


def lacks_buyers(segment: Segment, store: Store) -> bool:
    """Whether the segment compares customers with a store that has too few of them."""
    if store.baseline is not None and usable(store.baseline):
        return False
    measures = [MEASURES[condition.measure] for condition in segment.all_conditions]
    return any(each.relative and not (each.scored and store.rfm_scale == TABLE) for each in measures)


def _facts(condition: Condition, hidden: bool) -> Iterable[str]:
    measure = MEASURES[condition.measure]
    yield from measure.facts
    if hidden and measure.summed_by_shopify and condition.asked.over_a_lifetime:
        yield from (measure.summed_by_shopify, counting.SIGNED_UP_AT)
