"""Which customers are pinned into segments or out of them: the rows as masks for the loader, and what becomes of them
when customers merge or segments go. What a merchant does with pins stands in plugin.standing.pinning. Judges nobody.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import BigInteger, bindparam, case, delete, func, select, type_coerce, update
from sqlalchemy.orm import Session

from plugin.db import arrays
from plugin.db.models import Pin
from plugin.db.types import to_microseconds
from plugin.segments.as_of import NEVER
from plugin.segments.columns import IntArray

SECOND = 1_000_000
UNTIL = func.coalesce(type_coerce(Pin.until, BigInteger), NEVER)
PINS_OF_SOME = select(Pin.customer_id, Pin.bit, case((Pin.into, 1), else_=0), UNTIL).where(
    Pin.shop_id == bindparam("shop_id"), bindparam("now") < UNTIL, arrays.Among(Pin.customer_id, "customer_ids")
)


def masks(
    session: Session, shop_id: int, customer_ids: IntArray | Sequence[int], as_of: datetime
) -> tuple[IntArray, IntArray, IntArray]:
    """For each of these customers, in their order: the segments they are pinned into and out of by then, as bits, and
    the second at which the next of these pins ends (NEVER: none does).
    """
    asked = np.asarray(customer_ids, np.int64)
    pinned_in, pinned_out = np.zeros((2, len(asked)), np.int64)
    until = np.full(len(asked), NEVER, np.int64)
    if len(asked) and any_of(session, shop_id):
        values = {"shop_id": shop_id, "now": to_microseconds(as_of), "customer_ids": asked.tolist()}
        numbers, bits, into, ends = arrays.integers(session, PINS_OF_SOME, **values)
        order = np.argsort(asked, kind="stable")
        places, flags = order[np.searchsorted(asked, numbers, sorter=order)], np.left_shift(1, bits)
        np.bitwise_or.at(pinned_in, places, np.where(into == 1, flags, 0))
        np.bitwise_or.at(pinned_out, places, np.where(into == 1, 0, flags))
        # An instant between two seconds is over in the second after it: a review must not come too early for ever.
        np.minimum.at(until, places, np.where(ends == NEVER, NEVER, -(-ends // SECOND)))
    return pinned_in, pinned_out, until


def any_of(session: Session, shop_id: int) -> bool:
    """Whether the shop has pins at all: most have none."""
    return session.scalar(select(Pin.bit).where(Pin.shop_id == shop_id).limit(1)) is not None


def hand_over(session: Session, shop_id: int, gone_id: int, kept_id: int) -> None:
    """The pins of a customer who was merged away become the kept one's, but where that one has its own."""
    own = select(Pin.bit).where(Pin.shop_id == shop_id, Pin.customer_id == kept_id)
    theirs = (Pin.shop_id == shop_id, Pin.customer_id == gone_id)
    session.execute(delete(Pin).where(*theirs, Pin.bit.in_(list(session.scalars(own)))))
    session.execute(update(Pin).where(*theirs).values(customer_id=kept_id))


def drop_segment(session: Session, shop_id: int, bit: int) -> None:
    """Nobody is pinned into or out of a segment that was removed."""
    session.execute(delete(Pin).where(Pin.shop_id == shop_id, Pin.bit == bit))
