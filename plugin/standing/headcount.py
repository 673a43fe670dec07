"""How many customers a shop has and how large each segment is, counted now. The pages show it; changes nothing.

One look at every customer counts all segments at once. Where that takes long, what was counted a moment ago is told
again: pages ask every other second while something is going on.
"""

import threading
import time
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugin.db.models import Customer
from plugin.segments.rules import MOST_SEGMENTS

# What took a second to count is told for so many seconds.
TOLD_AGAIN_FOR = 4
# Counted quicker than this, it is counted anew every time.
QUICK_SECONDS = 0.5
MOST_SHOPS = 256


@dataclass(frozen=True, slots=True)
class Headcount:
    """`sizes`: by bit, also those of segments that are gone or off while customers leave them."""

    customers: int
    sizes: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Told:
    until: float
    headcount: Headcount


_lock = threading.Lock()
_told: dict[int, _Told] = {}


def of(session: Session, shop_id: int) -> Headcount:
    """The shop's, of this moment or of one a few seconds ago."""
    began = time.monotonic()
    with _lock:
        told = _told.get(shop_id)
    if told is not None and began < told.until:
        return told.headcount
    found = count(session, shop_id)
    took = time.monotonic() - began
    with _lock:
        _told.pop(shop_id, None)
        if took > QUICK_SECONDS:
            _told[shop_id] = _Told(time.monotonic() + TOLD_AGAIN_FOR * took, found)
            for oldest in list(_told)[:-MOST_SHOPS]:
                del _told[oldest]
    return found


def count(session: Session, shop_id: int) -> Headcount:
    """The shop's, counted now. The database sums up each set of segments that customers are in: there are few such."""
    living = (Customer.shop_id == shop_id, Customer.deleted_at.is_(None), Customer.merged_into.is_(None))
    sets = select(Customer.wanted_tags, func.count()).where(*living).group_by(Customer.wanted_tags)
    customers, sizes = 0, dict[int, int]()
    for bits, many in session.execute(sets):
        customers += many
        for bit in (bit for bit in range(MOST_SEGMENTS) if bits >> bit & 1):
            sizes[bit] = sizes.get(bit, 0) + many
    return Headcount(customers, sizes)
