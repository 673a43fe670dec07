"""Where those who entered a segment lately came from, and where those who left it went, told from movements.

Whoever changes from one segment to another does both in one instant. Of a segment on a ladder the others are its other
steps; of any other segment, all. The page shows it; tests hold it against a plain recount.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import BigInteger, Integer, bindparam, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from plugin.db import arrays
from plugin.db.models import Movement
from plugin.db.types import to_microseconds
from plugin.segments.columns import IntArray
from plugin.shop import shops
from plugin.standing import segment_days, segment_store

# Who is moved because a rule was changed, or when a history is read, goes nowhere.
FORCED = ("settings", "import")

AT = type_coerce(Movement.at, BigInteger)
MOVED = select(Movement.customer_id, AT, Movement.bit, cast(Movement.entered, Integer)).where(
    Movement.shop_id == bindparam("shop_id"),
    type_coerce(Movement.at, BigInteger) >= bindparam("since", type_=BigInteger),
    *(Movement.cause != cause for cause in FORCED),
)


@dataclass(frozen=True, slots=True)
class Flows:
    """`came_from`, `went_to`: how many by the bit of the other segment, None for no other one.

    Off ladders one customer may have left several segments at once and is counted for each. `moved`: how many were
    moved in and out because the rule was changed, or the history was read.
    """

    since: datetime
    entered: int
    left: int
    came_from: dict[int | None, int]
    went_to: dict[int | None, int]
    moved_in: int
    moved_out: int


def of(session: Session, shop_id: int, bit: int, since: datetime) -> Flows:
    """The flows of one segment since an instant, or since it is this segment if that is later."""
    shop = shops.get(session, shop_id)
    since = max(since, segment_days.known_since(session, shop, bit))
    customers, at, bits, entered = arrays.integers(session, MOVED, shop_id=shop_id, since=to_microseconds(since))
    others = _others(session, shop_id, bit)
    mine = bits == bit
    came, went = (_counts(customers, at, bits, entered, mine & (entered == way), others) for way in (1, 0))
    forced = _forced(session, shop_id, bit, since)
    return Flows(
        since=since,
        entered=int((mine & (entered == 1)).sum()),
        left=int((mine & (entered == 0)).sum()),
        came_from=came,
        went_to=went,
        moved_in=forced[True],
        moved_out=forced[False],
    )


def _others(session: Session, shop_id: int, bit: int) -> list[int]:
    segments = {segment.bit: segment for segment in segment_store.active(session, shop_id)}
    ladder = segments[bit].ladder if bit in segments else None
    return [
        each
        for each, segment in segments.items()
        if each != bit and (ladder is None or (segment.ladder is not None and segment.ladder.name == ladder.name))
    ]


def _counts(
    customers: IntArray, at: IntArray, bits: IntArray, entered: IntArray, chosen: IntArray, others: list[int]
) -> dict[int | None, int]:
    """Of the chosen movements: how often the same customer moved the other way elsewhere in the same instant."""
    if not chosen.any():
        return {}
    opposite = np.isin(bits, others) & (entered != entered[chosen][0])
    moments = _moments(customers, at)
    whose, elsewhere = moments[chosen], moments[opposite]
    both = np.isin(elsewhere, whose)
    found: Counter[int | None] = Counter(bits[opposite][both].tolist())
    alone = int(np.count_nonzero(~np.isin(whose, elsewhere)))
    return {**found, None: alone} if alone else dict(found)


def _moments(customers: IntArray, at: IntArray) -> IntArray:
    """One number for each customer and instant, the same for the same."""
    (_, whose), (instants, when) = (np.unique(each, return_inverse=True) for each in (customers, at))
    return whose.astype(np.int64) * len(instants) + when


def _forced(session: Session, shop_id: int, bit: int, since: datetime) -> dict[bool, int]:
    forced = (Movement.shop_id == shop_id, Movement.at >= since, Movement.bit == bit, Movement.cause.in_(FORCED))
    counted = select(Movement.entered, func.count()).where(*forced).group_by(Movement.entered)
    return {True: 0, False: 0} | {row[0]: row[1] for row in session.execute(counted)}
