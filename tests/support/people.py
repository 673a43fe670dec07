"""Who is in which segment by all that is known of them, one person at a time, straight from the sentences of
docs/segments.md: every measure, lower bars, ladders, stays and pins.

Slow and plain like tests/support/oracle.py, which knows orders only, and sharing no code with the engine either. Of the
store it counts everybody anew for every question.
"""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise
from math import floor
from typing import Any

from plugin.segments import rfm_groups
from tests.support import oracle
from tests.support.oracle import Definition, RawOrder, exactly

DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)
LOOKS_DOWN = ("below", "between")


@dataclass(frozen=True)
class Person:
    """`orders` all count. `bought`: by category, the same orders with its lines alone. Names are those of segments."""

    number: int
    orders: tuple[RawOrder, ...] = ()
    bought: Mapping[str, tuple[RawOrder, ...]] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    shopify_segments: frozenset[str] = frozenset()
    signed_up_at: datetime | None = None
    answer: int | None = None
    answered_at: datetime | None = None
    lifetime_orders: int | None = None
    lifetime_spend: Decimal | None = None
    inside: frozenset[str] = frozenset()
    stays: Mapping[str, datetime] = field(default_factory=dict)
    pinned_in: frozenset[str] = frozenset()
    pinned_out: frozenset[str] = frozenset()
    pins_until: datetime | None = None


@dataclass(frozen=True)
class Shop:
    """`everybody` as they were counted for comparisons, at `counted_at`."""

    zone: tzinfo = UTC
    everybody: tuple[Person, ...] = ()
    counted_at: datetime | None = None
    fewest_buyers: int = 100
    by_table: bool = False
    history_from: datetime | None = None


def standing(definitions: Iterable[Definition], person: Person, shop: Shop, as_of: datetime) -> set[str]:
    """The names of the segments the person is in."""
    definitions = list(definitions)
    found = {each["name"] for each in definitions if fits(each, definitions, person, shop, as_of)}
    for ladder in {each["ladder"]["name"] for each in definitions if "ladder" in each}:
        rungs = [each for each in definitions if each.get("ladder", {}).get("name") == ladder and each["name"] in found]
        pinned = [each for each in rungs if each["name"] in person.pinned_in]
        highest = max(pinned or rungs, key=lambda each: each["ladder"]["rank"], default=None)
        found -= {each["name"] for each in rungs if each is not highest}
    return found


def fits(definition: Definition, all_of_them: list[Definition], person: Person, shop: Shop, as_of: datetime) -> bool:
    """Whether anything speaks for the segment and no pin against it."""
    name = definition["name"]
    if name in person.pinned_in or name in person.pinned_out:
        return name in person.pinned_in
    if all(holds(each, person, shop, as_of) for each in definition["conditions"]):
        return True
    stays = "minimum_stay" in definition and name in person.stays and as_of < person.stays[name]
    if name in person.inside and stays:
        return True
    ladder = definition.get("ladder")
    higher = {
        each["name"]
        for each in all_of_them
        if ladder and each.get("ladder", {}).get("name") == ladder["name"] and each["ladder"]["rank"] > ladder["rank"]
    }
    was_above = bool(person.inside & ({name} | higher))
    keep = definition.get("keep", [])
    return bool(keep) and was_above and all(holds(each, person, shop, as_of) for each in keep)


def holds(condition: Mapping[str, Any], person: Person, shop: Shop, as_of: datetime) -> bool:
    number = measured(condition, person, shop, as_of)
    if number is None or (condition["comparison"] in LOOKS_DOWN and is_a_part(condition, person, shop)):
        return False
    if condition["comparison"] in ("is", "is_not"):
        value = condition["value"]
        asked = set(value if isinstance(value, list) else [value])
        return bool(number & asked) is (condition["comparison"] == "is")
    return oracle.holds(condition["comparison"], number, condition["value"])


