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
NOTHING = Decimal(0)


@dataclass(slots=True)
class Return:
    """Money and units taken back from one order at one instant."""

    at: datetime
    amount: Decimal
    units: int


@dataclass(slots=True)
class Order:
    """One order of the files; `units` leaves gift cards out."""

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
class Counted:
    """One order as it stands at some instant."""

    at: datetime
    spend: Decimal
    units: int


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
        found: dict[str, set[str]] = {definition["tag"]: set() for definition in definitions}
        for key, customer in self.customers.items():
            if customer.since >= as_of:
                continue
            orders = counted_orders(customer, as_of)
            for definition in definitions:
                if all(holds(condition, orders, as_of) for condition in definition["conditions"]):
                    found[definition["tag"]].add(key)
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


def counted_orders(customer: Customer, as_of: datetime) -> list[Counted]:
    """The orders that count at `as_of`: placed before it and not refunded in full before it; oldest first."""
    counted = []
    for order in customer.orders:
        if order.at >= as_of:
            break
        spend, units = order.total, order.units
        returned = [back for back in order.returns if back.at < as_of]
        for back in returned:
            spend -= back.amount
            units -= back.units
        if returned and spend <= NOTHING:
            continue
        counted.append(Counted(order.at, spend, units))
    return counted


def holds(condition: Mapping[str, Any], orders: Sequence[Counted], as_of: datetime) -> bool:
    """Whether one condition is true of a customer with these orders."""
    value = measure(condition["measure"], condition.get("window", "lifetime"), orders, as_of)
    if value is None:
        return False
    match condition["comparison"]:
        case "at_least":
            return value >= number(condition["value"])
        case "below":
            return value < number(condition["value"])
        case "between":
            low, high = condition["value"]
            return number(low) <= value < number(high)
    raise ValueError(f"No comparison {condition['comparison']!r}")


def measure(name: str, window: int | str, orders: Sequence[Counted], as_of: datetime) -> Decimal | int | None:
    """A customer's number, or None where there is none: an age without any order."""
    if name == "days_since_last_order":
        return (as_of - orders[-1].at) // DAY if orders else None
    if name == "days_since_first_order":
        return (as_of - orders[0].at) // DAY if orders else None
    if window != "lifetime":
        length = int(window) * DAY
        orders = [order for order in orders if as_of - order.at < length]
    if name == "orders":
        return len(orders)
    if name == "units":
        return sum(order.units for order in orders)
    if name == "spend":
        return sum((order.spend for order in orders), NOTHING)
    raise ValueError(f"No measure {name!r}")


def number(value: str | int | float) -> Decimal:
    """A threshold as written in a definition, exactly."""
    return Decimal(str(value))


def main(arguments: Sequence[str]) -> None:
    """Print how many members each segment of a JSON file of definitions has."""
    directory, definitions, as_of = arguments
    found = members(Path(directory), json.loads(Path(definitions).read_text()), datetime.fromisoformat(as_of))
    sys.stdout.writelines(f"{tag}\t{len(keys)}\n" for tag, keys in found.items())


if __name__ == "__main__":
    main(sys.argv[1:])
