"""Category histories: for each category a segment asks for, the packed orders in which a customer bought of it.

`fold` changes them with the orders, in the ledger's own transaction; `rebuild` makes them from the stored lines, when a
category is new; `fold_product` when a product has come into a category or left one. All three end in the same bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from sqlalchemy import BigInteger, Table, delete, func, select, type_coerce
from sqlalchemy.orm import Session

from plugin.db import upserts
from plugin.db.models import PRODUCT_TO_FOLD, Category, CategoryHistory, Order, OrderHistory, OrderLine, Product
from plugin.history import lines
from plugin.segments import columns
from plugin.segments.columns import IntArray, Record
from plugin.shop import shops
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import categories

Changed = Mapping[int, Mapping[int, Record | None]]
"""By customer, orders as their histories hold them now; None for one that is no longer there."""

HISTORIES = cast(Table, CategoryHistory.__table__)
KEYS_A_QUERY = 5_000
CUSTOMERS_AT_ONCE = 5_000
ORDERS_AT_ONCE = 2_000
SECOND = 1_000_000


def fold(session: Session, shop_id: int, changed: Changed) -> None:
    """Take over what changed in customers' histories. These orders' lines are stored; the caller holds the shop."""
    numbers = categories.begun(session, shop_id) if lines.are_kept(shops.get(session, shop_id)) else {}
    counting = [order_id for orders in changed.values() for order_id, record in orders.items() if record is not None]
    bought = _bought(session, shop_id, counting, numbers) if numbers else {}
    wanted: dict[tuple[int, int], dict[int, Record | None]] = {}
    for customer_id, orders in changed.items():
        for number in numbers.values():
            wanted[number, customer_id] = {
                order_id: _of_category(record, bought.get((number, order_id))) for order_id, record in orders.items()
            }
        # What nobody asks for any more is about to be dropped, and names no erased order until then.
        if gone := [order_id for order_id, record in orders.items() if record is None]:
            for number in _unasked(session, shop_id, set(numbers.values())):
                wanted[number, customer_id] = dict.fromkeys(gone)
    if wanted:
        _merge(session, shop_id, wanted)


def fold_product(session: Session, shop_id: int, product_id: int, after: int) -> tuple[int | None, list[int]]:
    """Fold the orders of a product with numbers above `after` anew. The caller holds the shop.

    Returns the last order dealt with (None when there are no more), and whose orders they were.
    """
    mine = (OrderLine.shop_id == shop_id, OrderLine.product_id == product_id, OrderLine.order_id > after)
    some = select(OrderLine.order_id).where(*mine).order_by(OrderLine.order_id).limit(ORDERS_AT_ONCE)
    order_ids = list(session.scalars(some))
    settings = ShopSettings.of(shops.get(session, shop_id).settings)
    changed: dict[int, dict[int, Record | None]] = {}
    for order in session.scalars(select(Order).where(Order.shop_id == shop_id, Order.order_id.in_(order_ids))):
        if order.customer_id is not None:
            changed.setdefault(order.customer_id, {})[order.order_id] = settings.record(order)
    fold(session, shop_id, changed)
    return (order_ids[-1] if len(order_ids) == ORDERS_AT_ONCE else None), sorted(changed)


def rebuild(session: Session, shop_id: int, products: Mapping[int, IntArray], after: int) -> int | None:
    """Make the histories of the next customers above `after` say what the stored lines say, in the categories given
    with their products. The caller holds the shop. Returns the last customer dealt with; None when there are no more.
    """
    last = _end_of_part(session, shop_id, after)
    bought = _bought_between(session, shop_id, after, last)
    for number, product_ids in products.items():
        chosen = bought[np.isin(bought[:, 2], product_ids)]
        _replace(session, shop_id, number, after, last, _packed(chosen))
    return last


def forget(session: Session, shop_id: int, erased: set[int]) -> None:
    """Let no place where to go on name what was erased: to go on after the number before is the same."""
    for category in session.scalars(select(Category).where(Category.shop_id == shop_id)):
        category.packed_after = _before(category.packed_after, erased)
    for product in session.scalars(select(Product).where(Product.shop_id == shop_id, PRODUCT_TO_FOLD)):
        product.fold_after = _before(product.fold_after, erased)


def _unasked(session: Session, shop_id: int, asked: set[int]) -> set[int]:
    last = session.scalar(select(func.max(CategoryHistory.number)).where(CategoryHistory.shop_id == shop_id))
    return set(range(1, (last or 0) + 1)) - asked


def _bought(
    session: Session, shop_id: int, order_ids: Sequence[int], numbers: dict[categories.Key, int]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Units and spend by category and order."""
    by_order = lines.of_orders(session, shop_id, order_ids)
    product_ids = {product for shares in by_order.values() for product, _, _ in shares}
    inside = {row.product_id: categories.numbers_of(row, numbers) for row in _products(session, shop_id, product_ids)}
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for order_id, shares in by_order.items():
        for product, units, spend in shares:
            for number in inside.get(product, ()):
                sums = found.get((number, order_id), (0, 0))
                found[number, order_id] = (sums[0] + units, sums[1] + spend)
    return found


def _products(session: Session, shop_id: int, product_ids: set[int]) -> Iterable[Product]:
    asked = list(product_ids)
    for start in range(0, len(asked), KEYS_A_QUERY):
        some = Product.product_id.in_(asked[start : start + KEYS_A_QUERY])
        yield from session.scalars(select(Product).where(Product.shop_id == shop_id, some))


def _of_category(record: Record | None, bought: tuple[int, int] | None) -> Record | None:
    if record is None or bought is None:
        return None
    return record._replace(units=min(bought[0], columns.LARGEST_U4), spend=bought[1])


