"""Writes made stores (tests/benchmarks/stores.py) straight into databases: the app's own tables, and plain rows.

For benchmarks only: nothing is folded, and what the customers stand at is what the engine says of them. Takes seconds
for a million customers, where folding their orders would take an hour.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Engine

from plugin.db.types import to_microseconds
from plugin.segments import evaluate, presets
from plugin.segments.columns import RECORD, Columns
from plugin.segments.customers import Customers, Store
from plugin.segments.rules import Segment
from tests.benchmarks import stores
from tests.benchmarks.stores import MadeStore

ROWS_AT_ONCE = 200_000
CHUNK = 16_000
SECOND = 1_000_000
IMPORTED = f"{'20260101':0<20}|{'20260101':0<20}|import"
SEGMENTS = [Segment.from_definition(definition, bit, 2) for bit, definition in enumerate(presets.DEFAULTS)]

UNTOUCHED = ("unsure_tags", "foreign_tags")
STATE = ("financial_status", "test", "cancelled_at", "updated_at", "version")
Rows = Iterable[tuple[Any, ...]]
# Each table's columns, and on PostgreSQL their types where they are no whole numbers.
CUSTOMERS = ("shop_id", "customer_id", "signed_up_at", "wanted_tags", "applied_tags", "next_review_at", *UNTOUCHED)
HISTORIES = ("shop_id", "customer_id", "history")
ORDERS = ("shop_id", "order_id", "customer_id", "processed_at", "total", "subtotal", "units", *STATE)
PLAIN_ORDERS = ("customer_id", "processed_at", "order_id", "spend")
KINDS = {"history": "bytea", "financial_status": "varchar", "version": "varchar", "test": "bool"}


def shop(engine: Engine, shop_id: int, store: MadeStore, as_of: datetime = stores.AS_OF, orders: bool = False) -> None:
    """The store as an imported shop whose customers were judged at `as_of` by the default segments; the shop is there.

    `orders`: the orders table as well, which whoever only evaluates does not read.
    """
    _insert(engine, "customers", CUSTOMERS, _customers(shop_id, store, as_of))
    _insert(engine, "order_histories", HISTORIES, ((shop_id, *row) for row in histories(store)))
    if orders:
        _insert(engine, "orders", ORDERS, _orders(shop_id, store))
    analyze(engine)


def plain_orders(engine: Engine, store: MadeStore) -> None:
    """The orders that count in a table made for a plain loop: nothing but what it reads, in the order it reads it."""
    clustered = " WITHOUT ROWID" if engine.dialect.name == "sqlite" else ""
    key = "PRIMARY KEY (customer_id, processed_at, order_id)" if clustered else "PRIMARY KEY (customer_id, order_id)"
    with engine.begin() as connection:
        kinds = ", ".join(f"{name} BIGINT NOT NULL" for name in PLAIN_ORDERS)
        connection.exec_driver_sql(f"CREATE TABLE plain_orders ({kinds}, {key}){clustered}")
    starts, records = store.counting()
    whose = np.repeat(store.customer_ids, np.diff(starts))
    parts = (slice(first, first + ROWS_AT_ONCE) for first in range(0, len(records), ROWS_AT_ONCE))
    rows = (
        row
        for part in parts
        for row in zip(whose[part].tolist(), *(records[name][part].tolist() for name in PLAIN_ORDERS[1:]), strict=True)
    )
    _insert(engine, "plain_orders", PLAIN_ORDERS, rows)
    analyze(engine)


def histories(store: MadeStore) -> Iterator[tuple[int, bytes]]:
    """Customer id and packed history of everybody with an order that counts."""
    starts, records = store.counting()
    packed = records.tobytes()
    bounds = (starts * RECORD.itemsize).tolist()
    for customer_id, start, end in zip(store.customer_ids.tolist(), bounds, bounds[1:], strict=False):
        if start < end:
            yield customer_id, packed[start:end]


def columns(store: MadeStore) -> Iterator[Columns]:
    """The store as the engine takes it, chunk by chunk."""
    starts, records = store.counting()
    for first in range(0, len(store.customer_ids), CHUNK):
        bounds = starts[first : first + CHUNK + 1]
        some = records[bounds[0] : bounds[-1]]
        yield Columns.of_records(store.customer_ids[first : first + CHUNK], bounds - bounds[0], some)


def analyze(engine: Engine) -> None:
    """Let the database know what is in its tables, as it would after a while."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE")


def _customers(shop_id: int, store: MadeStore, as_of: datetime) -> Iterator[tuple[Any, ...]]:
    signed_up_at = to_microseconds(stores.AS_OF - timedelta(days=365 * stores.YEARS))
    for some in columns(store):
        found = evaluate.evaluate(Customers.of(some), SEGMENTS, as_of, Store())
        answers = zip(found.memberships.tolist(), found.next_review_at.tolist(), strict=True)
        for customer_id, (tags, at) in zip(some.customer_ids.tolist(), answers, strict=True):
            review_at = None if at == evaluate.NEVER else at
            yield shop_id, customer_id, signed_up_at, tags, tags, review_at, 0, 0


def _orders(shop_id: int, store: MadeStore) -> Iterator[tuple[Any, ...]]:
    whose = store.whose()
    status = np.where(store.partly_refunded, 1, np.where(store.refunded, 2, 0))
    names = ("paid", "partially_refunded", "refunded")
    for first in range(0, len(whose), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        some = store.orders[part]
        totals, times = some["spend"].tolist(), (some["processed_at"].astype(np.int64) * SECOND).tolist()
        ids, theirs, units = some["order_id"].tolist(), whose[part].tolist(), some["units"].tolist()
        fates = zip(status[part].tolist(), store.cancelled[part].tolist(), strict=True)
        rows = zip(ids, theirs, times, totals, units, fates, strict=True)
        for order_id, customer_id, at, total, count, (fate, cancelled) in rows:
            cancelled_at = at if cancelled else None
            amounts = (0, 0, 0) if fate == 2 else (total, total, count)
            yield (shop_id, order_id, customer_id, at, *amounts, names[fate], False, cancelled_at, at, IMPORTED)


def _insert(engine: Engine, table: str, names: Sequence[str], rows: Rows) -> None:
    if engine.dialect.name == "sqlite":
        _insert_sqlite(engine, table, names, rows)
        return
    with engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        statement = f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)"
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types([KINDS.get(name, "int8") for name in names])
            for row in rows:
                copy.write_row(row)


def _insert_sqlite(engine: Engine, table: str, names: Sequence[str], rows: Rows) -> None:
    # Nobody else is there and nothing has to survive a power cut: a log of it all would take longer than the rows.
    engine.dispose()
    with contextlib.closing(sqlite3.connect(engine.url.database or "")) as database, database:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -65536"):
            database.execute(f"PRAGMA {pragma}")
        places = ", ".join("?" for _ in names)
        database.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", rows)
