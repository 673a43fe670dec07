"""The plain way to import a history, as a baseline: a line, a row, a commit every 500, then a loop over each customer.

Clear and usual code over the same tables and the same settings of SQLite: once with nothing between it and the
database, and once through the ORM.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from plugin.db.types import from_microseconds, new_id
from tests.benchmarks import plain_loop

ROWS_A_COMMIT = 500
MICROSECOND = 1_000_000
CUSTOMER = (
    "INSERT INTO customers (shop_id, customer_id, signed_up_at, consent, lifetime_orders, lifetime_spend,"
    " wanted_tags, applied_tags, unsure_tags, foreign_tags) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0)"
    " ON CONFLICT (shop_id, customer_id) DO UPDATE SET signed_up_at = excluded.signed_up_at"
)
ORDER = (
    "INSERT INTO orders (shop_id, order_id, customer_id, processed_at, updated_at, cancelled_at, total, subtotal,"
    " units, financial_status, test, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (shop_id, order_id) DO UPDATE SET total = excluded.total, updated_at = excluded.updated_at"
    " WHERE excluded.updated_at > orders.updated_at"
)
ORDER_COLUMNS = (
    "shop_id", "order_id", "customer_id", "processed_at", "updated_at", "cancelled_at", "total", "subtotal", "units",
    "financial_status", "test", "version",
)  # fmt: skip
JUDGED = "UPDATE customers SET wanted_tags = ?, next_review_at = ? WHERE shop_id = ? AND customer_id = ?"
MOVED = "INSERT INTO movements (shop_id, id, customer_id, bit, entered, at, cause) VALUES (?, ?, ?, ?, ?, ?, 'import')"


def run(shop_id: int, files: Path, as_of: datetime) -> None:
    """Import and judge."""
    from plugin.db import session as db

    raw = db.engine().raw_connection()
    database = raw.driver_connection
    _write(database, CUSTOMER, _customers(shop_id, files))
    _write(database, ORDER, _orders(shop_id, files))
    _judge(shop_id, database, as_of)
    raw.close()


def run_by_orm(shop_id: int, files: Path, as_of: datetime) -> None:
    """The same through the ORM, as most apps would: each row fetched, changed or made, and flushed with 500 others."""
    from plugin.db import session as db
    from plugin.db.models import Customer, Order

    names = ("signed_up_at", "consent", "lifetime_orders", "lifetime_spend")
    _merge(db.engine(), Customer, ("shop_id", "customer_id", *names), _customers(shop_id, files))
    _merge(db.engine(), Order, ORDER_COLUMNS, _orders(shop_id, files))
    raw = db.engine().raw_connection()
    _judge(shop_id, raw.driver_connection, as_of)
    raw.close()


def _merge(engine: Engine, table: type[Any], names: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
    with Session(engine) as session:
        for number, row in enumerate(rows, 1):
            values = {
                name: from_microseconds(value) if name.endswith("_at") and value is not None else value
                for name, value in zip(names, row, strict=True)
            }
            found = session.get(table, row[:2])
            if found is None:
                session.add(table(**values))
            else:
                for name, value in values.items():
                    setattr(found, name, value)
            if number % ROWS_A_COMMIT == 0:
                session.commit()
        session.commit()


def _write(database: Any, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    cursor = database.cursor()
    is_sqlite = isinstance(database, sqlite3.Connection)
    statement = statement if is_sqlite else statement.replace("?", "%s")
    for number, row in enumerate(rows):
        if number % ROWS_A_COMMIT == 0:
            database.commit()
            if is_sqlite:
                cursor.execute("BEGIN")
        cursor.execute(statement, row)
    database.commit()


def _customers(shop_id: int, files: Path) -> Iterator[tuple[Any, ...]]:
    with (files / "customers.jsonl").open() as file:
        for line in file:
            customer = json.loads(line)
            spent = int(Decimal(customer["amountSpent"]["amount"]) * 100)
            consent = customer["defaultEmailAddress"]["marketingState"].lower()
            orders = int(customer["numberOfOrders"])
            yield shop_id, _number(customer["id"]), _instant(customer["createdAt"]), consent, orders, spent


def _orders(shop_id: int, files: Path) -> Iterator[tuple[Any, ...]]:
    order: dict[str, Any] = {}
    units = 0
    with (files / "orders.jsonl").open() as file:
        for line in file:
            record = json.loads(line)
            if "__parentId" in record:
                units += 0 if record["isGiftCard"] else record["currentQuantity"]
                continue
            if order:
                yield _order(shop_id, order, units)
            order, units = record, 0
    if order:
        yield _order(shop_id, order, units)


def _order(shop_id: int, order: dict[str, Any], units: int) -> tuple[Any, ...]:
    customer, cancelled = order["customer"], order["cancelledAt"]
    return (
        shop_id,
        _number(order["id"]),
        _number(customer["id"]) if customer else None,
        _instant(order["processedAt"]),
        _instant(order["updatedAt"]),
        _instant(cancelled) if cancelled else None,
        int(Decimal(order["currentTotalPriceSet"]["shopMoney"]["amount"]) * 100),
        int(Decimal(order["currentSubtotalPriceSet"]["shopMoney"]["amount"]) * 100),
        units,
        order["displayFinancialStatus"].lower(),
        order["test"],
        order["updatedAt"],
    )


def _judge(shop_id: int, database: Any, as_of: datetime) -> None:
    """Who has which segments, and when to look again; read to the end before the first row is written."""
    now = int(as_of.timestamp())
    orders = database.cursor().execute(
        "SELECT customer_id, processed_at / 1000000, total FROM orders WHERE"
        f" shop_id = {shop_id} AND customer_id IS NOT NULL AND cancelled_at IS NULL AND NOT test"
        " AND financial_status IN ('paid', 'partially_paid', 'partially_refunded', 'authorized')"
        f" AND processed_at < {now * MICROSECOND} ORDER BY customer_id, processed_at"
    )
    judged, moved = [], []
    for customer_id, theirs in groupby(orders, key=itemgetter(0)):
        mask, review_at = plain_loop.judge(list(theirs), now)
        judged.append((mask, review_at and review_at * MICROSECOND, shop_id, customer_id))
        bits = [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
        moved += [(shop_id, new_id(), customer_id, bit, True, now * MICROSECOND) for bit in bits]
    _write(database, JUDGED, judged)
    _write(database, MOVED, moved)


def _instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * MICROSECOND


def _number(gid: str) -> int:
    return int(gid.rpartition("/")[2])
