"""Orders and customers of a list as rows for plugin.bulk_ledger: what plugin.schemas.admin_objects reads, without a
class for each, because an import reads millions of them.

Instants are microseconds since 1970, money is minor units.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from plugin import money
from plugin.db.types import to_microseconds
from plugin.schemas import admin_objects
from plugin.schemas.facts import EARLIEST, LATEST
from plugin.shopify import ids

Row = tuple[Any, ...]
Node = dict[str, Any]

ORDER_COLUMNS = (
    "order_id", "customer_id", "processed_at", "total", "subtotal", "units", "financial_status", "test",
    "cancelled_at", "updated_at", "version",
)  # fmt: skip
CUSTOMER_COLUMNS = (
    "customer_id", "signed_up_at", "consent", "consent_at", "lifetime_orders", "lifetime_spend", "lifetime_at",
    "foreign_tags",
)  # fmt: skip

ORDER, CUSTOMER = "gid://shopify/Order/", "gid://shopify/Customer/"
FIRST_SECOND, LAST_SECOND = to_microseconds(EARLIEST), to_microseconds(LATEST)
SECOND = 1_000_000
# Amounts of so many digits and fewer are far from what plugin.money refuses.
SURELY_MONEY = 12


# A line of documents/bulk_orders.graphql's result: an order, or one of its line items.
AS_ASKED = re.compile(
    r'\{"id":"gid://shopify/Order/(?P<order>[0-9]{1,19})","processedAt":"(?P<processed>[^"\\]*)",'
    r'"updatedAt":"(?P<updated>[^"\\]*)","cancelledAt":(?:null|"(?P<cancelled>[^"\\]*)"),'
    r'"test":(?P<test>true|false),"displayFinancialStatus":(?:null|"(?P<status>[A-Z_]*)"),'
    r'"customer":(?:null|\{"id":"gid://shopify/Customer/(?P<buyer>[0-9]{1,19})"\}),'
    r'"currentTotalPriceSet":\{"shopMoney":\{"amount":"(?P<total>[^"\\]*)","currencyCode":"(?P<currency>[A-Z]*)"\}\},'
    r'"currentSubtotalPriceSet":\{"shopMoney":\{"amount":"(?P<subtotal>[^"\\]*)"\}\}\}(?:\n|\Z)'
    r'|\{"currentQuantity":(?P<quantity>[0-9]{1,9}),"isGiftCard":(?P<gift_card>true|false),'
    r'"__parentId":"gid://shopify/Order/(?P<parent>[0-9]{1,19})"\}(?:\n|\Z)'
)
AS_ASKED_GROUPS = (
    "order",
    "processed",
    "updated",
    "cancelled",
    "test",
    "status",
    "buyer",
    "total",
    "currency",
    "subtotal",
)


@dataclass(frozen=True, slots=True)
class Listed:
    """What all of a list shares: the shop's currency, and how the versions of its orders end (plugin.ledger)."""

    currency: str
    seen: str
    minor_units: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "minor_units", money.minor_units(self.currency))


def order(node: Node, lines: Iterable[Node], listed: Listed) -> Row:
    """An `Order` with its lines by ORDER_COLUMNS; KeyError, TypeError or ValueError if it is not one of the shop's."""
    total, subtotal = node["currentTotalPriceSet"]["shopMoney"], node["currentSubtotalPriceSet"]["shopMoney"]
    if total["currencyCode"] != listed.currency:
        raise ValueError(f"The order is in {total['currencyCode']}, the shop in {listed.currency}")
    buyer = node["customer"]
    return _order(
        _number(node["id"], ORDER),
        _number(buyer["id"], CUSTOMER) if buyer else None,
        node["processedAt"],
        node["updatedAt"],
        node["cancelledAt"],
        bool(node["test"]),
        node["displayFinancialStatus"],
        total["amount"],
        subtotal["amount"],
        sum(line["currentQuantity"] for line in lines if not line["isGiftCard"]),
        listed,
    )


