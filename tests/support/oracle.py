"""Who is in which segment, one customer at a time, straight from the sentences of docs/segments.md.

Slow and plain, with datetimes and Decimals, sharing no code with the engine it judges: tests compare the two.
Never ask it how something works; ask the page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

COUNTED_STATUSES = frozenset({"paid", "partially_paid", "partially_refunded", "authorized"})

Definition = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    quantity: int
    """As bought."""
    taken_back: int = 0
    gift_card: bool = False


@dataclass(frozen=True)
class RawOrder:
    """An order as a shop knows it now."""

    order_id: int
    customer: int | str | None
    """None is a guest."""
    processed_at: datetime
    total: Decimal
    """As it was placed."""
    refunded: Decimal = Decimal(0)
    financial_status: str | None = "paid"
    cancelled_at: datetime | None = None
    test: bool = False
    lines: tuple[Line, ...] = ()


def counts(order: RawOrder, statuses: Iterable[str] = COUNTED_STATUSES) -> bool:
    """Whether the order counts at all, whenever it is asked for."""
    if order.customer is None or order.test or order.cancelled_at is not None:
        return False
    if order.financial_status not in statuses:
        return False
    fully_refunded = order.refunded > 0 and order.refunded >= order.total
    return not fully_refunded


def members(
    definitions: Iterable[Definition],
    orders: Iterable[RawOrder],
    as_of: datetime,
    customers: Iterable[int | str] = (),
    statuses: Iterable[str] = COUNTED_STATUSES,
) -> dict[str, set[int | str]]:
    """The customers in each segment, by its name. `customers` need only name those who have no orders."""
    of_customer: dict[int | str, list[RawOrder]] = {customer: [] for customer in customers}
    for order in orders:
        if counts(order, statuses) and order.customer is not None:
            of_customer.setdefault(order.customer, []).append(order)
    return {
        definition["name"]: {
            customer for customer, theirs in of_customer.items() if is_member(definition, theirs, as_of)
        }
        for definition in definitions
    }


def is_member(definition: Definition, counting_orders: list[RawOrder], as_of: datetime) -> bool:
    """Whether a customer with these orders (which all count) is in the segment."""
    for condition in definition["conditions"]:
        number = measured(condition["measure"], condition.get("window", "lifetime"), counting_orders, as_of)
        if number is None or not holds(condition["comparison"], number, condition["value"]):
            return False
    return True


def measured(measure: str, window: int | str, counting_orders: list[RawOrder], as_of: datetime) -> Decimal | None:
    """The number a measure has, money in major units; None where there is no such number."""
    happened = [order for order in counting_orders if order.processed_at < as_of]
    if window != "lifetime":
        length = timedelta(hours=24 * int(window))
        happened = [order for order in happened if as_of - order.processed_at < length]
    if measure == "orders":
        return Decimal(len(happened))
    if measure == "units":
        kept = [line.quantity - line.taken_back for order in happened for line in order.lines if not line.gift_card]
        return Decimal(sum(kept))
    if measure == "spend":
        return sum((order.total - order.refunded for order in happened), Decimal(0))
    if not happened:
        return None
    instants = [order.processed_at for order in happened]
    since = {"days_since_last_order": max, "days_since_first_order": min}[measure](instants)
    return Decimal((as_of - since) // timedelta(hours=24))


def holds(comparison: str, number: Decimal, value: Any) -> bool:
    if comparison == "at_least":
        return number >= exactly(value)
    if comparison == "below":
        return number < exactly(value)
    if comparison == "between":
        low, high = value
        return exactly(low) <= number < exactly(high)
    raise ValueError(comparison)


def instants_of_change(counting_orders: Iterable[RawOrder], definitions: Iterable[Definition]) -> list[datetime]:
    """Every instant at which time alone could change anything, with a microsecond to either side, in order."""
    days = {0}
    for condition in (each for definition in definitions for each in definition["conditions"]):
        window, value = condition.get("window", "lifetime"), condition["value"]
        if condition["measure"].startswith("days_since"):
            days |= {int(number) for number in (value if isinstance(value, list) else [value])}
        elif window != "lifetime":
            days.add(int(window))
    edges = [order.processed_at + timedelta(hours=24 * count) for order in counting_orders for count in days]
    return sorted({edge + timedelta(microseconds=beside) for edge in edges for beside in (-1, 0, 1)})


def exactly(written: Any) -> Decimal:
    """A number as it stands in a definition; a float is read as it was written."""
    return Decimal(str(written))
