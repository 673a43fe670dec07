"""What would bring a customer into a segment: the least they would have to order, and until when it would still do.

Found by trying: orders are added to the customer's own and judged by `evaluate`, so that whoever does what is said is
in. Explanations ask. Pure.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from plugin.segments import columns, evaluate, intervals
from plugin.segments.as_of import DAY
from plugin.segments.columns import Columns
from plugin.segments.customers import Customers, Store
from plugin.segments.measures import MEASURES
from plugin.segments.rules import Segment

MOST_ORDERS = 100
# More than anybody spends or carries home, and far below what sums can hold.
MORE_THAN_ENOUGH_SPEND = 10**12
MORE_THAN_ENOUGH_UNITS = 10**6
MOST_INSTANTS = 100
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Purchase:
    """Orders in the same moment, worth so much and of so many items in all, with products of some categories."""

    orders: int
    spend: int = 0
    units: int = 0
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    purchase: Purchase
    before: datetime | None
    """The instant from which it would no longer be enough; None if it always will be."""


def find(
    customer: Customers, segment: Segment, segments: Sequence[Segment], as_of: datetime, store: Store
) -> Advice | None:
    """The least purchase that brings one customer in; None if none would, or if they are in it.

    1. Find how few orders would be enough if they were worth a fortune. 2. Find how little they may be worth, and how
    few items they may have. 3. Try them in the customer's place, with ladders, pins and all. 4. Find until when.
    """
    rivals = [other for other in segments if other is segment or _same_ladder(other, segment)]

    def inside(purchase: Purchase, at: datetime) -> bool:
        bought = after(customer, purchase, at)
        _, standings = evaluate.standings(bought, rivals, at + MOMENT, store)
        return bool(standings[segment.bit].inside[0])

    if inside(Purchase(0), as_of):
        return None
    purchase = _least(customer, segment, as_of, store)
    if purchase is None or not inside(purchase, as_of):
        return None
    ends = _end(lambda at: inside(purchase, at), _instants(customer, rivals, as_of, store))
    return Advice(purchase, ends.astimezone(as_of.tzinfo) if ends else None)


def after(customer: Customers, purchase: Purchase, at: datetime) -> Customers:
    """The customer as they would be had they bought this at an instant."""
    if not purchase.orders:
        return customer
    orders = customer.orders
    categories = {
        key: _with(each, purchase, at) if key in purchase.categories else each
        for key, each in customer.categories.items()
    }
    return replace(customer, orders=_with(orders, purchase, at), categories=categories)


def _with(orders: object, purchase: Purchase, at: datetime) -> Columns:
    if not isinstance(orders, Columns):
        raise TypeError("sums of many customers have no room for one more order")
    count = purchase.orders
    spend, units = np.zeros((2, count), np.int64)
    spend[-1], units[-1] = purchase.spend, purchase.units
    second = np.full(count, columns.seconds(at), np.uint32)
    # What was placed later than that (it does not count yet) stays behind it.
    place = int(np.searchsorted(orders.processed_at, second[0], side="right"))
    return Columns(
        customer_ids=orders.customer_ids,
        starts=np.array([0, len(orders.processed_at) + count], np.int64),
        processed_at=np.insert(orders.processed_at, place, second),
        spend=np.insert(orders.spend, place, spend),
        units=np.insert(orders.units, place, units.astype(np.uint32)),
    )


def _least(customer: Customers, segment: Segment, as_of: datetime, store: Store) -> Purchase | None:
    wanted = [condition for condition in segment.conditions if intervals.of_numbers(condition)]
    needed = tuple(sorted({c.category for c in wanted if c.category is not None and intervals.of(c)[0] > 0}))

    def enough(orders: int, spend: int, units: int) -> bool:
        bought = after(customer, Purchase(orders, spend, units, needed), as_of)
        numbers = evaluate.numbers_of(bought, wanted, as_of + MOMENT, store)
        return all(int(numbers[each.asked][0]) >= intervals.of(each)[0] for each in wanted)

    if not enough(MOST_ORDERS, MORE_THAN_ENOUGH_SPEND, MORE_THAN_ENOUGH_UNITS):
        return None
    orders = _first(1, MOST_ORDERS, lambda n: enough(n, MORE_THAN_ENOUGH_SPEND, MORE_THAN_ENOUGH_UNITS))
    spend = _first(0, MORE_THAN_ENOUGH_SPEND, lambda n: enough(orders, n, MORE_THAN_ENOUGH_UNITS))
    units = _first(0, MORE_THAN_ENOUGH_UNITS, lambda n: enough(orders, spend, n))
    return Purchase(orders, spend, units, needed)


def _first(low: int, high: int, enough: Callable[[int], bool]) -> int:
    """The smallest number that is enough; `high` is."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def _end(does: Callable[[datetime], bool], instants: Iterable[datetime]) -> datetime | None:
    """The first instant at which it does no longer; the last one that was tried if there are too many."""
    for tried, instant in enumerate(instants):
        if tried == MOST_INSTANTS or not does(instant):
            return instant
    return None


def _instants(customer: Customers, segments: Sequence[Segment], as_of: datetime, store: Store) -> list[datetime]:
    """When time alone changes a number these segments look at, whether or not a threshold is passed by it."""
    now = columns.seconds(as_of)
    found: set[int] = set()
    for condition in (each for segment in segments for each in segment.all_conditions):
        orders = customer.orders if condition.category is None else customer.categories[condition.category]
        days = [0, *([condition.window.days] if condition.window.before is None else [])]
        days += [number for number in intervals.of(condition) if number and MEASURES[condition.measure].unit.in_days]
        for length in (each for each in days if each is not None):
            found |= {int(at) + length * DAY for at in orders.processed_at}
    reviewed = evaluate.evaluate(customer, segments, as_of, store).next_review_at[0]
    if reviewed != evaluate.NEVER:
        found.add(int(reviewed) // 1_000_000)
    return [columns.EPOCH + timedelta(seconds=second) for second in sorted(found) if second > now]


def _same_ladder(one: Segment, other: Segment) -> bool:
    return one.ladder is not None and other.ladder is not None and one.ladder.name == other.ladder.name
