"""What a store holds: shops, their customers, orders, lines and refunds. Plain records; `commerce` changes them,
`resolvers` and `payloads` show them. Amounts are whole minor units of the shop's currency, instants are UTC.
"""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dev_store import ids
from dev_store.access import Access
from dev_store.bucket import Bucket
from dev_store.metafields import Metafield
from dev_store.places import Place


@dataclass(slots=True)
class Collection:
    """Products a merchant put together."""

    id: int
    title: str


@dataclass(slots=True)
class Product:
    """One product as a merchant describes it."""

    id: int
    title: str
    product_type: str
    vendor: str
    tags: list[str]
    collections: dict[int, Collection]
    updated_at: datetime


@dataclass(slots=True)
class LineItem:
    """One line of an order; `total` is what the whole line cost at sale, `current_total` what is left of it.

    `discount`: what was taken off before.
    """

    id: int
    title: str
    quantity: int
    current_quantity: int
    total: int
    current_total: int
    gift_card: bool
    product_id: int | None
    discount: int = 0

    @property
    def unit_price(self) -> int:
        """What one unit cost before discounts, rounded to a whole cent; the line's totals are exact."""
        return round((self.total + self.discount) / self.quantity) if self.quantity else 0


@dataclass(slots=True)
class RefundLine:
    """What one refund took back from one line."""

    id: int
    line: LineItem
    quantity: int
    amount: int


@dataclass(slots=True)
class Refund:
    """Money given back for one order."""

    id: int
    created_at: datetime
    lines: list[RefundLine]
    amount: int
    note: str | None


@dataclass(slots=True)
class Order:
    """One order; `total` is what it cost at sale, `current_total` what is left after refunds and edits."""

    id: int
    number: int
    customer: "Customer | None"
    processed_at: datetime
    created_at: datetime
    updated_at: datetime
    currency: str
    total: int
    current_total: int
    shipping: int
    current_shipping: int
    financial_status: str
    lines: list[LineItem]
    test: bool = False
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    refunds: list[Refund] = field(default_factory=list)
    place: Place | None = None

    @property
    def subtotal(self) -> int:
        """What the goods alone cost at sale."""
        return self.total - self.shipping

    @property
    def current_subtotal(self) -> int:
        """What is left of the goods alone."""
        return max(0, self.current_total - self.current_shipping)


@dataclass(slots=True)
class Customer:
    """One customer; `tags` maps the folded form of each tag to the spelling the shop shows."""

    id: int
    created_at: datetime
    updated_at: datetime
    tags: dict[str, str] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    email_marketing: str = "NOT_SUBSCRIBED"
    email_marketing_at: datetime | None = None
    metafields: dict[tuple[str, str], Metafield] = field(default_factory=dict)

    def number_of_orders(self) -> int:
        """How many orders Shopify counts for the customer: all but test orders."""
        return sum(not order.test for order in self.orders.values())

    def amount_spent(self) -> int:
        """What Shopify says the customer spent: what is left of orders that are neither tests nor cancelled."""
        return sum(o.current_total for o in self.orders.values() if not o.test and not o.cancelled_at)

    def last_order(self) -> Order | None:
        """The latest order, by the instant it was placed at."""
        return max(self.orders.values(), key=lambda order: (order.processed_at, order.id), default=None)

    def tag_list(self) -> list[str]:
        """The tags in the order Shopify lists them: alphabetical, upper and lower case alike."""
        return sorted(self.tags.values(), key=lambda tag: (tag.casefold(), tag))


@dataclass(slots=True)
class Shop:
    """One shop and everything in it. Hold `lock` while reading several things or changing any."""

    handle: str
    id: int
    name: str
    currency: str
    timezone: str
    plan: str
    scopes: frozenset[str]
    access: Access
    bucket: Bucket
    created_at: datetime
    customers: dict[int, Customer] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    collections: dict[int, Collection] = field(default_factory=dict)
    segments: dict[int, Any] = field(default_factory=dict)  # of dev_store.segments.Segment
    merged: dict[int, int] = field(default_factory=dict)
    tag_spellings: dict[str, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    order_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1001))
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(14_000_000_000_001))

    @property
    def domain(self) -> str:
        """The shop's permanent address, such as demo.myshopify.com."""
        return f"{self.handle}.myshopify.com"

    @property
    def gid(self) -> str:
        """The shop's global id."""
        return ids.gid("Shop", self.id)

    @property
    def plan_title(self) -> str:
        """What merchants know the plan as."""
        return {"standard": "Basic", "advanced": "Advanced"}.get(self.plan, "Plus")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone webhook payloads write their instants in."""
        return ZoneInfo(self.timezone)
