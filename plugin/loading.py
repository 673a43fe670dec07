"""Customers as the engine takes them: what is recorded of them, and their histories as columns, some at a time.

plugin.refresh loads with it what it judges, plugin.preview what it tries rules on. Changes nothing.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session

from plugin.db import arrays
from plugin.db.models import Customer, OrderHistory
from plugin.segments.columns import Columns, IntArray
from plugin.segments.evaluate import NEVER

# At ten orders a customer this much stays in the processor's cache.
LOADED_AT_ONCE = 4_000

Piece = tuple[Columns, IntArray]
"""Columns, and the places of their customers among those that were asked for."""

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
HISTORIES = (
    select(OrderHistory.customer_id, OrderHistory.history)
    .where(OrderHistory.shop_id == bindparam("shop_id"))
    .order_by(OrderHistory.customer_id)
)
HISTORIES_OF_SOME = HISTORIES.where(arrays.Among(OrderHistory.customer_id, "customer_ids"))
HISTORIES_OF_NEXT = HISTORIES.where(
    OrderHistory.customer_id > bindparam("after"), OrderHistory.customer_id <= bindparam("last")
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


def some(session: Session, shop_id: int, customer_ids: Sequence[int]) -> Loaded:
    """Those of these customers who are there and not deleted."""
    values = {"shop_id": shop_id, "customer_ids": list(customer_ids)}
    standing = _standing(arrays.integers(session, STANDING_OF_SOME, **values))
    return Loaded(standing, _pieces(standing.customer_ids, arrays.rows(session, HISTORIES_OF_SOME, **values)))


def following(session: Session, shop_id: int, after: int, most: int) -> Loaded:
    """The next customers with ids above `after`."""
    standing = _standing(arrays.integers(session, STANDING_OF_NEXT, shop_id=shop_id, after=after, most=most))
    last = int(standing.customer_ids[-1]) if len(standing.customer_ids) else after
    histories = arrays.rows(session, HISTORIES_OF_NEXT, shop_id=shop_id, after=after, last=last)
    return Loaded(standing, _pieces(standing.customer_ids, histories))


def columns_of(histories: Iterator[tuple[Any, ...]]) -> Iterator[Columns]:
    """Columns made of rows of customer id and history, some at a time."""
    while True:
        # One by one: a list of rows, taken apart afterwards, would take half as long again.
        customer_ids, packed = [], []
        for customer_id, history in itertools.islice(histories, LOADED_AT_ONCE):
            customer_ids.append(customer_id)
            packed.append(history)
        if not customer_ids:
            return
        yield Columns.from_histories(customer_ids, packed)


def _standing(numbers: list[IntArray]) -> Standing:
    ascending = np.argsort(numbers[0], kind="stable")
    return Standing(*(each[ascending] for each in numbers))


def _pieces(customer_ids: IntArray, histories: Iterator[tuple[Any, ...]]) -> Iterator[Piece]:
    without = np.ones(len(customer_ids), np.bool_)
    for columns in columns_of(histories):
        places = np.searchsorted(customer_ids, columns.customer_ids)
        known = np.append(customer_ids, 0)[places] == columns.customer_ids
        # Customers who were deleted or merged into others still have their history.
        without[places[known]] = False
        yield columns.those(known), places[known]
    if without.any():
        yield Columns.without_orders(customer_ids[without]), np.flatnonzero(without)
