"""Customers as the engine takes them: what is recorded of them, and their histories as columns, some at a time.

plugin.standing.refresh loads with it what it judges, plugin.standing.preview what it tries rules on. Reads no more than
the segments in use ask for; changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import BigInteger, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session

from plugin.db import arrays
from plugin.db.models import Customer, OrderHistory
from plugin.segments.columns import Columns, IntArray
from plugin.segments.customers import Customers
from plugin.segments.evaluate import NEVER
from plugin.segments.needs import Needs
from plugin.standing import categories, facts, pins, stays

# At ten orders a customer this much stays in the processor's cache.
LOADED_AT_ONCE = 8_000

T = TypeVar("T")
Piece = tuple[Customers, slice]
"""Customers, and their places among those that were asked for."""
Packed = tuple[IntArray, IntArray, bytes]
Histories = Callable[[IntArray], Packed]
OfCategories = Callable[[IntArray], dict[str, Packed]]

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
    """What is recorded of some customers, by ascending id.

    `stays` and `pins` are what plugin.segments.customers calls so; the latter in, out and until.
    """

    customer_ids: IntArray
    wanted_tags: IntArray
    next_review_at: IntArray
    facts: Mapping[str, IntArray] = field(default_factory=dict)
    stays: Mapping[int, IntArray] = field(default_factory=dict)
    pins: tuple[IntArray, IntArray, IntArray] | None = None

    def customers(self, columns: Columns, places: slice, bought: Mapping[str, Columns]) -> Customers:
        """Those at some places, as the engine takes them."""
        pinned_in, pinned_out, pins_until = (each[places] for each in self.pins) if self.pins else (None, None, None)
        return Customers.of(
            columns,
            categories=bought,
            facts={name: each[places] for name, each in self.facts.items()},
            members=self.wanted_tags[places],
            stays={bit: each[places] for bit, each in self.stays.items()},
            pinned_in=pinned_in,
            pinned_out=pinned_out,
            pins_until=pins_until,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """Living customers at an instant. Each is in one of the pieces, which can be gone through once; they read in this
    session.
    """

    standing: Standing
    pieces: Iterator[Piece]
    as_of: datetime


def some(session: Session, shop_id: int, customer_ids: Sequence[int], needs: Needs, as_of: datetime) -> Loaded:
    """Those of these customers who are there and not deleted, as they are to be judged at an instant."""
    found = facts.select(session, STANDING_OF_SOME, needs.facts, shop_id=shop_id, customer_ids=list(customer_ids))
    standing = _standing(session, shop_id, found, needs, as_of, all_between=False)
    histories = partial(_histories_of_some, session, shop_id)
    of_categories = partial(categories.columns, session, shop_id, needs.categories)
    return Loaded(standing, _pieces(standing, histories, of_categories), as_of)


def following(session: Session, shop_id: int, after: int, most: int, needs: Needs, as_of: datetime) -> Loaded:
    """The next customers with ids above `after`."""
    loaded = _following(session, shop_id, after, most, needs, as_of)
    few = len(loaded.standing.customer_ids) <= LOADED_AT_ONCE
    return loaded if few else replace(loaded, pieces=ahead(loaded.pieces))


def whole(session: Session, shop_id: int, after: int, most: int, needs: Needs, as_of: datetime) -> Loaded:
    """The same, all of it read by now: no session is needed to go through the pieces."""
    loaded = _following(session, shop_id, after, most, needs, as_of)
    return replace(loaded, pieces=iter(list(loaded.pieces)))


def ahead(read: Iterator[T]) -> Iterator[T]:
    """The same, each read while the one before it is worked on: a database that searches and numpy that counts leave
    Python to others. Who goes through it keeps off the session meanwhile.
    """
    with ThreadPoolExecutor(1, "reading") as other:
        coming = other.submit(next, read, None)
        while (found := coming.result()) is not None:
            coming = other.submit(next, read, None)
            yield found


def _following(session: Session, shop_id: int, after: int, most: int, needs: Needs, as_of: datetime) -> Loaded:
    found = facts.select(session, STANDING_OF_NEXT, needs.facts, shop_id=shop_id, after=after, most=most)
    standing = _standing(session, shop_id, found, needs, as_of, all_between=True)
    histories = partial(_histories_of_next, session, shop_id)
    of_categories = partial(_of_categories_of_next, session, shop_id, needs)
    pieces = _pieces(standing, histories, of_categories)
    return Loaded(standing, pieces, as_of)


def _standing(
    session: Session,
    shop_id: int,
    found: tuple[list[IntArray], dict[str, IntArray]],
    needs: Needs,
    as_of: datetime,
    *,
    all_between: bool,
) -> Standing:
    (customer_ids, wanted_tags, next_review_at), known = found
    until = partial(stays.until, session, shop_id, customer_ids=customer_ids, all_between=all_between)
    return Standing(
        customer_ids,
        wanted_tags,
        next_review_at,
        facts=known,
        stays={bit: until(bit) for bit in needs.stays},
        pins=pins.masks(session, shop_id, customer_ids, as_of) if pins.any_of(session, shop_id) else None,
    )


def _pieces(standing: Standing, histories: Histories, of_categories: OfCategories) -> Iterator[Piece]:
    for first in range(0, len(standing.customer_ids), LOADED_AT_ONCE):
        places = slice(first, first + LOADED_AT_ONCE)
        customer_ids = standing.customer_ids[places]
        # Customers who were deleted or merged into others still have their history.
        orders = Columns.of_some(customer_ids, histories(customer_ids))
        bought = {key: Columns.of_some(customer_ids, each) for key, each in of_categories(customer_ids).items()}
        yield standing.customers(orders, places, bought), places


def _histories_of_some(session: Session, shop_id: int, customer_ids: IntArray) -> Packed:
    return arrays.packed(session, HISTORIES_OF_SOME, shop_id=shop_id, customer_ids=customer_ids.tolist())


def _of_categories_of_next(session: Session, shop_id: int, needs: Needs, customer_ids: IntArray) -> dict[str, Packed]:
    first, last = int(customer_ids[0]), int(customer_ids[-1])
    return categories.columns_between(session, shop_id, needs.categories, first, last)


def _histories_of_next(session: Session, shop_id: int, customer_ids: IntArray) -> Packed:
    """Of all from the first to the last of them: that is as many, and quicker asked for."""
    first, last = int(customer_ids[0]), int(customer_ids[-1])
    return arrays.packed(session, HISTORIES_OF_NEXT, shop_id=shop_id, first=first, last=last)
