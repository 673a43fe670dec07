"""What a merchant decided: which orders count, and what becomes of tags that others take off. Kept as JSON in
`shops.settings`; absent keys mean the default.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

from plugin.db.models import Order
from plugin.segments.columns import Record
from plugin.segments.customers import QUINTILES

# Design: a refunded order does not count, a partly refunded one counts with what is left of it.
COUNTED_STATUSES = ("paid", "partially_paid", "partially_refunded", "authorized")


# What becomes of a tag that somebody takes off a customer who is in its segment: it is put back, or left off until the
# customer has left the segment and comes back.
REPAIR, RESPECT = "repair", "respect"


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """`counted_statuses`: financial statuses that count. `spend_is_total`: spend with shipping and tax, or without.

    `foreign_removal`: REPAIR or RESPECT. `promoter_field`: namespace and key of the customer metafield with the answer
    to the promoter question, if the shop has one. `rfm_scale`: QUINTILES or TABLE of plugin.segments.customers.
    """

    counted_statuses: frozenset[str] = frozenset(COUNTED_STATUSES)
    spend_is_total: bool = True
    foreign_removal: str = REPAIR
    promoter_field: tuple[str, str] | None = None
    rfm_scale: str = QUINTILES

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "ShopSettings":
        """Read a shop's stored settings."""
        return cls(
            counted_statuses=frozenset(stored.get("counted_statuses", COUNTED_STATUSES)),
            spend_is_total=bool(stored.get("spend_is_total", True)),
            foreign_removal=str(stored.get("foreign_removal", REPAIR)),
            promoter_field=_field(stored.get("promoter_field")),
            rfm_scale=str(stored.get("rfm_scale", QUINTILES)),
        )

    def record(self, order: Order) -> Record | None:
        """The order as its customer's history holds it; None if it does not count."""
        spend = self.spend(order)
        if not self.counts(order) or order.processed_at is None or spend is None or order.units is None:
            return None
        return Record(order.order_id, spend, int(order.processed_at.timestamp()), order.units)

    def spend(self, order: Order) -> int | None:
        """What the order comes to for its customer, whether it counts or not."""
        spend: int | None = getattr(order, self.spend_column)
        return spend

    @property
    def spend_column(self) -> str:
        """Which column of an order holds its spend."""
        return "total" if self.spend_is_total else "subtotal"

    def counts(self, order: Order) -> bool:
        """Whether an order counts at all (design section 2)."""
        return (
            order.customer_id is not None
            and order.deleted_at is None
            and order.cancelled_at is None
            and not order.test
            and order.financial_status in self.counted_statuses
        )

    def ignored_because(self, order: Order) -> str | None:
        """Why an order does not count, in words; None if it does."""
        if order.test:
            return "a test order"
        if order.cancelled_at is not None:
            return "cancelled"
        if order.financial_status == "refunded":
            return "refunded in full"
        if order.financial_status not in self.counted_statuses:
            return f"not paid ({(order.financial_status or 'no payment').replace('_', ' ')})"
        return None if self.record(order) else "not known in full yet"

    def counting(self) -> tuple[ColumnElement[bool], ...]:
        """The same as conditions for the database, but for having a customer."""
        return (
            Order.deleted_at.is_(None),
            Order.cancelled_at.is_(None),
            Order.test.is_(False),
            Order.financial_status.in_(sorted(self.counted_statuses)),
        )


def _field(stored: Any) -> tuple[str, str] | None:
    return (str(stored[0]), str(stored[1])) if stored else None
