"""Who is in a segment, a page at a time, in the order of a number: theirs, what they ordered, what they spent.

The page shows them. A page in the order of their numbers is read from the database; any other order is worked out of
everybody's orders: of a large shop from the copy of its columns, which may be older than the figures shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.orm import Session

from plugin.db import arrays
from plugin.db.models import Customer
from plugin.db.types import from_microseconds
from plugin.segments.columns import IntArray
from plugin.segments.needs import Needs
from plugin.standing import column_copy, loading

PAGE = 50
EVERYBODY = 2**31
NUMBER, LAST_ORDER, ORDERS, SPEND = SORTS = ("number", "last_order", "orders", "spend")
NOTHING = Needs()
SECOND = 1_000_000

INSIDE = (*loading.LIVING, Customer.wanted_tags.bitwise_and(bindparam("mask", type_=BigInteger)) != 0)
MEMBERS = select(Customer.customer_id).where(*INSIDE)
UPWARDS = (
    MEMBERS.where(Customer.customer_id > bindparam("place"))
    .order_by(Customer.customer_id)
    .limit(bindparam("most", type_=BigInteger))
)
DOWNWARDS = (
    MEMBERS.where(Customer.customer_id < bindparam("place"))
    .order_by(Customer.customer_id.desc())
    .limit(bindparam("most", type_=BigInteger))
)


@dataclass(frozen=True, slots=True)
class Member:
    """Their orders that count, over all we can see; `spend` in minor units."""

    customer_id: int
    orders: int
    spend: int
    last_order_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Behind whom a page begins: their number, and what they have of what the page is in the order of."""

    value: int
    customer_id: int


@dataclass(frozen=True, slots=True)
class Page:
    """`following`: where the next one begins; None behind the last."""

    members: tuple[Member, ...]
    following: Place | None


def page(session: Session, shop_id: int, bit: int, sort: str, *, falling: bool, behind: Place | None) -> Page:
    """Members in the order of one of SORTS; who has the same is in the order of their numbers."""
    if sort == NUMBER:
        ids = _by_number(session, shop_id, bit, falling, behind)
        values = ids
    else:
        ids, values = _by_figure(session, shop_id, bit, sort, falling, behind)
    found = {each.customer_id: each for each in _figures(session, shop_id, ids[:PAGE])}
    members = tuple(found[each] for each in ids[:PAGE] if each in found)
    more = len(ids) > PAGE
    return Page(members, Place(values[PAGE - 1], ids[PAGE - 1]) if more else None)


def everybody(session: Session, shop_id: int, bit: int, after: int, most: int) -> list[Member]:
    """The next members with numbers above `after`, for a file of them all."""
    (ids,) = arrays.integers(session, UPWARDS, shop_id=shop_id, mask=1 << bit, place=after, most=most)
    return sorted(_figures(session, shop_id, ids.tolist()), key=lambda each: each.customer_id)


def _by_number(session: Session, shop_id: int, bit: int, falling: bool, behind: Place | None) -> list[int]:
    query, first = (DOWNWARDS, 2**63 - 1) if falling else (UPWARDS, 0)
    place = behind.customer_id if behind else first
    (ids,) = arrays.integers(session, query, shop_id=shop_id, mask=1 << bit, place=place, most=PAGE + 1)
    return sorted(ids.tolist(), reverse=falling)


def _by_figure(
    session: Session, shop_id: int, bit: int, sort: str, falling: bool, behind: Place | None
) -> tuple[list[int], list[int]]:
    """The numbers of one page's members and one more, and what they have."""
    (ids,) = arrays.integers(session, MEMBERS, shop_id=shop_id, mask=1 << bit)
    ids = np.sort(ids)
    values = _values(session, shop_id, sort, ids)
    signed = -values if falling else values
    if behind is not None:
        value = -behind.value if falling else behind.value
        later = (signed > value) | ((signed == value) & (ids > behind.customer_id))
        ids, values, signed = ids[later], values[later], signed[later]
    if len(ids) > PAGE + 1:
        # Everybody up to the last value of the page: only those are put into their order.
        limit = np.partition(signed, PAGE)[PAGE]
        near = signed <= limit
        ids, values, signed = ids[near], values[near], signed[near]
    order = np.lexsort((ids, signed))[: PAGE + 1]
    return ids[order].tolist(), values[order].tolist()


def _values(session: Session, shop_id: int, sort: str, ids: IntArray) -> IntArray:
    """What each of these customers, by ascending number, has of what is sorted by; 0 for who never bought."""
    values = np.zeros(len(ids), np.int64)
    for known, theirs in _of_all(session, shop_id, sort):
        places = np.searchsorted(known, ids)
        here = np.append(known, 0)[places] == ids
        values[here] = theirs[places[here]]
    return values


def _of_all(session: Session, shop_id: int, sort: str) -> Iterator[tuple[IntArray, IntArray]]:
    """The shop's customers with that figure, some at a time, each time by ascending number."""
    copy = column_copy.usable(session, shop_id)
    if copy is not None:
        order = np.argsort(copy.customer_ids, kind="stable")
        values = _figure(sort, copy.starts, copy.processed_at, copy.spend_before)
        yield copy.customer_ids[order], values[order]
        return
    for customers, _ in loading.following(session, shop_id, 0, EVERYBODY, NOTHING, from_microseconds(0)).pieces:
        columns = customers.columns
        order = np.argsort(columns.customer_ids, kind="stable")
        values = _figure(sort, columns.starts, columns.processed_at, columns.spend_before)
        yield columns.customer_ids[order], values[order]


def _figure(sort: str, starts: IntArray, processed_at: NDArray[Any], spend_before: IntArray) -> IntArray:
    if sort == ORDERS:
        return np.diff(starts)
    if sort == SPEND:
        return np.asarray(spend_before[starts[1:]] - spend_before[starts[:-1]], np.int64)
    last = np.zeros(len(starts) - 1, np.int64)
    bought = starts[1:] > starts[:-1]
    last[bought] = processed_at[starts[1:][bought] - 1]
    return last


def _figures(session: Session, shop_id: int, ids: list[int]) -> Iterator[Member]:
    for customers, _ in loading.some(session, shop_id, ids, NOTHING, from_microseconds(0)).pieces:
        columns = customers.columns
        given = (columns.starts, columns.processed_at, columns.spend_before)
        orders, spend, last = (_figure(each, *given).tolist() for each in (ORDERS, SPEND, LAST_ORDER))
        for place, customer_id in enumerate(columns.customer_ids.tolist()):
            at = from_microseconds(last[place] * SECOND) if orders[place] else None
            yield Member(customer_id, orders[place], spend[place], at)
