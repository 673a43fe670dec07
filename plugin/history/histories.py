"""Packed histories made anew from the orders. The import calls it once all orders are here: merging each order into its
customer's history as it comes would write the same histories again and again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, cast

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Table, bindparam, delete, func, select, type_coerce
from sqlalchemy.orm import Session

from plugin.db import arrays, upserts
from plugin.db.models import Customer, Order, OrderHistory
from plugin.segments import columns
from plugin.segments.columns import IntArray
from plugin.shop import shops
from plugin.shop.shop_settings import ShopSettings

ORDERS_AT_ONCE = 20_000
# What is held in memory while a shop's first histories are written takes some 250 bytes an order.
ORDERS_GATHERED = 1_500_000
CUSTOMERS_A_WRITE = 5_000
KEYS_A_QUERY = 5_000
SECOND = 1_000_000
LARGEST_ID = 2**63 - 1
HISTORIES = cast(Table, OrderHistory.__table__)


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """The histories of all customers above `after`, up to `last` (None: to the end)."""

    after: int
    customer_ids: IntArray
    bounds: IntArray
    packed: bytes
    last: int | None

    def between(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Customers number `first` to `end` with their histories."""
        size = columns.RECORD.itemsize
        bounds = (self.bounds[first : end + 1] * size).tolist()
        for customer_id, start, stop in zip(
            self.customer_ids[first:end].tolist(), bounds[:-1], bounds[1:], strict=True
        ):
            yield customer_id, self.packed[start:stop]


def gather(session: Session, shop_id: int, after: int) -> Gathered:
    """Read the orders of many customers above `after`, in no order, and pack them."""
    last = _end_of_part(session, shop_id, after)
    settings = ShopSettings.of(shops.get(session, shop_id).settings)
    values = {"after": after, "last": LARGEST_ID if last is None else last, "shop_id": shop_id}
    return _packed(arrays.integers(session, _orders_of_part(settings), **values), after, last)


def write(session: Session, shop_id: int, gathered: Gathered, first: int) -> int:
    """Write the next of the gathered histories, from customer number `first` on; returns where to go on.

    The caller holds the shop, whose ledger keeps even empty histories meanwhile (Shop.imported_at is not set): a
    history that is there was folded into after the orders were read, and is made anew.
    """
    end = min(first + CUSTOMERS_A_WRITE, len(gathered.customer_ids))
    after = int(gathered.customer_ids[first - 1]) if first else gathered.after
    is_last = end == len(gathered.customer_ids)
    upto = gathered.last if is_last else int(gathered.customer_ids[end - 1])
    known = _stored(session, shop_id, OrderHistory.customer_id > after, upto)
    new = [(shop_id, *each) for each in gathered.between(first, end) if each[0] not in known]
    upserts.write(session, HISTORIES, ["shop_id", "customer_id", "history"], new, _overwrite)
    touched = list(known)
    for start in range(0, len(touched), KEYS_A_QUERY):
        some = touched[start : start + KEYS_A_QUERY]
        orders = _counting_orders(session, shop_id).where(Order.customer_id.in_(some))
        _replace(session, shop_id, {number: known[number] for number in some}, session.execute(orders).all())
    return end


def rebuild(session: Session, shop_id: int, after: int) -> int | None:
    """Make the histories of the next customers above `after` say what `orders` says. The caller holds the shop.

    Returns the last customer dealt with; None when there are no more.
    """
    limit = ORDERS_AT_ONCE
    query = _counting_orders(session, shop_id).where(Order.customer_id > after).order_by(Order.customer_id)
    orders = session.execute(query.limit(limit)).all()
    while len(orders) == limit and orders[0][0] == orders[-1][0]:
        limit *= 4  # all orders of one customer are packed in one piece
        orders = session.execute(query.limit(limit)).all()
    last: int | None = None
    if len(orders) == limit:  # there may be more of the last customer's
        end = next(place for place in range(limit, 0, -1) if orders[place - 1][0] != orders[-1][0])
        orders = orders[:end]
        last = orders[-1][0]
    _replace(session, shop_id, _stored(session, shop_id, OrderHistory.customer_id > after, last), orders)
    return last


def differing(session: Session, shop_id: int, customer_ids: Sequence[int]) -> list[int]:
    """Those of the customers whose stored history is not what `orders` says; all must be read at one instant."""
    theirs = (OrderHistory.shop_id == shop_id, OrderHistory.customer_id.in_(customer_ids))
    rows = session.execute(select(OrderHistory.customer_id, OrderHistory.history).where(*theirs)).all()
    stored = dict(cast(Iterable[tuple[int, bytes]], rows))
    orders = session.execute(_counting_orders(session, shop_id).where(Order.customer_id.in_(customer_ids))).all()
    gathered = _packed(_columns(orders), 0, None)
    made = dict(gathered.between(0, len(gathered.customer_ids)))
    return [number for number in customer_ids if stored.get(number, b"") != made.get(number, b"")]


