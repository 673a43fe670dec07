"""Works out what tags customers should carry and records it: load columns, evaluate, write down only what changed.

Its callers share one meaning of "in the segment": a drained batch, a look-up, the sweep, a whole shop.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Row, Select, bindparam, insert, select, type_coerce, update
from sqlalchemy.orm import Session

from plugin import clock, runs, segment_store, shops, tag_changes
from plugin.db import session as db
from plugin.db.models import DUE_LATER, Customer, Movement, OrderHistory, Run, Shop
from plugin.db.types import from_microseconds, new_id, to_microseconds
from plugin.segments.columns import Columns
from plugin.segments.evaluate import NEVER, evaluate
from plugin.segments.rules import Segment
from plugin.turns import Turn

# What a customer's history weighs most in memory is its orders; at ten orders a customer a chunk takes some 10 MB.
CHUNK = 16_000
# SQLite takes 32,766 values in one statement, PostgreSQL 65,535.
KEYS_A_QUERY = 5_000
LATEST = to_microseconds(datetime(9999, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is recorded of some customers, as arrays in the order of `columns`."""

    columns: Columns
    wanted_tags: NDArray[np.int64]
    next_review_at: NDArray[np.int64]


def refresh_customers(session: Session, shop_id: int, customer_ids: Sequence[int], as_of: datetime, cause: str) -> int:
    """Bring these customers up to date as of an instant; returns how many changed segments. Holds nothing itself."""
    if not _has_history(session, shop_id):
        return 0
    segments = segment_store.judged(session, shop_id, as_of)
    changed = 0
    for start in range(0, len(customer_ids), KEYS_A_QUERY):
        some = list(customer_ids[start : start + KEYS_A_QUERY])
        rows = session.execute(_standing_query(shop_id).where(Customer.customer_id.in_(some))).all()
        changed += _bring_up_to_date(session, shop_id, _standing(rows), segments, as_of, cause)
    return changed


def refresh_shop(run: Run, turn: Turn, cause: str) -> None:
    """Judge every customer of a shop, chunk by chunk; the run shows how far, and where to go on after a crash."""
    shop_id = run.shop_id
    with db.read() as session:
        total = segment_store.customer_count(session, shop_id)
        after: int | None = int(run.position.get("after", 0)) if _has_history(session, shop_id) else None
    while after is not None:
        turn.renew()
        with db.write() as session:
            shops.hold(session, shop_id)
            now = clock.now()
            row = session.get_one(Run, (shop_id, run.id))
            runs.begin(row, "judging", now)
            done = row.done_count if after else 0
            after, count = refresh_chunk(session, shop_id, after, now, cause)
            row.done_count, row.total_count = done + count, total
            row.position = {**row.position, "after": after or row.position.get("after", 0)}


def refresh_chunk(session: Session, shop_id: int, after: int, as_of: datetime, cause: str) -> tuple[int | None, int]:
    """Bring the CHUNK customers with ids above `after` up to date.

    Returns the last of their ids (None when there are no more) and how many there were.
    """
    query = _standing_query(shop_id).where(Customer.customer_id > after).order_by(Customer.customer_id).limit(CHUNK)
    rows = session.execute(query).all()
    if not rows:
        return None, 0
    segments = segment_store.judged(session, shop_id, as_of)
    _bring_up_to_date(session, shop_id, _standing(rows), segments, as_of, cause)
    return rows[-1][0], len(rows)


def due(session: Session, shop_id: int, now: datetime, limit: int) -> list[int]:
    """The customers whose standing may change by time alone by now, longest due first."""
    if not _has_history(session, shop_id):
        return []
    waiting = (Customer.shop_id == shop_id, DUE_LATER, Customer.next_review_at <= now)
    return list(
        session.scalars(select(Customer.customer_id).where(*waiting).order_by(Customer.next_review_at).limit(limit))
    )


def shops_due(session: Session, now: datetime) -> Iterator[int]:
    """Shops with customers to review, for the sweep."""
    for shop_id in session.scalars(select(Shop.id).where(Shop.uninstalled_at.is_(None))).all():
        if due(session, shop_id, now, limit=1):
            yield shop_id


def _standing_query(shop_id: int) -> Select[int, int, int, bytes]:
    # Reviews as raw microseconds: a million datetimes would take longer than the evaluation.
    return (
        select(
            Customer.customer_id,
            Customer.wanted_tags,
            type_coerce(Customer.next_review_at, BigInteger),
            OrderHistory.history,
        )
        .outerjoin(
            OrderHistory,
            (OrderHistory.shop_id == Customer.shop_id) & (OrderHistory.customer_id == Customer.customer_id),
        )
        .where(Customer.shop_id == shop_id, Customer.deleted_at.is_(None), Customer.merged_into.is_(None))
    )


def _standing(rows: Sequence[Row[int, int, int, bytes]]) -> Standing:
    return Standing(
        columns=Columns.from_histories([row[0] for row in rows], [row[3] for row in rows]),
        wanted_tags=np.array([row[1] for row in rows], np.int64),
        next_review_at=np.array([NEVER if row[2] is None else row[2] for row in rows], np.int64),
    )


def _bring_up_to_date(
    session: Session, shop_id: int, standing: Standing, segments: Sequence[Segment], as_of: datetime, cause: str
) -> int:
    """Evaluate and write the differences: most customers of a whole shop have none, and writing is what costs."""
    found = evaluate(standing.columns, segments, as_of)
    moved = found.memberships != standing.wanted_tags
    (rows,) = np.nonzero(moved | (found.next_review_at != standing.next_review_at))
    ids = standing.columns.customer_ids
    _record(
        session,
        shop_id,
        [
            {
                "b_customer_id": int(ids[i]),
                "wanted_tags": int(found.memberships[i]),
                "next_review_at": _instant(int(found.next_review_at[i])),
                # A new wish is tried at once, even where Shopify refused the last one.
                "sync_after": None,
            }
            for i in rows
        ],
    )
    _record_movements(
        session,
        shop_id,
        [(int(ids[i]), int(standing.wanted_tags[i]), int(found.memberships[i])) for i in np.nonzero(moved)[0]],
        as_of,
        cause,
    )
    if len(rows):
        tag_changes.let_return(session, shop_id)
    return int(moved.sum())


def _record(session: Session, shop_id: int, changes: list[dict[str, Any]]) -> None:
    if changes:
        theirs = (Customer.shop_id == shop_id) & (Customer.customer_id == bindparam("b_customer_id"))
        session.connection().execute(update(Customer).where(theirs), changes)


def _record_movements(
    session: Session, shop_id: int, moves: list[tuple[int, int, int]], as_of: datetime, cause: str
) -> None:
    rows = [
        {
            "shop_id": shop_id,
            "id": new_id(),
            "customer_id": customer_id,
            "bit": bit,
            "entered": bool(after >> bit & 1),
            "at": as_of,
            "cause": cause,
        }
        for customer_id, before, after in moves
        for bit in range((before ^ after).bit_length())
        if (before ^ after) >> bit & 1
    ]
    if rows:
        session.connection().execute(insert(Movement), rows)


def _instant(microseconds: int) -> datetime | None:
    # What lies beyond the year 9999 (an order of the far future) is as good as never.
    return None if microseconds >= LATEST else from_microseconds(microseconds)


def _has_history(session: Session, shop_id: int) -> bool:
    """Until the history is imported nobody is judged: their past would be missing, and everybody a first-time buyer."""
    return session.scalar(select(Shop.imported_at).where(Shop.id == shop_id)) is not None