def is_a_part(condition: Mapping[str, Any], person: Person, shop: Shop) -> bool:
    """Whether there may have been more orders than anybody told us of."""
    if shop.history_from is None or condition["measure"] not in ("orders", "spend") or "category" in condition:
        return False
    told = {"orders": person.lifetime_orders, "spend": person.lifetime_spend}[condition["measure"]]
    new = person.signed_up_at is not None and person.signed_up_at >= shop.history_from
    return condition.get("window", "lifetime") == "lifetime" and told is None and not new


def measured(condition: Mapping[str, Any], person: Person, shop: Shop, as_of: datetime) -> Any:
    """The number, or the set of words; None where there is none."""
    measure, window = condition["measure"], condition.get("window", "lifetime")
    if measure in ("country", "province", "consent", "shopify_rfm"):
        word = person.words.get(measure, "not_subscribed" if measure == "consent" else None)
        return None if word is None else {word}
    if measure == "shopify_segment":
        return set(person.shopify_segments)
    if measure == "days_since_signup":
        return _full_days(person.signed_up_at, as_of)
    if measure == "promoter_score":
        return _answer(window, person, as_of)
    orders = person.orders
    if "category" in condition:
        ((kind, value),) = condition["category"].items()
        orders = person.bought.get(f"{kind}:{value}", ())
    happened = inside(window, orders, shop.zone, as_of)
    if measure in ("orders", "units", "spend", "average_order_value"):
        return _added_up(measure, happened, person, shop, window == "lifetime" and "category" not in condition)
    if measure in ("days_since_last_order", "days_since_first_order"):
        return oracle.measured(measure, "lifetime", list(orders), as_of)
    return _compared(measure, happened, shop, as_of) if happened else None


def inside(window: Any, orders: Iterable[RawOrder], zone: tzinfo, as_of: datetime) -> list[RawOrder]:
    happened = [order for order in orders if order.processed_at < as_of]
    if window == "lifetime":
        return happened
    if not isinstance(window, Mapping):
        return [order for order in happened if as_of - order.processed_at < window * DAY]
    this_year = as_of.astimezone(zone).year
    dates = [date_of(year, window["before"]) for year in range(this_year - 1, this_year + 1)]
    last = max(each for each in dates if begins(each, zone) <= as_of)
    first = begins(last - timedelta(days=window["days"]), zone)
    return [order for order in happened if first <= order.processed_at < begins(last, zone)]


def begins(day: date, zone: tzinfo) -> datetime:
    """The first instant of a day of the calendar: found by halving, whatever the clocks do that night."""
    early = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    seconds = [0, 4 * 86_400]
    while seconds[1] - seconds[0] > 1:
        middle = sum(seconds) // 2
        is_there = (early + middle * SECOND).astimezone(zone).date() >= day
        seconds[1 if is_there else 0] = middle
    return early + seconds[1] * SECOND


def median_gap(orders: Iterable[RawOrder]) -> int | None:
    """Whole seconds; of three orders at least."""
    instants = sorted(order.processed_at for order in orders)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(instants)]
    return floor(statistics.median(gaps)) if len(gaps) >= 2 else None


def gap_to_compare(happened: Iterable[RawOrder], shop: Shop) -> int | None:
    """The customer's own, or the store's; whole seconds, and a day at least."""
    gap, others = median_gap(happened), buyers(shop)
    if gap is None and len(others) >= shop.fewest_buyers:
        gap = _usual_gap_of_the_store(others)
    return None if gap is None else max(gap, 86_400)


def buyers(shop: Shop) -> list[list[RawOrder]]:
    """The orders of everybody who had bought when they were counted."""
    return [mine for each in shop.everybody if (mine := _seen(each, shop))]


def date_of(year: int, month_and_day: str) -> date:
    month, day = (int(part) for part in month_and_day.split("-"))
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, 3, 1)


