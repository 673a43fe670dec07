"""Counts segment members straight from the CSV files of a history, with plain loops, to compare the store's tags with.

Written from the definition of what counts alone and shares no code with anything else here, so that a mistake made
there is not made here too. `python -m dev_store.recount DIRECTORY DEFINITIONS.json AS_OF` prints the counts.
"""

import csv
import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

Definition = Mapping[str, Any]

DAY = timedelta(days=1)


@dataclass(slots=True)
class Return:
    """Money and units taken back from one order at one instant."""

    at: datetime
    amount: Decimal
    units: int


@dataclass(slots=True)
class Order:
    """One order of the files, or what returns have left of it; `units` leaves gift cards out."""

    at: datetime
    total: Decimal
    units: int
    returns: list[Return] = field(default_factory=list)


@dataclass(slots=True)
class Customer:
    """One customer: from when on the store knows them, and their orders, oldest first."""

    since: datetime
    orders: list[Order] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as read from a definition: a measure from `low` on and below `high`, None for no limit."""

    measure: str
    window: timedelta | None
    low: Decimal | int | None
    high: Decimal | int | None


class History:
    """The files of one directory, read once; `members` may then be asked for any number of instants."""

    def __init__(self, directory: Path, shift: timedelta = timedelta(0)) -> None:
        self.directory, self.shift = directory, shift
        self.customers: dict[str, Customer] = {}
        self._gift_cards = {row["product_code"] for row in self._rows("products") if row["kind"] == "gift_card"}
        orders = self._read_orders()
        self._read_returns(orders)
        for customer in self.customers.values():
            customer.orders.sort(key=lambda order: order.at)

    def members(self, definitions: Sequence[Definition], as_of: datetime) -> dict[str, set[str]]:
        """For each tag, the keys of the customers who are in its segment at `as_of`."""
        conditions = {d["tag"]: [condition(each) for each in d["conditions"]] for d in definitions}
        found: dict[str, set[str]] = {tag: set() for tag in conditions}
        for key, customer in self.customers.items():
            if customer.since >= as_of:
                continue
            orders = counted_orders(customer, as_of)
            for tag, wanted in conditions.items():
                if all(holds(each, orders, as_of) for each in wanted):
                    found[tag].add(key)
        return found

    def _read_orders(self) -> dict[str, Order]:
        units: dict[str, int] = {}
        for line in self._rows("order_lines"):
            if line["product_code"] not in self._gift_cards:
                units[line["order_id"]] = units.get(line["order_id"], 0) + int(line["quantity"])
        has_lines = bool(units)
        orders = {}
        for row in self._rows("orders"):
            count = units.get(row["order_id"], 0) if has_lines else int(row["quantity"])
            order = Order(self._instant(row["placed_at"]), Decimal(row["total"]), count)
            orders[row["order_id"]] = order
            if row["customer_key"]:
                self._known(row["customer_key"], order.at).orders.append(order)
        return orders

    def _read_returns(self, orders: dict[str, Order]) -> None:
        refunded_at = {}
        for row in self._rows("refunds"):
            refunded_at[row["refund_id"]] = self._instant(row["refunded_at"])
            if row["customer_key"]:
                self._known(row["customer_key"], refunded_at[row["refund_id"]])
        for line in self._rows("refund_lines"):
            if not line["matched_order_id"]:
                continue
            amount = int(line["quantity"]) * Decimal(line["unit_price"])
            units = 0 if line["product_code"] in self._gift_cards else int(line["quantity"])
            back = Return(refunded_at[line["refund_id"]], amount, units)
            orders[line["matched_order_id"]].returns.append(back)

    def _known(self, key: str, at: datetime) -> Customer:
        customer = self.customers.setdefault(key, Customer(at))
        customer.since = min(customer.since, at)
        return customer

    def _instant(self, text: str) -> datetime:
        return datetime.fromisoformat(text) + self.shift

    def _rows(self, name: str) -> Iterator[dict[str, str]]:
        packed, plain = self.directory / f"{name}.csv.gz", self.directory / f"{name}.csv"
        if packed.exists():
            with gzip.open(packed, "rt", newline="", encoding="utf-8") as lines:
                yield from csv.DictReader(lines)
        elif plain.exists():
            with plain.open(newline="", encoding="utf-8") as lines:
                yield from csv.DictReader(lines)


def members(
    directory: Path, definitions: Sequence[Definition], as_of: datetime, shift: timedelta = timedelta(0)
) -> dict[str, set[str]]:
    """For each tag, the keys of its members at `as_of`, all times in the files moved by `shift`."""
    return History(directory, shift).members(definitions, as_of)


def condition(given: Mapping[str, Any]) -> Condition:
    """Read one condition of a definition."""
    window = given.get("window", "lifetime")
    length = None if window == "lifetime" else int(window) * DAY
    match given["comparison"], given["value"]:
        case "at_least", value:
            return Condition(given["measure"], length, number(value), None)
        case "below", value:
            return Condition(given["measure"], length, None, number(value))
        case "between", [low, high]:
            return Condition(given["measure"], length, number(low), number(high))
    raise ValueError(f"Not a condition: {given}")


def counted_orders(customer: Customer, as_of: datetime) -> list[Order]:
    """The orders that count at `as_of`: placed before it and not refunded in full before it; oldest first."""
    counted = []
    for order in customer.orders:
        if order.at >= as_of:
            break
        returned = [back for back in order.returns if back.at < as_of] if order.returns else []
        if not returned:
            counted.append(order)
            continue
        spend = order.total - sum(back.amount for back in returned)
        units = order.units - sum(back.units for back in returned)
        if spend > 0:
            counted.append(Order(order.at, spend, units))
    return counted


def holds(wanted: Condition, orders: Sequence[Order], as_of: datetime) -> bool:
    """Whether one condition is true of a customer with these orders."""
    value = measure(wanted.measure, wanted.window, orders, as_of)
    if value is None:
        return False
    if wanted.low is not None and value < wanted.low:
        return False
    return wanted.high is None or value < wanted.high


def measure(name: str, window: timedelta | None, orders: Sequence[Order], as_of: datetime) -> Decimal | int | None:
    """A customer's number, or None where there is none: an age without any order."""
    if name == "days_since_last_order":
        return (as_of - orders[-1].at) // DAY if orders else None
    if name == "days_since_first_order":
        return (as_of - orders[0].at) // DAY if orders else None
    if window is not None:
        orders = [order for order in orders if as_of - order.at < window]
    if name == "orders":
        return len(orders)
    if name == "units":
        return sum(order.units for order in orders)
    if name == "spend":
        return sum(order.total for order in orders)
    raise ValueError(f"No measure {name!r}")


def number(value: str | int | float) -> Decimal | int:
    """A threshold as written in a definition, exactly."""
    return value if isinstance(value, int) else Decimal(str(value))


def main(arguments: Sequence[str]) -> None:
    """Print how many members each segment of a JSON file of definitions has."""
    directory, definitions, as_of = arguments
    found = members(Path(directory), json.loads(Path(definitions).read_text()), datetime.fromisoformat(as_of))
    sys.stdout.writelines(f"{tag}\t{len(keys)}\n" for tag, keys in found.items())


if __name__ == "__main__":
    main(sys.argv[1:])
