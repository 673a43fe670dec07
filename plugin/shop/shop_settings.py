"""What a merchant decided: which orders count, what becomes of tags that others take off, when a change has to wait.
Kept as JSON in `shops.settings`; absent keys mean the default. Says nothing of what follows from a change.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from plugin.db.models import Order
from plugin.segments.columns import Record
from plugin.segments.customers import QUINTILES, TABLE
from plugin.segments.voice import Said
from plugin.shop import shops

# Design: a refunded order does not count, a partly refunded one counts with what is left of it.
COUNTED_STATUSES = ("paid", "partially_paid", "partially_refunded", "authorized")


# What becomes of a tag that somebody takes off a customer who is in its segment: it is put back, or left off until the
# customer has left the segment and comes back.
REPAIR, RESPECT = "repair", "respect"

# How an order that is not paid stands, by Shopify's word for it.
UNPAID = {
    "": Said("no payment"),
    "pending": Said("pending"),
    "authorized": Said("authorized"),
    "expired": Said("expired"),
    "voided": Said("voided"),
    "partially_paid": Said("partially paid"),
    "partially_refunded": Said("partially refunded"),
    "paid": Said("paid, but not counted"),
}

# The statuses a merchant may let count: the others say that nothing was paid, or that all of it was paid back.
COUNTABLE_STATUSES = (*COUNTED_STATUSES, "pending")
# A change that reaches this share of the customers, and at least so many, waits for the merchant's word.
BRAKE_SHARE, BRAKE_LEAST = 0.3, 100
LARGEST_LEAST = 10_000_000
# With room for a tag behind it; without what a tag must not hold (plugin.segments.rules).
PREFIX = re.compile(r"""(?=.{0,40}\Z)[^\s,'"\\][^,'"\\]*|""")


class Unacceptable(ValueError):
    """A setting cannot be so; `key` says which one."""

    def __init__(self, key: str, value: object) -> None:
        super().__init__(f"{key} cannot be {value!r}")
        self.key = key


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """`counted_statuses`: financial statuses that count. `spend_is_total`: spend with shipping and tax, or without.

    `foreign_removal`: REPAIR or RESPECT. `promoter_field`: namespace and key of the customer metafield with the answer
    to the promoter question, if the shop has one. `rfm_scale`: QUINTILES or TABLE of plugin.segments.customers.
    `tag_prefix`: what the tags of presets added from now on begin with, `former_prefixes` what they once began with.
    `brake_share`, `brake_least`: of how many customers a run may change tags without being confirmed.
    """

    counted_statuses: frozenset[str] = frozenset(COUNTED_STATUSES)
    spend_is_total: bool = True
    foreign_removal: str = REPAIR
    promoter_field: tuple[str, str] | None = None
    rfm_scale: str = QUINTILES
    tag_prefix: str = ""
    former_prefixes: tuple[str, ...] = ()
    brake_share: float = BRAKE_SHARE
    brake_least: int = BRAKE_LEAST

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "ShopSettings":
        """Read a shop's stored settings."""
        return cls(
            counted_statuses=frozenset(stored.get("counted_statuses", COUNTED_STATUSES)),
            spend_is_total=bool(stored.get("spend_is_total", True)),
            foreign_removal=str(stored.get("foreign_removal", REPAIR)),
            promoter_field=_field(stored.get("promoter_field")),
            rfm_scale=str(stored.get("rfm_scale", QUINTILES)),
            tag_prefix=str(stored.get("tag_prefix", "")),
            former_prefixes=tuple(stored.get("former_prefixes", ())),
            brake_share=float(stored.get("brake_share", BRAKE_SHARE)),
            brake_least=int(stored.get("brake_least", BRAKE_LEAST)),
        )

    def taken_over(self, preset: Mapping[str, Any]) -> dict[str, Any]:
        """A preset's definition as this shop adds it: with the prefix before its tag."""
        return {**preset, "tag": f"{self.tag_prefix}{preset['tag']}"}

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

    def ignored_because(self, order: Order) -> Said | None:
        """Why an order does not count, in words; None if it does."""
        if order.test:
            return Said("a test order")
        if order.cancelled_at is not None:
            return Said("cancelled")
        if order.financial_status == "refunded":
            return Said("refunded in full")
        if order.financial_status not in self.counted_statuses:
            status = order.financial_status or ""
            return Said("not paid ({status})", status=UNPAID.get(status, status.replace("_", " ")))
        return None if self.record(order) else Said("not known in full yet")

    def counting(self) -> tuple[ColumnElement[bool], ...]:
        """The same as conditions for the database, but for having a customer."""
        return (
            Order.deleted_at.is_(None),
            Order.cancelled_at.is_(None),
            Order.test.is_(False),
            Order.financial_status.in_(sorted(self.counted_statuses)),
        )


def change(session: Session, shop_id: int, **values: Any) -> frozenset[str]:
    """Set what is given, held by this transaction; returns which of it was otherwise. Unacceptable if it cannot be.

    What follows from it is the caller's business (standing.settings_changes).
    """
    shops.hold(session, shop_id)
    shop = shops.get(session, shop_id)
    before = ShopSettings.of(shop.settings)
    if values.get("tag_prefix", before.tag_prefix) != before.tag_prefix and before.tag_prefix:
        values["former_prefixes"] = tuple(sorted({*before.former_prefixes, before.tag_prefix}))
    after = replace(before, **values)
    for key, value in values.items():
        if not ACCEPTABLE.get(key, _anything)(value):
            raise Unacceptable(key, value)
    changed = frozenset(key for key in values if getattr(after, key) != getattr(before, key))
    # What is as it always was stays absent: a later default is then theirs as well.
    kept = {key: value for key, value in shop.settings.items() if key not in changed}
    shop.settings = kept | {key: _as_json(getattr(after, key)) for key in sorted(changed)}
    return changed - {"former_prefixes"}


def _as_json(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def _anything(_: object) -> bool:
    return True


ACCEPTABLE: dict[str, Callable[[Any], bool]] = {
    "counted_statuses": lambda statuses: bool(statuses) and statuses <= frozenset(COUNTABLE_STATUSES),
    "spend_is_total": lambda with_all: isinstance(with_all, bool),
    "foreign_removal": lambda choice: choice in (REPAIR, RESPECT),
    "rfm_scale": lambda scale: scale in (QUINTILES, TABLE),
    "tag_prefix": lambda prefix: bool(PREFIX.fullmatch(prefix)),
    "brake_share": lambda share: 0 < share <= 1,
    "brake_least": lambda least: 1 <= least <= LARGEST_LEAST,
}


def _field(stored: Any) -> tuple[str, str] | None:
    return (str(stored[0]), str(stored[1])) if stored else None
