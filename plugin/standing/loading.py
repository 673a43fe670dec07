"""Customers as the engine takes them: what is recorded of them, and their histories as columns, some at a time.

plugin.standing.refresh loads with it what it judges, plugin.standing.preview what it tries rules on. Reads no more than
the segments in use ask for; changes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import BigInteger, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session

from plugin.db import arrays
from plugin.db.models import Customer, OrderHistory
from plugin.segments.columns import Columns, IntArray
from plugin.segments.customers import Customers
from plugin.segments.evaluate import NEVER
from plugin.segments.needs import Needs

# At ten orders a customer this much stays in the processor's cache.
LOADED_AT_ONCE = 8_000

Piece = tuple[Customers, IntArray]
"""Customers, and their places among those that were asked for."""
Packed = tuple[IntArray, IntArray, bytes]
Histories = Callable[[Session, int, IntArray], Packed]

# Reviews as raw microseconds: a million datetimes would take longer than the evaluation.
REVIEW_AT = func.coalesce(type_coerce(Customer.next_review_at, BigInteger), NEVER)
LIVING = (Customer.shop_id == bindparam("shop_id"), Customer.deleted_at.is_(None), Customer.merged_into.is_(None))
STANDING = select(Customer.customer_id, Customer.wanted_tags, REVIEW_AT).where(*LIVING)
STANDING_OF_SOME = STANDING.where(arrays.Among(Customer.customer_id, "customer_ids"))
STANDING_OF_NEXT = (
    STANDING.where(Customer.customer_id > bindparam("after"))
    .order_by(Customer.customer_id)
    .limit(bindparam("most", type_=BigInteger))
)
HISTORIES = select(OrderHistory.customer_id, OrderHistory.history).where(OrderHistory.shop_id == bindparam("shop_id"))
HISTORIES_OF_SOME = HISTORIES.where(arrays.Among(OrderHistory.customer_id, "customer_ids"))
HISTORIES_OF_NEXT = HISTORIES.where(
    OrderHistory.customer_id >= bindparam("first"), OrderHistory.customer_id <= bindparam("last")
)


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What is recorded of some customers, by ascending id."""

    customer_ids: IntArray
    wanted_tags: IntArray
    next_review_at: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """Living customers. Each is in one of the pieces, which can be gone through once."""

    standing: Standing
    pieces: Iterator[Piece]


def some(session: Session, shop_id: int, customer_ids: Sequence[int], needs: Needs) -> Loaded:
    """Those of these customers who are there and not deleted."""
    numbers = arrays.integers(session, STANDING_OF_SOME, shop_id=shop_id, customer_ids=list(customer_ids))
    return _loaded(session, shop_id, numbers, _histories_of_some, needs)


def following(session: Session, shop_id: int, after: int, most: int, needs: Needs) -> Loaded:
    """The next customers with ids above `after`."""
    numbers = arrays.integers(session, STANDING_OF_NEXT, shop_id=shop_id, after=after, most=most)
    return _loaded(session, shop_id, numbers, _histories_of_next, needs)


def _loaded(session: Session, shop_id: int, numbers: list[IntArray], histories: Histories, needs: Needs) -> Loaded:
    ascending = np.argsort(numbers[0], kind="stable")
    standing = Standing(*(each[ascending] for each in numbers))
    return Loaded(standing, _pieces(session, shop_id, standing, histories, needs))


def _pieces(session: Session, shop_id: int, standing: Standing, histories: Histories, _needs: Needs) -> Iterator[Piece]:
    customer_ids = standing.customer_ids
    without = np.ones(len(customer_ids), np.bool_)
    for first in range(0, len(customer_ids), LOADED_AT_ONCE):
        columns = Columns.of_packed(*histories(session, shop_id, customer_ids[first : first + LOADED_AT_ONCE]))
        places = np.searchsorted(customer_ids, columns.customer_ids)
        known = np.append(customer_ids, 0)[places] == columns.customer_ids
        # Customers who were deleted or merged into others still have their history.
        without[places[known]] = False
        yield _piece(columns.those(known), places[known], standing)
    if without.any():
        places = np.flatnonzero(without)
        yield _piece(Columns.without_orders(customer_ids[places]), places, standing)


def _piece(columns: Columns, places: IntArray, standing: Standing) -> Piece:
    return Customers.of(columns, members=standing.wanted_tags[places]), places


def _histories_of_some(session: Session, shop_id: int, customer_ids: IntArray) -> Packed:
    return arrays.packed(session, HISTORIES_OF_SOME, shop_id=shop_id, customer_ids=customer_ids.tolist())


def _histories_of_next(session: Session, shop_id: int, customer_ids: IntArray) -> Packed:
    """Of all from the first to the last of them: that is as many, and quicker asked for."""
    first, last = int(customer_ids[0]), int(customer_ids[-1])
    return arrays.packed(session, HISTORIES_OF_NEXT, shop_id=shop_id, first=first, last=last)
