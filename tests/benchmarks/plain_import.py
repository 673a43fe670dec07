"""The plain way to import a history, as a baseline: a line, a row, a commit every 500, then a loop over each customer.

Clear and usual code over the same tables and the same settings of SQLite, without an ORM to slow it down.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from tests.benchmarks import plain_loop

ROWS_A_COMMIT = 500
MICROSECOND = 1_000_000
CUSTOMER = (
    "INSERT INTO customers (shop_id, customer_id, signed_up_at, consent, lifetime_orders, lifetime_spend,"
    " wanted_tags, applied_tags, unsure_tags, foreign_tags) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0)"
    " ON CONFLICT DO UPDATE SET signed_up_at = excluded.signed_up_at"
)
ORDER = (
    "INSERT INTO orders (shop_id, order_id, customer_id, processed_at, updated_at, cancelled_at, total, subtotal,"
    " units, financial_status, test, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET total = excluded.total, updated_at = excluded.updated_at"
    " WHERE excluded.updated_at > updated_at"
)
JUDGED = "UPDATE customers SET wanted_tags = ?, next_review_at = ? WHERE shop_id = ? AND customer_id = ?"


def run(shop_id: int, files: Path, as_of: datetime) -> dict[str, float]:
    """Import and judge; how many seconds each part took."""
    from plugin.db import session as db

    raw = db.engine().raw_connection()
    database: sqlite3.Connection = raw.driver_connection
    seconds = {}
    for part, rows, statement in (
        ("customers", _customers(shop_id, files), CUSTOMER),
        ("orders", _orders(shop_id, files), ORDER),
        ("judging", _judged(shop_id, database, as_of), JUDGED),
    ):
        began = time.perf_counter()
        _write(database, statement, rows)
        seconds[part] = time.perf_counter() - began
    raw.close()
    return seconds


def _write(database: sqlite3.Connection, statement: str, rows: Iterator[tuple[Any, ...]]) -> None:
    database.execute("BEGIN")
    for number, row in enumerate(rows, 1):
        database.execute(statement, row)
        if number % ROWS_A_COMMIT == 0:
            database.execute("COMMIT")
            database.execute("BEGIN")
    database.execute("COMMIT")


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


def _judged(shop_id: int, database: sqlite3.Connection, as_of: datetime) -> Iterator[tuple[Any, ...]]:
    """Who has which segments, and when to look again; read to the end before the first row is written."""
    orders = database.execute(
        "SELECT customer_id, processed_at / 1000000, total FROM orders WHERE shop_id = ? AND customer_id IS NOT NULL"
        " AND cancelled_at IS NULL AND NOT test AND financial_status IN ('paid', 'partially_paid',"
        " 'partially_refunded', 'authorized') AND processed_at < ? ORDER BY customer_id, processed_at",
        (shop_id, int(as_of.timestamp()) * MICROSECOND),
    )
    now = int(as_of.timestamp())
    judged = []
    for customer_id, theirs in groupby(orders, key=itemgetter(0)):
        mask, review_at = plain_loop.judge(list(theirs), now)
        judged.append((mask, review_at and review_at * MICROSECOND, shop_id, customer_id))
    yield from judged


def _instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * MICROSECOND


def _number(gid: str) -> int:
    return int(gid.rpartition("/")[2])
