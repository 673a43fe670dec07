"""Made-up stores for benchmarks: three years of orders, most customers buying once and a few buying without end.

The shape (median 2 orders a customer, mean 10, 99 in 100 below some 120, a long tail) follows what real shops show. The
seed is fixed, so every run has the same store. tests/benchmarks/fill.py and bulk_results.py write them down.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from plugin.segments.columns import RECORD, IntArray, seconds

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
YEARS = 3
MOST_ORDERS = 3_826
SHARE_BUYING_ONCE = 0.49
SHARE_BUYING_TWICE = 0.12
SHARE_NEVER_BUYING = 0.01
SHARE_CANCELLED, SHARE_REFUNDED, SHARE_PARTLY_REFUNDED = 0.01, 0.01, 0.03
FIRST_CUSTOMER, FIRST_ORDER = 7_000_000_000, 5_000_000_000


@dataclass(frozen=True, slots=True, eq=False)
class MadeStore:
    """Customer i has the orders from starts[i] to starts[i + 1], oldest first."""

    customer_ids: IntArray
    starts: IntArray
    orders: NDArray[np.void]
    """All orders as records of a history, whether they count or not."""
    cancelled: NDArray[np.bool_]
    refunded: NDArray[np.bool_]
    partly_refunded: NDArray[np.bool_]

    def counting(self) -> tuple[IntArray, NDArray[np.void]]:
        """Starts and records of the orders that count."""
        counts = ~(self.cancelled | self.refunded)
        before = np.zeros(len(counts) + 1, np.int64)
        np.cumsum(counts, out=before[1:])
        return before[self.starts], self.orders[counts]

    def whose(self) -> IntArray:
        """The customer id of each order."""
        return np.repeat(self.customer_ids, np.diff(self.starts))


def make(customers: int, seed: int = 7) -> MadeStore:
    """The same store for the same arguments, on any machine."""
    random = np.random.default_rng(seed)
    starts = np.zeros(customers + 1, np.int64)
    np.cumsum(_orders_each(random, customers), out=starts[1:])
    count = int(starts[-1])
    fate = random.random(count)
    cancelled = fate < SHARE_CANCELLED
    refunded = ~cancelled & (fate < SHARE_CANCELLED + SHARE_REFUNDED)
    partly_refunded = fate > 1 - SHARE_PARTLY_REFUNDED
    orders = np.zeros(count, RECORD)
    orders["order_id"] = FIRST_ORDER + random.permutation(count)
    orders["processed_at"] = _times(random, np.repeat(np.arange(customers), np.diff(starts)), customers)
    orders["spend"] = np.exp(random.normal(8.2, 0.9, count)).astype(np.int64)
    orders["spend"][partly_refunded] //= 2
    orders["units"] = random.geometric(0.4, count)
    customer_ids = FIRST_CUSTOMER + 3 * np.arange(customers)
    return MadeStore(customer_ids, starts, orders, cancelled, refunded, partly_refunded)


def _orders_each(random: np.random.Generator, customers: int) -> IntArray:
    tail = 5.5 * random.random(customers) ** (-1 / 1.2)
    counts = np.minimum(tail, MOST_ORDERS).astype(np.int64)
    share = random.random(customers)
    counts[share < SHARE_BUYING_ONCE + SHARE_BUYING_TWICE] = 2
    counts[share < SHARE_BUYING_ONCE] = 1
    counts[share < SHARE_NEVER_BUYING] = 0
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
