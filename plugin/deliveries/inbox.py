"""Deliveries Shopify posted and we have not folded in yet. `webhooks` adds rows, `workers.folding` claims them.

Each waits for its stage: DRAIN folds what is about orders and customers, NOTICE what is about the shop itself and must
not wait behind them. Never looks inside a payload.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, TextClause, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session, defer

from plugin.db.models import FAILED_EVENT, PENDING_EVENT, InboxEvent
from plugin.db.scope import ALL_SHOPS

DRAIN, NOTICE = "drain", "notice"

# A delivery that was being folded when its process died this often is folded alone, so that it takes no others along;
# one that still brings the process down is set aside for a person to look at.
SUSPECT_AFTER = 2
GIVE_UP_AFTER = 6


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST from Shopify as its headers describe it."""

    webhook_id: str
    topic: str
    event_id: str | None
    triggered_at: datetime
    body: bytes


def accept(session: Session, shop_id: int, delivery: Delivery, received_at: datetime, stage: str = DRAIN) -> bool:
    """Store a delivery for a stage; False if this webhook id of the shop is here already.

    One statement on either database. Of two at the same instant PostgreSQL refuses one with an IntegrityError: answered
    503, it comes again and is known then.
    """
    values = {
        "shop_id": shop_id,
        "webhook_id": delivery.webhook_id,
        "topic": delivery.topic,
        "stage": stage,
        "event_id": delivery.event_id,
        "triggered_at": delivery.triggered_at,
        "received_at": received_at,
        "body": delivery.body,
        "attempts": 0,
    }
    columns = InboxEvent.__table__.c
    here = exists().where(InboxEvent.shop_id == shop_id, InboxEvent.webhook_id == delivery.webhook_id)
    row = select(*(literal(value, columns[name].type) for name, value in values.items())).where(~here)
    store = insert(InboxEvent).from_select(list(values), row, include_defaults=False)
    return session.execute(store.returning(InboxEvent.webhook_id)).first() is not None


def claim(session: Session, shop_id: int, stage: str, limit: int) -> list[str]:
    """Count an attempt on a stage's oldest pending deliveries of the shop; their webhook ids, none when all is folded.

    Runs in a transaction of its own, before the one that folds: the count is what survives a killed process.
    """
    mine = (InboxEvent.shop_id == shop_id, InboxEvent.stage == stage, PENDING_EVENT)
    waiting = select(InboxEvent.webhook_id).where(*mine)
    oldest = waiting.order_by(InboxEvent.received_at)
    chosen = list(session.scalars(oldest.where(InboxEvent.attempts < SUSPECT_AFTER).limit(limit)))
    if not chosen:
        chosen = list(session.scalars(oldest.limit(1)))  # only suspects are left
    session.execute(
        update(InboxEvent)
        .where(InboxEvent.shop_id == shop_id, InboxEvent.webhook_id.in_(chosen))
        .values(attempts=InboxEvent.attempts + 1)
    )
    return chosen


def hopeless(session: Session, shop_id: int, stage: str) -> list[InboxEvent]:
    """A stage's deliveries that were folded alone so often that they, and no neighbour, must end the process."""
    mine = (InboxEvent.shop_id == shop_id, InboxEvent.stage == stage, PENDING_EVENT)
    return list(session.scalars(select(InboxEvent).where(*mine, InboxEvent.attempts >= GIVE_UP_AFTER)))


def pending(session: Session, shop_id: int, webhook_ids: list[str]) -> list[InboxEvent]:
    """Those of the claimed deliveries that nobody else has folded meanwhile, oldest first.

    The caller holds the shop (plugin.shop.shops.hold), so whoever got there first has finished.
    """
    return list(
        session.scalars(
            select(InboxEvent)
            .where(InboxEvent.shop_id == shop_id, InboxEvent.webhook_id.in_(webhook_ids), PENDING_EVENT)
            .order_by(InboxEvent.received_at)
        )
    )


def mark_done(events: list[InboxEvent], at: datetime) -> None:
    """The deliveries are folded in: drop their bodies, keep their ids against duplicates."""
    for event in events:
        event.done_at = at
        event.body = None


def mark_failed(event: InboxEvent, reason: str, at: datetime) -> None:
    """Set a delivery aside with its reason; its body stays for a replay."""
    event.failed_at = at
    event.error = reason[:2000]


def release(session: Session, shop_id: int, webhook_ids: list[str]) -> None:
    """Take back an attempt that failed for a reason that is not the deliveries' (the database, say)."""
    session.execute(
        update(InboxEvent)
        .where(InboxEvent.shop_id == shop_id, InboxEvent.webhook_id.in_(webhook_ids), InboxEvent.attempts > 0)
        .values(attempts=InboxEvent.attempts - 1)
    )


def replay(session: Session, shop_id: int, webhook_id: str | None = None) -> int:
    """Make failed deliveries (or the one named) pending again; returns how many."""
    chosen = [InboxEvent.shop_id == shop_id, InboxEvent.failed_at.is_not(None)]
    if webhook_id is not None:
        chosen.append(InboxEvent.webhook_id == webhook_id)
    result = session.execute(update(InboxEvent).where(*chosen).values(failed_at=None, error=None, attempts=0))
    return cast("CursorResult[None]", result).rowcount


def failed(session: Session, shop_id: int) -> list[InboxEvent]:
    """The deliveries set aside, newest first; at most a hundred."""
    return list(
        session.scalars(
            select(InboxEvent)
            .where(InboxEvent.shop_id == shop_id, InboxEvent.failed_at.is_not(None))
            .options(defer(InboxEvent.body))
            .order_by(InboxEvent.failed_at.desc())
            .limit(100)
        )
    )


def failed_count(session: Session, shop_id: int) -> int:
    """How many deliveries of the shop are set aside."""
    return _count(session, shop_id, FAILED_EVENT)


def pending_count(session: Session, shop_id: int) -> int:
    """How many deliveries of the shop wait to be folded in."""
    return _count(session, shop_id, PENDING_EVENT)


def any_pending(session: Session, shop_id: int, stage: str) -> bool:
    """Whether a delivery of the shop waits for a stage; unlike counting, quick however many there are."""
    mine = (InboxEvent.shop_id == shop_id, InboxEvent.stage == stage, PENDING_EVENT)
    return session.scalar(select(InboxEvent.webhook_id).where(*mine).limit(1)) is not None


def is_pending(session: Session, shop_id: int, topic: str, since: datetime) -> bool:
    """Whether a delivery of a topic waits that was sent after an instant."""
    mine = (InboxEvent.shop_id == shop_id, InboxEvent.topic == topic, PENDING_EVENT, InboxEvent.triggered_at > since)
    return session.scalar(select(InboxEvent.webhook_id).where(*mine).limit(1)) is not None


def shops_waiting(session: Session, stage: str) -> list[int]:
    """Shops with deliveries pending for a stage, for the sweep."""
    mine = (InboxEvent.stage == stage, PENDING_EVENT)
    return list(session.scalars(select(InboxEvent.shop_id).where(*mine).distinct().execution_options(**ALL_SHOPS)))


def _count(session: Session, shop_id: int, which: TextClause) -> int:
    return session.scalar(select(func.count()).select_from(InboxEvent).where(InboxEvent.shop_id == shop_id, which)) or 0
