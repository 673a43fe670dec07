"""Orders that a list of all orders should have had and has not: they were deleted while nobody told us.

What came in by webhook shortly before the list was made may have missed it, and is not meant. Called by the import.
"""

from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, func, select, true

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Order
from plugin.history import versions
from plugin.history.ledger import Ledger
from plugin.shop import shops

log = structlog.get_logger()

LOOKED_AT_ONCE = 50_000
DELETED_AT_ONCE = 1_000
# Merchants delete single orders, rarely a fifth of all: a list that lacks so many is not what we take it for.
MOST_UNLISTED, MOST_UNLISTED_SHARE = 100, 0.2


def are_too_many(shop_id: int, listed_at: datetime, in_sight: datetime | None) -> bool:
    """Whether so many orders are missing that the list is to be doubted rather than they: then none is let go."""
    mine = select(func.count()).select_from(Order).where(Order.shop_id == shop_id, Order.deleted_at.is_(None))
    with db.read() as session:
        missing = session.scalar(mine.where(*_unlisted(listed_at, in_sight))) or 0
        known = session.scalar(mine) or 0
    doubted = missing > max(MOST_UNLISTED, MOST_UNLISTED_SHARE * known)
    if doubted:
        log.error("too_many_orders_unlisted", shop_id=shop_id, missing=missing, known=known)
    return doubted


def let_go(shop_id: int, after: int, listed_at: datetime, in_sight: datetime | None) -> int | None:
    """Look at the next orders with numbers above `after`, and delete those that a list of this instant lacks.

    `in_sight`: only orders placed since then are in such lists (None: all are). Returns the last number looked at, None
    when there are no more.
    """
    mine = (Order.shop_id == shop_id, Order.order_id > after)
    with db.read() as session:
        some = select(Order.order_id).where(*mine).order_by(Order.order_id)
        last: int | None = session.scalar(some.offset(LOOKED_AT_ONCE - 1).limit(1))
        these = mine if last is None else (*mine, Order.order_id <= last)
        gone = list(session.scalars(select(Order.order_id).where(*these, *_unlisted(listed_at, in_sight))))
    for start in range(0, len(gone), DELETED_AT_ONCE):
        _delete(shop_id, gone[start : start + DELETED_AT_ONCE], _unlisted(listed_at, in_sight))
    if gone:
        log.info("orders_gone", shop_id=shop_id, orders=len(gone))
    return last


def _unlisted(listed_at: datetime, in_sight: datetime | None) -> tuple[ColumnElement[bool], ...]:
    visible = Order.processed_at >= in_sight if in_sight else true()
    return Order.deleted_at.is_(None), versions.seen_before(listed_at), visible


def _delete(shop_id: int, order_ids: list[int], unlisted: tuple[ColumnElement[bool], ...]) -> None:
    with db.write() as session:
        shops.hold(session, shop_id)
        some = (Order.shop_id == shop_id, Order.order_id.in_(order_ids), *unlisted)
        gone = list(session.scalars(select(Order.order_id).where(*some)))  # but for those heard of meanwhile
        book = Ledger(session, shop_id)
        book.load(gone, ())
        for order_id in gone:
            book.delete_order(order_id, clock.now())
        book.save()
