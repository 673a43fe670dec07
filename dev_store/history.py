"""A store's past, read from CSV files: what was ordered and what came back, in the order it happened.

`timeline` plays it into a shop. The format is described in data/cdnow/README.md and in docs/development-store.md.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dev_store import ids, money, places
from dev_store.commerce import NewLine, NewOrder, Returned
from dev_store.products import Described


class UnreadableHistory(ValueError):
    """The directory does not hold a history; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An order, at its instant."""

    at: datetime
    order: NewOrder


@dataclass(frozen=True, slots=True)
class Refunded:
    """Money back for one order, at its own instant."""

    at: datetime
    order_id: int
    customer_id: int | None
    returned: tuple[Returned, ...]


@dataclass(frozen=True, slots=True)
class SignedUp:
    """A customer whose first trace is a refund of something bought before the history begins."""

    at: datetime
    customer_id: int


Event = Placed | Refunded | SignedUp


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happened, oldest first, what was sold, and what could not be told."""

    events: list[Event]
    products: dict[int, Described]
    currency: str
    shift: timedelta
    orders: int
    guest_orders: int
    refunds: int
    unmatched_refund_lines: int
    unmatched_amount: int


def read(directory: Path, shift_to_end: datetime | None = None) -> History:
    """Read a directory; with `shift_to_end` all times move by one step so that the last order falls on that instant."""
    orders = list(rows(directory, "orders", required=True))
    if not orders:
        raise UnreadableHistory(f"{directory}: orders.csv holds no orders")
    last = max(_instant(order["placed_at"]) for order in orders)
    # Whole seconds, for that is all Shopify keeps: a fraction would fall off and every age be wrong by it.
    shift = shift_to_end.replace(microsecond=0) - last if shift_to_end else timedelta(0)
    currency = orders[0]["currency"]
    lines = _lines(directory, currency)
    placed = [_placed(order, lines.get(order["order_id"]), currency, shift) for order in orders]
    refunds, unmatched, unmatched_amount = _refunds(directory, currency, shift)
    events: list[Event] = [*placed, *refunds]
    events.extend(_signed_up(directory, placed, shift))
    # Orders before refunds of the same instant: nothing can come back before it was bought.
    events.sort(key=lambda event: (event.at, not isinstance(event, Placed)))
    guests = sum(event.order.customer_id is None for event in placed)
    sold = _products(directory, placed)
    return History(events, sold, currency, shift, len(placed), guests, len(refunds), unmatched, unmatched_amount)


def rows(directory: Path, name: str, *, required: bool = False) -> Iterator[dict[str, str]]:
    """The rows of `name`.csv or `name`.csv.gz; none if there is no such file and none is required."""
    for path in (directory / f"{name}.csv.gz", directory / f"{name}.csv"):
        if path.exists():
            read = gzip.open if path.suffix == ".gz" else open
            with read(path, "rt", newline="", encoding="utf-8") as lines:
                yield from csv.DictReader(lines)
            return
    if required:
        raise UnreadableHistory(f"{directory} has no {name}.csv or {name}.csv.gz")


def _products(directory: Path, placed: list[Placed]) -> dict[int, Described]:
    """What the files say of each product; of one that only orders name, its name."""
    lines = [line for event in placed for line in event.order.lines]
    found = {line.product_id: Described(line.title) for line in lines if line.product_id is not None}
    for row in rows(directory, "products"):
        found[ids.of_product(row["product_code"])] = Described(
            title=row.get("description") or row["product_code"],
            product_type=row.get("product_type") or row.get("kind") or "",
            vendor=row.get("vendor") or "",
            tags=_listed(row.get("tags") or row.get("product_stem")),
            collections=_listed(row.get("collections")),
        )
    return found


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(each for part in (text or "").split(";") if (each := part.strip()))


def _lines(directory: Path, currency: str) -> dict[str, list[NewLine]]:
    products = {row["product_code"]: row for row in rows(directory, "products")}
    lines: defaultdict[str, list[tuple[int, NewLine]]] = defaultdict(list)
    for row in rows(directory, "order_lines"):
        product = products.get(row["product_code"], {})
        quantity = int(row["quantity"])
        line = NewLine(
            title=product.get("description") or row["product_code"],
            quantity=quantity,
            total=quantity * money.minor(row["unit_price"], currency),
            gift_card=product.get("kind") == "gift_card",
            product_id=ids.of_product(row["product_code"]),
        )
        lines[row["order_id"]].append((int(row["line_no"]), line))
    return {
        order: [line for _, line in sorted(numbered, key=lambda pair: pair[0])] for order, numbered in lines.items()
    }


def _placed(row: dict[str, str], lines: list[NewLine] | None, currency: str, shift: timedelta) -> Placed:
    if row["currency"] != currency:
        raise UnreadableHistory(f"Order {row['order_id']} is in {row['currency']}, others in {currency}")
    if lines is None:
        code = row.get("product_code") or "Goods"
        total = money.minor(row["total"], currency)
        lines = [NewLine(code, int(row.get("quantity") or 1), total, product_id=ids.of_product(code))]
    key = row["customer_key"]
    customer = ids.of_customer(key) if key else None
    # A file that knows where orders went says it of each order.
    place = places.of_file(row["country"], row.get("province")) if "country" in row else places.of_customer(customer)
    order = NewOrder(lines, customer, ids.of_order(row["order_id"]), place=place)
    return Placed(_instant(row["placed_at"]) + shift, order)


def _refunds(directory: Path, currency: str, shift: timedelta) -> tuple[list[Refunded], int, int]:
    lines: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(directory, "refund_lines"):
        lines[row["refund_id"]].append(row)
    refunds, unmatched, unmatched_amount = [], 0, 0
    for refund in rows(directory, "refunds"):
        at = _instant(refund["refunded_at"]) + shift
        by_order: defaultdict[str, dict[int, Returned]] = defaultdict(dict)
        for line in lines[refund["refund_id"]]:
            quantity = int(line["quantity"])
            amount = quantity * money.minor(line["unit_price"], currency)
            if not line["matched_order_id"]:
                unmatched, unmatched_amount = unmatched + 1, unmatched_amount + amount
                continue
            parts, index = by_order[line["matched_order_id"]], int(line["matched_line_no"]) - 1
            before = parts.get(index, Returned(index, 0, 0))
            parts[index] = Returned(index, before.quantity + quantity, before.amount + amount)
        key = refund["customer_key"]
        customer = ids.of_customer(key) if key else None
        for order, parts in by_order.items():
            refunds.append(Refunded(at, ids.of_order(order), customer, tuple(parts.values())))
    return refunds, unmatched, unmatched_amount


def _signed_up(directory: Path, placed: list[Placed], shift: timedelta) -> list[SignedUp]:
    buyers: dict[int | None, datetime] = {}
    for event in placed:
        known = buyers.get(event.order.customer_id, event.at)
        buyers[event.order.customer_id] = min(known, event.at)
    early: dict[int, datetime] = {}
    for refund in rows(directory, "refunds"):
        if refund["customer_key"]:
            customer, at = ids.of_customer(refund["customer_key"]), _instant(refund["refunded_at"]) + shift
            if customer not in buyers or at < buyers[customer]:
                early[customer] = min(early.get(customer, at), at)
    return [SignedUp(at, customer) for customer, at in early.items()]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
