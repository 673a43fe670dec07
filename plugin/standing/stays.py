"""Until when customers stay in segments that have a minimum stay, whatever happens: rows for the loader, written by
plugin.standing.refresh in the transaction that records the entry. An end that is past says nothing any more.
"""

import numpy as np
from sqlalchemy import BigInteger, bindparam, delete, select, type_coerce
from sqlalchemy.orm import Session

from plugin.db import arrays
from plugin.db.models import Stay
from plugin.segments.columns import IntArray

SECOND = 1_000_000
STAYS = select(Stay.customer_id, type_coerce(Stay.until, BigInteger)).where(
    Stay.shop_id == bindparam("shop_id"), Stay.bit == bindparam("bit", type_=BigInteger)
)
STAYS_OF_SOME = STAYS.where(arrays.Among(Stay.customer_id, "customer_ids"))
STAYS_BETWEEN = STAYS.where(Stay.customer_id >= bindparam("first"), Stay.customer_id <= bindparam("last"))


def until(session: Session, shop_id: int, bit: int, customer_ids: IntArray, *, all_between: bool) -> IntArray:
    """For each of these customers, by ascending id, the second until which they stay; 0 for who has no stay.

    `all_between`: they are all there are between the first and the last, which is quicker asked for.
    """
    ends = np.zeros(len(customer_ids), np.int64)
    if not len(customer_ids):
        return ends
    if all_between:
        bounds = {"first": int(customer_ids[0]), "last": int(customer_ids[-1])}
        numbers, found = arrays.integers(session, STAYS_BETWEEN, shop_id=shop_id, bit=bit, **bounds)
    else:
        ids = customer_ids.tolist()
        numbers, found = arrays.integers(session, STAYS_OF_SOME, shop_id=shop_id, bit=bit, customer_ids=ids)
    places = np.searchsorted(customer_ids, numbers)
    known = np.append(customer_ids, 0)[places] == numbers
    ends[places[known]] = found[known] // SECOND
    return ends


def record(session: Session, shop_id: int, bit: int, customer_ids: IntArray, ends: IntArray) -> None:
    """Make these the customers' stays in a segment: seconds, 0 for none."""
    _end(session, shop_id, bit, customer_ids)
    staying = ends > 0
    if staying.any():
        same = {"shop_id": shop_id, "bit": bit}
        rows = {name: [value] * int(staying.sum()) for name, value in same.items()}
        until = (ends[staying] * SECOND).tolist()
        arrays.insert(session, Stay, rows | {"customer_id": customer_ids[staying].tolist(), "until": until})


def end(session: Session, shop_id: int, bit: int, customer_ids: IntArray) -> None:
    """They have left: whoever comes back stays anew."""
    if session.scalar(select(Stay.bit).where(Stay.shop_id == shop_id, Stay.bit == bit).limit(1)) is not None:
        _end(session, shop_id, bit, customer_ids)


def forget(session: Session, shop_id: int, customer_id: int) -> None:
    """Of a customer who is somebody else now."""
    session.execute(delete(Stay).where(Stay.shop_id == shop_id, Stay.customer_id == customer_id))


def _end(session: Session, shop_id: int, bit: int, customer_ids: IntArray) -> None:
    arrays.delete(session, Stay, {"shop_id": shop_id, "bit": bit}, "customer_id", customer_ids.tolist())