def _full_days(since: datetime | None, as_of: datetime) -> Decimal | None:
    return None if since is None or since > as_of else Decimal((as_of - since) // DAY)


def _answer(window: Any, person: Person, as_of: datetime) -> Decimal | None:
    if person.answer is None or person.answered_at is None or person.answered_at > as_of:
        return None
    too_old = window != "lifetime" and as_of - person.answered_at >= window * DAY
    return None if too_old else Decimal(person.answer)


def _added_up(measure: str, happened: list[RawOrder], person: Person, shop: Shop, all_of_them: bool) -> Decimal | None:
    spend = sum((order.total - order.refunded for order in happened), Decimal(0))
    if measure == "average_order_value":
        return (spend / len(happened)).quantize(Decimal("0.01"), "ROUND_DOWN") if happened else None
    if measure == "units":
        return oracle.measured("units", "lifetime", happened, datetime.max.replace(tzinfo=UTC))
    own, told = {"orders": (Decimal(len(happened)), person.lifetime_orders), "spend": (spend, person.lifetime_spend)}[
        measure
    ]
    hidden = shop.history_from is not None and all_of_them and told is not None
    return max(own, Decimal(told)) if hidden else own


def _compared(measure: str, happened: list[RawOrder], shop: Shop, as_of: datetime) -> Any:
    """With the customer's own rhythm, or with the other buyers."""
    last, spend = max(order.processed_at for order in happened), _spend(happened)
    if measure == "usual_gap":
        gap = median_gap(happened)
        return None if gap is None else Decimal(gap // 86_400)
    if measure == "overdue":
        usual, waited = gap_to_compare(happened, shop), floor((as_of - last).total_seconds())
        return None if usual is None else Decimal(waited * 100 // usual) / 100
    everybody = buyers(shop)
    if len(everybody) < shop.fewest_buyers and not (shop.by_table and measure.endswith(("score", "group"))):
        return None
    if measure == "spend_percentile":
        no_more = sum(_spend(each) <= spend for each in everybody)
        return max((Decimal(p) for p in range(100) if no_more * 100 > p * len(everybody)), default=Decimal(0))
    if measure == "spend_against_average":
        cents = floor(sum(map(_spend, everybody)) * 100 / len(everybody))
        return Decimal(floor(spend * 100) * 100 // max(cents, 1)) / 100
    return _score(measure, happened, everybody, shop, as_of)


def _score(measure: str, happened: list[RawOrder], others: list[list[RawOrder]], shop: Shop, as_of: datetime) -> Any:
    days = int(oracle.measured("days_since_last_order", "lifetime", happened, as_of) or 0)
    spend = _spend(happened)
    if shop.by_table:
        recency = 1 + sum(days < fewer for fewer in (366, 181, 91, 31))
        frequency = 1 + sum(len(happened) >= more for more in (2, 5, 10, 20))
        monetary = 1 + sum(spend >= more for more in (250, 500, 750, 1000))
    else:
        ages = [(shop.counted_at - max(each.processed_at for each in mine)) // DAY for mine in others]
        recency = _fifths([age > days for age in ages])
        frequency = _fifths([len(mine) < len(happened) for mine in others])
        monetary = _fifths([_spend(mine) < spend for mine in others])
    if measure == "rfm_group":
        code = f"{recency}{frequency}{monetary}"
        return {name for name, codes in rfm_groups.CODES.items() if code in codes.split()}
    total = recency + frequency + monetary
    scores = {"recency": recency, "frequency": frequency, "monetary": monetary, "": 1 + (total - 3) * 3 // 4}
    return Decimal(scores[measure.removesuffix("score").rstrip("_")])


def _fifths(worse: list[bool]) -> int:
    return 1 + sum(sum(worse) * 100 >= fifth * 20 * len(worse) for fifth in (1, 2, 3, 4))


def _usual_gap_of_the_store(everybody: list[list[RawOrder]]) -> int | None:
    averages = []
    for mine in everybody:
        instants = sorted(order.processed_at for order in mine)
        if len(mine) > 1:
            averages.append(int((instants[-1] - instants[0]).total_seconds()) // (len(mine) - 1))
    return statistics.median_low(averages) if averages else None


def _seen(person: Person, shop: Shop) -> list[RawOrder]:
    return [order for order in person.orders if shop.counted_at and order.processed_at < shop.counted_at]


def _spend(orders: Iterable[RawOrder]) -> Decimal:
    return sum((exactly(order.total) - order.refunded for order in orders), Decimal(0))
