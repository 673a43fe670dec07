"""Packed histories made anew from the orders, some customers at a time. The import calls it once all orders are here:
merging each order into its customer's history as it comes would write the same histories again and again.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import numpy as np
from sqlalchemy import BigInteger, Table, delete, select, type_coerce
from sqlalchemy.orm import Session

from plugin import shops
from plugin.db import upserts
from plugin.db.models import Order, OrderHistory
from plugin.segments import columns
from plugin.shop_settings import ShopSettings

ORDERS_AT_ONCE = 20_000
KEYS_A_QUERY = 5_000
SECOND = 1_000_000
HISTORIES = cast(Table, OrderHistory.__table__)


def rebuild(session: Session, shop_id: int, after: int) -> int | None:
    """Make the histories of the next customers above `after` say what `orders` says. The caller holds the shop.

    Returns the last customer dealt with; None when there are no more.
    """
    limit = ORDERS_AT_ONCE
    orders = _counting_orders(session, shop_id, after, limit)
    while len(orders) == limit and orders[0][0] == orders[-1][0]:
        limit *= 4  # all orders of one customer are packed in one piece
        orders = _counting_orders(session, shop_id, after, limit)
    last: int | None = None
    if len(orders) == limit:  # there may be more of the last customer's
        end = next(place for place in range(limit, 0, -1) if orders[place - 1][0] != orders[-1][0])
        orders = orders[:end]
        last = orders[-1][0]
    _replace(session, shop_id, after, last, dict(_packed(orders)))
    return last


def _counting_orders(session: Session, shop_id: int, after: int, limit: int) -> Sequence[Sequence[Any]]:
    """By customer: number, order, spend, instant in microseconds and units, as plugin.shop_settings has them count."""
    settings = ShopSettings.of(shops.get(session, shop_id).settings)
    spend = Order.total if settings.spend_is_total else Order.subtotal
    at = type_coerce(Order.processed_at, BigInteger)
    counting = (
        Order.deleted_at.is_(None),
        Order.cancelled_at.is_(None),
        Order.test.is_(False),
        Order.financial_status.in_(settings.counted_statuses),
    )
    return session.execute(
        select(Order.customer_id, Order.order_id, spend, at, Order.units)
        .where(Order.shop_id == shop_id, Order.customer_id > after, *counting)
        .order_by(Order.customer_id)
        .limit(limit)
    ).all()


def _packed(orders: Sequence[Sequence[Any]]) -> Iterator[tuple[int, bytes]]:
    """Each customer's history, the very bytes of plugin.segments.columns.pack."""
    flat = np.fromiter(itertools.chain.from_iterable(orders), np.int64, 5 * len(orders)).reshape(-1, 5)
    customers, order_ids, spend, at, units = flat.T
    records = np.zeros(len(flat), columns.RECORD)
    records["order_id"] = order_ids
    records["spend"] = np.maximum(spend, 0)
    records["processed_at"] = np.clip(at // SECOND, 0, columns.LARGEST_U4)
    records["units"] = np.clip(units, 0, columns.LARGEST_U4)
    records = records[np.lexsort((records["order_id"], records["processed_at"], customers))]
    theirs, starts = np.unique(customers, return_index=True)
    packed, size = records.tobytes(), columns.RECORD.itemsize
    bounds = [*starts.tolist(), len(flat)]
    for customer_id, start, end in zip(theirs.tolist(), bounds[:-1], bounds[1:], strict=True):
        yield customer_id, packed[start * size : end * size]


def _replace(session: Session, shop_id: int, after: int, last: int | None, histories: dict[int, bytes]) -> None:
    """Write the histories that differ, and drop those of customers without counting orders."""
    rows = select(OrderHistory.customer_id, OrderHistory.history)
    stored = rows.where(OrderHistory.shop_id == shop_id, OrderHistory.customer_id > after)
    if last is not None:
        stored = stored.where(OrderHistory.customer_id <= last)
    known = dict(cast(Iterable[tuple[int, bytes]], session.execute(stored).all()))
    changed = [(shop_id, number, packed) for number, packed in histories.items() if known.get(number) != packed]
    upserts.write(session, HISTORIES, ["shop_id", "customer_id", "history"], changed, _overwrite)
    emptied = list(known.keys() - histories.keys())
    for start in range(0, len(emptied), KEYS_A_QUERY):
        some = OrderHistory.customer_id.in_(emptied[start : start + KEYS_A_QUERY])
        session.execute(delete(OrderHistory).where(OrderHistory.shop_id == shop_id, some))


_overwrite: Callable[[Any], upserts.Insert] = lambda insert: insert.on_conflict_do_update(  # noqa: E731
    index_elements=["shop_id", "customer_id"], set_={"history": insert.excluded.history}
)
