"""Order histories as they are stored, 24 bytes an order, and many of them side by side as arrays.

The ledger packs and merges histories; whoever evaluates makes `Columns` of them. Holds orders that count and nothing
else: which ones do is decided before they come here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
RecordArray = NDArray[np.void]

# Little-endian everywhere, so that the same bytes can move between machines and databases.
RECORD = np.dtype([("order_id", "<i8"), ("spend", "<i8"), ("processed_at", "<u4"), ("units", "<u4")])
LARGEST_U4 = 2**32 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Record(NamedTuple):
    """One order that counts. A tuple, because numpy fills records from tuples."""

    order_id: int
    spend: int
    """Integer minor units of the shop's currency."""
    processed_at: int
    """Whole seconds since the epoch."""
    units: int


def seconds(instant: datetime) -> int:
    """Whole seconds since the epoch, for `Record.processed_at`."""
    return (instant - EPOCH) // timedelta(seconds=1)


def microseconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1)


def pack(records: Iterable[Record]) -> bytes:
    """The stored form of one customer's orders; each order id may occur once."""
    return _sorted(_array(records)).tobytes()


def unpack(history: bytes | memoryview) -> list[Record]:
    return [Record(*record) for record in np.frombuffer(history, RECORD).tolist()]


def merge(history: bytes | memoryview, changed: Mapping[int, Record | None]) -> bytes:
    """The history after orders were added, replaced or (None) removed, in the same canonical order as `pack`."""
    if any(record is not None and record.order_id != order_id for order_id, record in changed.items()):
        raise ValueError("a record stands under another order's id")
    records = np.frombuffer(history, RECORD)
    kept = records[~np.isin(records["order_id"], np.array(list(changed), np.int64))]
    arrived = _array(record for record in changed.values() if record is not None)
    if not len(arrived):
        return kept.tobytes()
    return _sorted(np.concatenate([kept, arrived])).tobytes()


def _array(records: Iterable[Record]) -> RecordArray:
    return np.array([_fitted(record) for record in records], RECORD)


def _fitted(record: Record) -> tuple[int, int, int, int]:
    # Prefix sums are searched for a threshold, so they must never fall: an order refunded beyond its price is worth 0.
    return (
        record.order_id,
        max(record.spend, 0),
        min(max(record.processed_at, 0), LARGEST_U4),
        min(max(record.units, 0), LARGEST_U4),
    )


def _sorted(records: RecordArray) -> RecordArray:
    return records[np.lexsort((records["order_id"], records["processed_at"]))]


