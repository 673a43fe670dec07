"""Orders and customers of a list as rows for history.bulk_ledger: what plugin.schemas.admin_objects reads, without a
class for each, because an import reads millions of them.

Instants are microseconds since 1970, money is minor units.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from plugin import money
from plugin.db.types import to_microseconds
from plugin.schemas import admin_objects
from plugin.schemas.facts import EARLIEST, LATEST, LineFacts
from plugin.shopify import ids

Row = tuple[Any, ...]
Node = dict[str, Any]

ORDER_COLUMNS = (
    "order_id", "customer_id", "processed_at", "total", "subtotal", "units", "financial_status", "test",
    "cancelled_at", "updated_at", "version",
)  # fmt: skip
# What an order says of its customer, behind the columns of its own.
PLACE_COLUMNS = ("country", "province")
CUSTOMER_COLUMNS = (
    "customer_id", "signed_up_at", "consent", "consent_at", "lifetime_orders", "lifetime_spend", "lifetime_at",
    "foreign_tags",
)  # fmt: skip

ORDER, CUSTOMER, PRODUCT = (f"gid://shopify/{kind}/" for kind in ("Order", "Customer", "Product"))
FIRST_SECOND, LAST_SECOND = to_microseconds(EARLIEST), to_microseconds(LATEST)
SECOND = 1_000_000
NEVER_ASKED = "not_subscribed"
# Amounts of so many digits and fewer are far from what plugin.money refuses.
SURELY_MONEY = 12


@dataclass(frozen=True, slots=True)
class Listed:
    """What all of a list shares: the shop's currency, and how the versions of its orders end (history.ledger)."""

    currency: str
    seen: str
    minor_units: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "minor_units", money.minor_units(self.currency))


def order(node: Node, lines: Iterable[Node], listed: Listed) -> Row:
    """An `Order` with its lines by ORDER_COLUMNS and PLACE_COLUMNS.

    KeyError, TypeError or ValueError if it is not one of the shop's.
    """
    total, subtotal = node["currentTotalPriceSet"]["shopMoney"], node["currentSubtotalPriceSet"]["shopMoney"]
    if total["currencyCode"] != listed.currency:
        raise ValueError(f"The order is in {total['currencyCode']}, the shop in {listed.currency}")
    processed_at = microseconds(node["processedAt"]) // SECOND * SECOND
    if not FIRST_SECOND <= processed_at < LAST_SECOND:
        raise ValueError(f"An order placed at {node['processedAt']}")
    units = 0
    for line in lines:
        if not line["isGiftCard"]:
            units += line["currentQuantity"]
    buyer, status, cancelled = node["customer"], node["displayFinancialStatus"], node["cancelledAt"]
    updated = node["updatedAt"]
    return (
        _number(node["id"], ORDER),
        _number(buyer["id"], CUSTOMER) if buyer else None,
        processed_at,
        _minor(total["amount"], listed),
        _minor(subtotal["amount"], listed),
        units,
        status.lower() if status else None,
        bool(node["test"]),
        microseconds(cancelled) if cancelled else None,
        microseconds(updated),
        _digits(updated) + listed.seen,
        *admin_objects.place(node),
    )


def lines(bought: Iterable[Node], listed: Listed) -> list[LineFacts]:
    """The `LineItem`s of an order that were asked for with their products; KeyError or ValueError if they were not."""
    found = []
    for line in bought:
        price = _minor(line["originalTotalSet"]["shopMoney"]["amount"], listed)
        for off in line["discountAllocations"]:
            price -= _minor(off["allocatedAmountSet"]["shopMoney"]["amount"], listed)
        product = line["product"]
        number = _number(product["id"], PRODUCT) if product else None
        found.append(LineFacts(number, line["quantity"], line["currentQuantity"], line["isGiftCard"], price))
    return found


def customer(node: Node, listed: Listed, seen_at: int, bits_by_tag: dict[str, int]) -> Row:
    """A `Customer` by CUSTOMER_COLUMNS; `bits_by_tag` says which tags are looked for."""
    email, spent = node["defaultEmailAddress"], node["amountSpent"]
    consent, changed = (email["marketingState"].lower(), email["marketingUpdatedAt"]) if email else (None, None)
    if consent == NEVER_ASKED and not changed:
        consent = None  # as of a customer who signed up later: no message says so of them
    knows = spent["currencyCode"] == listed.currency
    return (
        _number(node["id"], CUSTOMER),
        microseconds(node["createdAt"]),
        consent,
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
    """An instant as the first part of plugin.history.versions."""
    if len(text) == 20 and text[19] == "Z":
        return f"{text[:4]}{text[5:7]}{text[8:10]}{text[11:13]}{text[14:16]}{text[17:19]}000000"
    return f"{admin_objects.instant(text).astimezone(UTC):%Y%m%d%H%M%S%f}"