def _merge(session: Session, shop_id: int, wanted: Mapping[tuple[int, int], Mapping[int, Record | None]]) -> None:
    stored = _stored_of(session, shop_id, {customer_id for _, customer_id in wanted}, {number for number, _ in wanted})
    written, emptied = [], []
    for (number, customer_id), orders in wanted.items():
        before = stored.get((number, customer_id))
        after = columns.merge(before or b"", orders)
        if after and after != before:
            written.append((shop_id, number, customer_id, after))
        elif before and not after:
            emptied.append((number, customer_id))
    _write(session, written)
    for number, customer_id in emptied:
        this = (CategoryHistory.shop_id == shop_id, CategoryHistory.number == number)
        session.execute(delete(CategoryHistory).where(*this, CategoryHistory.customer_id == customer_id))


def _stored_of(
    session: Session, shop_id: int, customer_ids: set[int], numbers: set[int]
) -> dict[tuple[int, int], bytes]:
    found, asked = dict[tuple[int, int], bytes](), list(customer_ids)
    for start in range(0, len(asked), KEYS_A_QUERY):
        some = CategoryHistory.customer_id.in_(asked[start : start + KEYS_A_QUERY])
        mine = (CategoryHistory.shop_id == shop_id, CategoryHistory.number.in_(numbers), some)
        rows = select(CategoryHistory.number, CategoryHistory.customer_id, CategoryHistory.history).where(*mine)
        found |= {(number, customer_id): history for number, customer_id, history in session.execute(rows)}
    return found


def _end_of_part(session: Session, shop_id: int, after: int) -> int | None:
    """The last customer of a part of CUSTOMERS_AT_ONCE buyers; None if it is the last part."""
    theirs = (OrderHistory.shop_id == shop_id, OrderHistory.customer_id > after)
    buyers = select(OrderHistory.customer_id).where(*theirs).order_by(OrderHistory.customer_id)
    return session.scalar(buyers.offset(CUSTOMERS_AT_ONCE - 1).limit(1))


def _bought_between(session: Session, shop_id: int, after: int, last: int | None) -> IntArray:
    """Customer, order, product, units, spend, instant of every line that counts of these customers."""
    settings = ShopSettings.of(shops.get(session, shop_id).settings)
    mine = [Order.shop_id == shop_id, Order.customer_id > after, *settings.counting()]
    if last is not None:
        mine.append(Order.customer_id <= last)
    at = type_coerce(Order.processed_at, BigInteger)
    same = (OrderLine.shop_id == Order.shop_id) & (OrderLine.order_id == Order.order_id)
    rows = select(Order.customer_id, Order.order_id, OrderLine.product_id, OrderLine.units, OrderLine.spend, at)
    found = session.execute(rows.join(OrderLine, same).where(*mine)).all()
    return np.array([tuple(row) for row in found], np.int64).reshape(-1, 6)


def _packed(bought: IntArray) -> dict[int, bytes]:
    """Each customer's history, the very bytes of plugin.segments.columns.pack."""
    order = np.lexsort((bought[:, 1], bought[:, 5] // SECOND, bought[:, 0]))
    customers, order_ids, _, units, spend, at = bought[order].T
    # All lines of an order lie together: an order has one customer and one instant.
    firsts = np.flatnonzero(np.r_[True, order_ids[1:] != order_ids[:-1]]) if len(order_ids) else np.zeros(0, np.int64)
    records = np.zeros(len(firsts), columns.RECORD)
    if len(firsts):
        records["order_id"] = order_ids[firsts]
        records["spend"] = np.add.reduceat(spend, firsts)
        records["processed_at"] = np.clip(at[firsts] // SECOND, 0, columns.LARGEST_U4)
        records["units"] = np.clip(np.add.reduceat(units, firsts), 0, columns.LARGEST_U4)
    customer_ids, starts = np.unique(customers[firsts], return_index=True)
    bounds = np.append(starts, len(firsts)).tolist()
    return {
        customer_id: records[start:stop].tobytes()
        for customer_id, start, stop in zip(customer_ids.tolist(), bounds[:-1], bounds[1:], strict=True)
    }


def _replace(
    session: Session, shop_id: int, number: int, after: int, last: int | None, histories: Mapping[int, bytes]
) -> None:
    mine = [CategoryHistory.shop_id == shop_id, CategoryHistory.number == number, CategoryHistory.customer_id > after]
    if last is not None:
        mine.append(CategoryHistory.customer_id <= last)
    rows = session.execute(select(CategoryHistory.customer_id, CategoryHistory.history).where(*mine))
    stored = dict(cast(Iterable[tuple[int, bytes]], rows.all()))
    _write(session, [(shop_id, number, *each) for each in histories.items() if stored.get(each[0]) != each[1]])
    emptied = list(stored.keys() - histories.keys())
    for start in range(0, len(emptied), KEYS_A_QUERY):
        some = CategoryHistory.customer_id.in_(emptied[start : start + KEYS_A_QUERY])
        session.execute(delete(CategoryHistory).where(*mine[:2], some))


def _before(number: int | None, erased: set[int]) -> int | None:
    while number is not None and number in erased:
        number -= 1
    return number


def _write(session: Session, rows: Sequence[tuple[Any, ...]]) -> None:
    upserts.write(session, HISTORIES, ["shop_id", "number", "customer_id", "history"], rows, _overwrite)


def _overwrite(insert: Any) -> upserts.Insert:
    changed: upserts.Insert = insert.on_conflict_do_update(
        index_elements=["shop_id", "number", "customer_id"], set_={"history": insert.excluded.history}
    )
    return changed
