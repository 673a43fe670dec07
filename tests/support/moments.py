"""Every instant at which time alone could change what is asked about a person, a microsecond to either side, in order.

More of them than there are changes: whoever looks at all of them misses none.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from tests.support import people
from tests.support.oracle import Definition, exactly
from tests.support.people import DAY, SECOND, Person, Shop

# As far ahead as two turns of every date.
YEARS = (-1, 0, 1, 2)
TABLE_DAYS = (31, 91, 181, 366)


def of(person: Person, definitions: Iterable[Definition], shop: Shop, as_of: datetime) -> list[datetime]:
    """Those after `as_of`."""
    asked = [each for definition in definitions for each in [*definition["conditions"], *definition.get("keep", [])]]
    edges = {order.processed_at for order in person.orders}
    edges |= {each for each in (person.signed_up_at, person.answered_at, person.pins_until) if each}
    edges |= set(person.stays.values())
    for condition in asked:
        edges |= set(_edges(condition, person, shop, as_of))
    beside = {edge + timedelta(microseconds=each) for edge in edges for each in (-1, 0, 1)}
    return sorted(each for each in beside if each > as_of)


def _edges(condition: Mapping[str, Any], person: Person, shop: Shop, as_of: datetime) -> Iterable[datetime]:
    measure, value, window = condition["measure"], condition["value"], condition.get("window", "lifetime")
    instants = [order.processed_at for order in person.orders]
    thresholds = value if isinstance(value, list) else [value]
    if isinstance(window, Mapping):
        for year in YEARS:
            yield people.begins(people.date_of(as_of.year + year, window["before"]), shop.zone)
    elif window != "lifetime":
        yield from (at + window * DAY for at in [*instants, *filter(None, [person.answered_at])])
    if measure.startswith("days_since"):
        since = [person.signed_up_at] if measure == "days_since_signup" else instants
        yield from (at + int(days) * DAY for at in since if at for days in thresholds)
    if measure == "overdue":
        yield from _overdue(person, shop, as_of, [exactly(each) for each in thresholds])
    if measure.endswith(("score", "group")) and measure != "promoter_score":
        yield from (at + days * DAY for at in instants for days in _ages(shop))


def _overdue(person: Person, shop: Shop, as_of: datetime, thresholds: list[Decimal]) -> Iterable[datetime]:
    gap = people.gap_to_compare(people.inside("lifetime", person.orders, shop.zone, as_of), shop)
    for order in person.orders:
        for times in thresholds if gap is not None else []:
            yield order.processed_at + ceil(times * gap) * SECOND


def _ages(shop: Shop) -> set[int]:
    """What days since the last order can be an edge between two scores."""
    if shop.by_table:
        return set(TABLE_DAYS)
    since = [max(order.processed_at for order in mine) for mine in people.buyers(shop)]
    ages = {(shop.counted_at - each) // DAY for each in since if shop.counted_at}
    return ages | {age + 1 for age in ages}
