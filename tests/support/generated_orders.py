"""Hypothesis strategies for instants, definitions and orders that sit on every edge there is.

Each order knows by the way it was made whether it counts and what it is worth, so that the stored histories do not rest
on the oracle's own reading.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from plugin.segments.columns import Record, pack
from tests.support.oracle import Line, RawOrder

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
DAYS = (1, 7, 30)
CENTS = (0, 1, 999, 1000, 1001, 50_000)


@dataclass(frozen=True)
class MadeOrder:
    raw: RawOrder
    counts: bool
    cents: int
    units: int

    def record(self) -> Record:
        return Record(self.raw.order_id, self.cents, int(self.raw.processed_at.timestamp()), self.units)


@dataclass(frozen=True)
class MadeStore:
    as_of: datetime
    orders: tuple[MadeOrder, ...]
    customers: tuple[int, ...]

    def raw(self) -> list[RawOrder]:
        return [order.raw for order in self.orders]

    def counting(self, customer: int) -> list[RawOrder]:
        return [order.raw for order in self.orders if order.counts and order.raw.customer == customer]

    def histories(self) -> list[bytes | None]:
        """As stored: nothing at all for who never bought, which reads like a history that became empty."""
        return [
            pack(order.record() for order in self.orders if order.counts and order.raw.customer == customer) or None
            for customer in self.customers
        ]


def instants() -> st.SearchStrategy[datetime]:
    """On a second, where most edges are, and a microsecond to either side of one."""
    return st.sampled_from((0, 0, 1, 999_999)).map(lambda fraction: NOON + timedelta(microseconds=fraction))


def second_offsets() -> st.SearchStrategy[int]:
    """Seconds from noon at which an order matters most: on and beside the edges of days, now, and in the future."""
    edges = st.builds(lambda days, beside: -days * 86_400 + beside, st.sampled_from((0, *DAYS)), st.integers(-1, 1))
    anywhere = st.integers(-100 * 86_400, 0)
    future = st.sampled_from((0, 1, 2, 3_600, 86_400, 5 * 86_400))
    return st.one_of(edges, edges, anywhere, future)


@st.composite
def made_orders(draw: st.DrawFn, order_id: int, customers: tuple[int, ...]) -> MadeOrder:
    fate = draw(st.sampled_from(("kept",) * 6 + ("part back", "all back", "cancelled", "test", "unpaid", "guest")))
    cents = draw(st.sampled_from(CENTS))
    quantity = draw(st.integers(0, 3))
    back = {"part back": cents // 3, "all back": cents}.get(fate, 0)
    statuses = {"part back": ("partially_refunded", "paid"), "all back": ("refunded",)}
    unpaid = ("pending", "voided", "expired", None)
    paid = ("paid", "paid", "authorized", "partially_paid")
    processed_at = NOON + timedelta(seconds=draw(second_offsets()))
    raw = RawOrder(
        order_id=order_id,
        customer=None if fate == "guest" else draw(st.sampled_from(customers)),
        processed_at=processed_at,
        total=Decimal(cents).scaleb(-2),
        refunded=Decimal(back).scaleb(-2),
        financial_status=draw(st.sampled_from(unpaid if fate == "unpaid" else statuses.get(fate, paid))),
        cancelled_at=processed_at + timedelta(minutes=1) if fate == "cancelled" else None,
        test=fate == "test",
        lines=(Line(quantity + 1, taken_back=1), Line(7, gift_card=True)),
    )
    return MadeOrder(raw, fate in ("kept", "part back"), cents - back, quantity)


@st.composite
def made_stores(draw: st.DrawFn, most_orders: int = 14) -> MadeStore:
    customers = tuple(range(101, 101 + draw(st.integers(1, 4))))
    count = draw(st.integers(0, most_orders))
    orders = tuple(draw(made_orders(order_id=i + 1, customers=customers)) for i in range(count))
    return MadeStore(draw(instants()), orders, customers)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    measure = draw(st.sampled_from(("orders", "units", "spend", "days_since_last_order", "days_since_first_order")))
    values = {
        "orders": st.integers(0, 5),
        "units": st.integers(0, 8),
        "spend": st.sampled_from((0, "0.01", 9.99, "10", "10.00", 10.01, "20.00", 500, "520.00")),
    }.get(measure, st.sampled_from((0, *DAYS)))
    condition: dict[str, Any] = {"measure": measure}
    window = draw(st.sampled_from((None, "lifetime", *DAYS, *DAYS)))
    if measure in ("orders", "units", "spend") and window:
        condition["window"] = window
    condition["comparison"] = draw(st.sampled_from(("at_least", "below", "between")))
    if condition["comparison"] != "between":
        return condition | {"value": draw(values)}
    pair = st.tuples(values, values).filter(lambda two: Decimal(str(two[0])) < Decimal(str(two[1])))
    return condition | {"value": list(draw(pair))}


@st.composite
def definition_lists(draw: st.DrawFn, most: int = 4) -> list[dict[str, Any]]:
    count = draw(st.integers(1, most))
    return [
        {"name": f"S{i}", "tag": f"s{i}", "conditions": draw(st.lists(conditions(), min_size=1, max_size=3))}
        for i in range(count)
    ]