def orders_as_asked(text: str, listed: Listed) -> list[Row] | None:
    """The orders in lines of a bulk result that look exactly as the query asks for; None if any does not.

    Gives what `order` gives, in a third of the time: nothing is made of the JSON but the row.
    """
    try:
        return [_order_of_match(match, units, listed) for match, units in _with_units(text)]
    except ValueError:
        return None


def _with_units(text: str) -> Iterator[tuple[re.Match[str], int]]:
    order, units, place = None, 0, 0
    for match in AS_ASKED.finditer(text):
        if match.start() != place:
            break
        place = match.end()
        quantity, gift_card, parent = match.group("quantity", "gift_card", "parent")
        if quantity is None:
            if order is not None:
                yield order, units
            order, units = match, 0
        elif order is None or parent != order["order"]:
            break
        elif gift_card == "false":
            units += int(quantity)
    if place != len(text):
        raise ValueError(f"Another line than was asked for at {place}")
    if order is not None:
        yield order, units


def _order_of_match(match: re.Match[str], units: int, listed: Listed) -> Row:
    number, processed, updated, cancelled, test, status, buyer, total, currency, subtotal = match.group(
        *AS_ASKED_GROUPS
    )
    if currency != listed.currency:
        raise ValueError(f"The order is in {currency}, the shop in {listed.currency}")
    owner = int(buyer) if buyer else None
    return _order(
        int(number), owner, processed, updated, cancelled, test == "true", status, total, subtotal, units, listed
    )


def _order(
    number: int,
    buyer: int | None,
    processed: str,
    updated: str,
    cancelled: str | None,
    test: bool,
    status: str | None,
    total: str,
    subtotal: str,
    units: int,
    listed: Listed,
) -> Row:
    processed_at = microseconds(processed) // SECOND * SECOND
    if not FIRST_SECOND <= processed_at < LAST_SECOND:
        raise ValueError(f"An order placed at {processed}")
    return (
        number,
        buyer,
        processed_at,
        _minor(total, listed),
        _minor(subtotal, listed),
        units,
        status.lower() if status else None,
        test,
        microseconds(cancelled) if cancelled else None,
        microseconds(updated),
        _digits(updated) + listed.seen,
    )


def customer(node: Node, listed: Listed, seen_at: int, bits_by_tag: dict[str, int]) -> Row:
    """A `Customer` by CUSTOMER_COLUMNS; `bits_by_tag` says which tags are looked for."""
    email, spent = node["defaultEmailAddress"], node["amountSpent"]
    changed = email and email["marketingUpdatedAt"]
    knows = spent["currencyCode"] == listed.currency
    return (
        _number(node["id"], CUSTOMER),
        microseconds(node["createdAt"]),
        email["marketingState"].lower() if email else None,
        microseconds(changed) if changed else None,
        int(node["numberOfOrders"]) if knows else None,
        _minor(spent["amount"], listed) if knows else None,
        seen_at if knows else None,
        sum(bits_by_tag.get(tag.casefold(), 0) for tag in node["tags"]) if bits_by_tag else 0,
    )


def microseconds(text: str) -> int:
    """A `DateTime`."""
    return to_microseconds(datetime.fromisoformat(text))


def _number(gid: str, kind: str) -> int:
    digits = gid[len(kind) :]
    if gid.startswith(kind) and digits.isdecimal():
        return int(digits)
    return ids.number(kind.split("/")[3], gid)


def _minor(amount: str, listed: Listed) -> int:
    whole, _, part = amount.partition(".")
    digits = whole + part.ljust(listed.minor_units, "0")
    if len(part) <= listed.minor_units and len(whole) <= SURELY_MONEY and digits.isascii() and digits.isdecimal():
        return int(digits)
    return money.to_minor(amount, listed.currency)


def _digits(text: str) -> str:
    """An instant as the first part of plugin.ledger.version."""
    if len(text) == 20 and text[19] == "Z":
        return f"{text[:4]}{text[5:7]}{text[8:10]}{text[11:13]}{text[14:16]}{text[17:19]}000000"
    return f"{admin_objects.instant(text).astimezone(UTC):%Y%m%d%H%M%S%f}"
