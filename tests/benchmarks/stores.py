"""Made-up stores for benchmarks: three years of orders, most customers buying once and a few buying without end.

The shape (median 2 orders a customer, mean 10, a long tail) follows what real shops show; the seed is fixed, so every
run judges the same store. Times lean on nothing but `AS_OF`.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plugin.segments.columns import RECORD, IntArray, seconds

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
YEARS = 3
MOST_ORDERS = 3_826
SHARE_BUYING_ONCE = 0.49
SHARE_BUYING_TWICE = 0.12
ROWS_AT_ONCE = 500_000


@dataclass(frozen=True, slots=True)
class MadeStore:
    customer_ids: IntArray
    starts: IntArray
    records: NDArray[np.void]
    """All orders, customer after customer, oldest first."""


def make(customers: int, seed: int = 7) -> MadeStore:
    random = np.random.default_rng(seed)
    counts = _orders_each(random, customers)
    starts = np.zeros(customers + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    whose = np.repeat(np.arange(customers), counts)
    processed_at = _times(random, whose, customers)
    records = np.zeros(len(whose), RECORD)
    records["order_id"] = 5_000_000_000 + random.permutation(len(whose))
    records["processed_at"] = processed_at
    records["spend"] = np.exp(random.normal(8.2, 0.9, len(whose))).astype(np.int64)
    records["units"] = random.geometric(0.4, len(whose))
    refunded = random.random(len(whose)) < 0.03
    records["spend"][refunded] //= 2
    return MadeStore(7_000_000_000 + 3 * np.arange(customers), starts, records)


def _orders_each(random: np.random.Generator, customers: int) -> IntArray:
    tail = 5.5 * random.random(customers) ** (-1 / 1.2)
    counts = np.minimum(tail, MOST_ORDERS).astype(np.int64)
    share = random.random(customers)
    counts[share < SHARE_BUYING_ONCE + SHARE_BUYING_TWICE] = 2
    counts[share < SHARE_BUYING_ONCE] = 1
    return counts


def _times(random: np.random.Generator, whose: IntArray, customers: int) -> IntArray:
    """Each customer buys within a span of their own, so that some have long been gone."""
    end = seconds(AS_OF)
    length = int(timedelta(days=365 * YEARS).total_seconds())
    born, gone = np.sort(random.random((2, customers)), axis=0)
    place = born[whose] + (gone - born)[whose] * random.random(len(whose))
    times = end - length + (place * length).astype(np.int64)
    # One sort for all: the customer's number in front of the time in one integer.
    ordered = np.sort(whose << 32 | times)
    return ordered & 0xFFFFFFFF


def write(store: MadeStore, path: Path) -> None:
    """The store twice in one SQLite file: packed histories, and one row an order in the order a plain loop wants."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("CREATE TABLE histories (customer_id INTEGER PRIMARY KEY, history BLOB NOT NULL)")
        database.execute(
            "CREATE TABLE orders (customer_id INTEGER, processed_at INTEGER, order_id INTEGER, spend INTEGER,"
            " PRIMARY KEY (customer_id, processed_at, order_id)) WITHOUT ROWID"
        )
        database.executemany("INSERT INTO histories VALUES (?, ?)", _history_rows(store))
        for rows in _order_rows(store):
            database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
    database.close()


def _history_rows(store: MadeStore) -> Iterator[tuple[int, memoryview]]:
    packed = memoryview(store.records.tobytes())
    bounds = (store.starts * RECORD.itemsize).tolist()
    for customer_id, start, end in zip(store.customer_ids.tolist(), bounds, bounds[1:], strict=False):
        yield customer_id, packed[start:end]


def _order_rows(store: MadeStore) -> Iterator[Iterator[tuple[int, int, int, int]]]:
    customer_ids = np.repeat(store.customer_ids, np.diff(store.starts))
    for first in range(0, len(store.records), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        records = store.records[part]
        columns = [customer_ids[part], records["processed_at"], records["order_id"], records["spend"]]
        yield zip(*(column.tolist() for column in columns), strict=True)