def drop_empty(session: Session, shop_id: int) -> None:
    """Drop what the ledger kept only for `write` to see."""
    empty = func.length(OrderHistory.history) == 0
    session.execute(delete(OrderHistory).where(OrderHistory.shop_id == shop_id, empty))


def _end_of_part(session: Session, shop_id: int, after: int) -> int | None:
    """The last customer of a part with some ORDERS_GATHERED orders; None if it is the last part."""
    count = session.scalar(select(func.count()).select_from(Order).where(Order.shop_id == shop_id)) or 0
    theirs = (Customer.shop_id == shop_id, Customer.customer_id > after)
    customers = session.scalar(select(func.count()).select_from(Customer).where(Customer.shop_id == shop_id)) or 0
    share = int(customers * ORDERS_GATHERED / max(1, count))
    ids = select(Customer.customer_id).where(*theirs).order_by(Customer.customer_id)
    return session.scalar(ids.offset(max(1, share)).limit(1))


def _counting_orders(session: Session, shop_id: int) -> Any:
    """Whose, which, spend, instant in microseconds and units of the orders that count (plugin.shop.shop_settings)."""
    settings = ShopSettings.of(shops.get(session, shop_id).settings)
    return _orders_that_count(settings).where(Order.shop_id == shop_id)


@cache
def _orders_of_part(settings: ShopSettings) -> Any:
    # Not by the index of customers: looking each order up would take longer than looking at all of them.
    whose = func.coalesce(Order.customer_id, 0)
    shop_id, after, last = (bindparam(name, required=False, type_=BigInteger) for name in ("shop_id", "after", "last"))
    return _orders_that_count(settings).where(Order.shop_id == shop_id, whose > after, whose <= last)


def _orders_that_count(settings: ShopSettings) -> Any:
    spend = Order.total if settings.spend_is_total else Order.subtotal
    at = type_coerce(Order.processed_at, BigInteger)
    return select(Order.customer_id, Order.order_id, spend, at, Order.units).where(*settings.counting())


def _columns(rows: Sequence[Sequence[Any]]) -> Sequence[IntArray]:
    return list(np.fromiter(chain.from_iterable(rows), np.int64, 5 * len(rows)).reshape(-1, 5).T)


def _packed(orders: Sequence[IntArray], after: int, last: int | None) -> Gathered:
    """Each customer's history, the very bytes of plugin.segments.columns.pack."""
    customers, order_ids, spend, at, units = orders
    at = at // SECOND
    order = np.lexsort((order_ids, at, customers))
    records = np.zeros(len(order), columns.RECORD)
    records["order_id"] = order_ids[order]
    records["spend"] = np.maximum(spend[order], 0)
    records["processed_at"] = np.clip(at[order], 0, columns.LARGEST_U4)
    records["units"] = np.clip(units[order], 0, columns.LARGEST_U4)
    customer_ids, starts = np.unique(customers[order], return_index=True)
    return Gathered(after, customer_ids, np.append(starts, len(order)), records.tobytes(), last)


def _stored(session: Session, shop_id: int, above: ColumnElement[bool], last: int | None) -> dict[int, bytes]:
    stored = select(OrderHistory.customer_id, OrderHistory.history).where(OrderHistory.shop_id == shop_id, above)
    if last is not None:
        stored = stored.where(OrderHistory.customer_id <= last)
    return dict(cast(Iterable[tuple[int, bytes]], session.execute(stored).all()))


def _replace(session: Session, shop_id: int, known: dict[int, bytes], orders: Sequence[Sequence[Any]]) -> None:
    """Write the histories made of these orders where they differ, and drop those that are left without any."""
    gathered = _packed(_columns(orders), 0, None)
    histories = dict(gathered.between(0, len(gathered.customer_ids)))
    changed = [(shop_id, number, packed) for number, packed in histories.items() if known.get(number) != packed]
    upserts.write(session, HISTORIES, ["shop_id", "customer_id", "history"], changed, _overwrite)
    emptied = list(known.keys() - histories.keys())
    for start in range(0, len(emptied), KEYS_A_QUERY):
        some = OrderHistory.customer_id.in_(emptied[start : start + KEYS_A_QUERY])
        session.execute(delete(OrderHistory).where(OrderHistory.shop_id == shop_id, some))


def _overwrite(insert: Any) -> upserts.Insert:
    changed: upserts.Insert = insert.on_conflict_do_update(
        index_elements=["shop_id", "customer_id"], set_={"history": insert.excluded.history}
    )
    return changed
