"""Customer segments as Shopify keeps them: a name, a query, and whoever fits it just now. Understands a few queries.

`store` asks `changed` after every event, which tells who joined and who left; `resolvers` lists members.
Reference: https://shopify.dev/docs/api/shopifyql/segment-query-language-reference
"""

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from dev_store import money
from dev_store.state import Customer, Shop

Fits = Callable[[Shop, Customer], bool]

_CONDITION: Final = re.compile(
    r"\s*(\w+)\s+(NOT CONTAINS|CONTAINS|>=|<=|!=|=|>|<)\s+('[^']*'|[\d.]+)\s*", re.IGNORECASE
)
_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip


class Unreadable(ValueError):
    """Valid at Shopify perhaps, but nothing the development store understands."""


@dataclass(slots=True)
class Segment:
    """`members`: who was told to be in it; `failing`: what asking for its members is answered with."""

    id: int
    name: str
    query: str
    created_at: datetime
    fits: Fits
    members: set[int] = field(default_factory=set)
    failing: str | None = None

    @property
    def edited_at(self) -> datetime:
        """When it was changed last: they never are here."""
        return self.created_at


def create(shop: Shop, name: str, query: str, at: datetime) -> Segment:
    """Keep a segment; who fits it already is in it without anybody being told."""
    segment = Segment(next(shop.numbers), name, query, at, compile_query(query))
    segment.members = {customer.id for customer in members(shop, segment)}
    shop.segments[segment.id] = segment
    return segment


def members(shop: Shop, segment: Segment) -> list[Customer]:
    """Who fits a segment now."""
    return [customer for customer in shop.customers.values() if segment.fits(shop, customer)]


def changed(shop: Shop) -> Iterator[tuple[Segment, int, bool]]:
    """Who joined (True) or left (False) which segment since it was last asked."""
    for segment in shop.segments.values():
        now = {customer.id for customer in members(shop, segment)}
        before, segment.members = segment.members, now
        yield from ((segment, number, True) for number in sorted(now - before))
        # Of who is gone altogether nothing is told.
        yield from ((segment, number, False) for number in sorted(before - now) if number in shop.customers)


def compile_query(text: str) -> Fits:
    """A query of conditions that must all hold, as a test."""
    conditions = [_condition(part) for part in re.split(r"\s+AND\s+", text.strip(), flags=re.IGNORECASE)]
    return lambda shop, customer: all(fits(shop, customer) for fits in conditions)


def _condition(text: str) -> Fits:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise Unreadable(f"The development store does not understand this segment: {text!r}")
    name, comparison, value = found[1].lower(), found[2].upper(), found[3].strip("'")
    if name == "customer_tags" and comparison.endswith("CONTAINS"):
        return lambda _, customer: (value.casefold() in customer.tags) == (comparison == "CONTAINS")
    if comparison not in _COMPARISONS:
        raise Unreadable(f"{name} does not support operator '{comparison}'")
    compare = _COMPARISONS[comparison]
    if name == "number_of_orders":
        return lambda _, customer: compare(customer.number_of_orders(), int(value))
    if name == "amount_spent":
        return lambda shop, customer: compare(customer.amount_spent(), money.minor(value, shop.currency))
    if name == "email_subscription_status":
        return lambda _, customer: compare(customer.email_marketing, value.upper())
    raise Unreadable(f"'{name}' filter cannot be found.")