@dataclass(frozen=True, eq=False)
class Columns:
    """Orders of many customers, one run after the other: customer i has those from starts[i] to starts[i + 1]."""

    customer_ids: IntArray
    starts: IntArray
    processed_at: NDArray[np.uint32]
    spend: IntArray
    units: NDArray[np.uint32]

    @classmethod
    def from_histories(cls, customer_ids: Sequence[int], histories: Sequence[bytes | memoryview | None]) -> "Columns":
        """One customer a history; None and an empty history both mean a customer without orders."""
        if len(customer_ids) != len(histories):
            raise ValueError(f"{len(customer_ids)} customers but {len(histories)} histories")
        present = [history or b"" for history in histories]
        lengths = np.fromiter(map(len, present), np.int64, len(present))
        return cls.of_packed(np.fromiter(customer_ids, np.int64, len(customer_ids)), lengths, b"".join(present))

    @classmethod
    def of_packed(cls, customer_ids: IntArray, lengths: IntArray, histories: bytes) -> "Columns":
        """Histories one behind the other, each so many bytes long."""
        if (torn := np.flatnonzero(lengths % RECORD.itemsize)).size:
            # Joined, one torn history would shift the orders of every customer behind it.
            raise ValueError(f"the history of customer {customer_ids[torn[0]]} is not a whole number of records")
        starts = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths // RECORD.itemsize, out=starts[1:])
        return cls.of_records(customer_ids, starts, np.frombuffer(histories, RECORD))

    @classmethod
    def of_records(cls, customer_ids: IntArray, starts: IntArray, records: RecordArray) -> "Columns":
        """Records of one customer after the other, each oldest first; `starts` has one entry more than there are."""
        return cls(
            customer_ids=customer_ids,
            starts=starts,
            processed_at=np.ascontiguousarray(records["processed_at"]),
            spend=records["spend"],
            units=records["units"],
        )

    @classmethod
    def of_some(cls, customer_ids: IntArray, packed: tuple[IntArray, IntArray, bytes]) -> "Columns":
        """These customers in their order: histories as `of_packed` takes them, of whoever of them has any and of others
        too, in any order.
        """
        found = cls.of_packed(*packed)
        counts = np.zeros(len(customer_ids), np.int64)
        begins = np.zeros(len(customer_ids), np.int64)
        order = np.argsort(customer_ids, kind="stable")
        places = np.searchsorted(customer_ids, found.customer_ids, sorter=order)
        known = np.append(customer_ids[order], 0)[places] == found.customer_ids
        here = order[places[known]]
        counts[here] = np.diff(found.starts)[known]
        begins[here] = found.starts[:-1][known]
        starts = np.zeros(len(customer_ids) + 1, np.int64)
        np.cumsum(counts, out=starts[1:])
        if known.all() and np.array_equal(starts[here], found.starts[:-1]):  # in this order, with gaps at the most
            return cls(customer_ids, starts, found.processed_at, found.spend, found.units)
        orders = np.arange(starts[-1]) + np.repeat(begins - starts[:-1], counts)
        return cls(customer_ids, starts, found.processed_at[orders], found.spend[orders], found.units[orders])

    @classmethod
    def without_orders(cls, customer_ids: IntArray) -> "Columns":
        """Customers who never bought."""
        return cls.of_records(customer_ids, np.zeros(len(customer_ids) + 1, np.int64), np.zeros(0, RECORD))

    def __len__(self) -> int:
        return len(self.customer_ids)

    def those(self, chosen: NDArray[np.bool_]) -> "Columns":
        """The columns of the customers chosen, one truth for each."""
        if chosen.all():
            return self
        counts = np.diff(self.starts)
        orders = np.repeat(chosen, counts)
        starts = np.zeros(int(chosen.sum()) + 1, np.int64)
        np.cumsum(counts[chosen], out=starts[1:])
        return Columns(
            customer_ids=self.customer_ids[chosen],
            starts=starts,
            processed_at=self.processed_at[orders],
            spend=self.spend[orders],
            units=self.units[orders],
        )

    def only(self, i: int) -> "Columns":
        """The columns of customer number i alone."""
        run = slice(int(self.starts[i]), int(self.starts[i + 1]))
        return Columns(
            customer_ids=self.customer_ids[i : i + 1],
            starts=np.array([0, run.stop - run.start], np.int64),
            processed_at=self.processed_at[run],
            spend=self.spend[run],
            units=self.units[run],
        )

    @cached_property
    def spend_before(self) -> IntArray:
        """Spend of all orders in front of each position; one entry more than there are orders."""
        return _sums_before(self.spend)

    @cached_property
    def units_before(self) -> IntArray:
        return _sums_before(self.units)


@dataclass(frozen=True, slots=True, eq=False)
class SummedColumns:
    """Columns whose sums are worked out already; where those begin does not matter, only their differences do."""

    customer_ids: IntArray
    starts: IntArray
    processed_at: NDArray[np.uint32]
    spend_before: IntArray
    units_before: IntArray

    def __len__(self) -> int:
        return len(self.customer_ids)


AnyColumns = Columns | SummedColumns


def _sums_before(amounts: NDArray[Any]) -> IntArray:
    sums = np.zeros(len(amounts) + 1, np.int64)
    np.cumsum(amounts, out=sums[1:])
    # No amount is negative, so the first sum that does not fit in 64 bits comes out negative.
    if sums.min() < 0:
        raise OverflowError("the amounts of these customers add up to more than 64 bits hold: evaluate fewer at once")
    return sums
