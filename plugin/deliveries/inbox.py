"""Deliveries Shopify posted and we have not folded in yet. `webhooks` adds rows, `workers.folding` claims them.

Each waits for its stage: DRAIN folds what is about orders and customers, NOTICE what is about the shop itself and must
not wait behind them, HEARD what is about tags and must not keep them waiting. Never looks inside a payload.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, Select, Table, TextClause, bindparam, exists, func, insert, select, update
from sqlalchemy.orm import Session, defer

from plugin.db.models import FAILED_EVENT, PENDING_EVENT, InboxEvent
from plugin.db.scope import ALL_SHOPS

DRAIN, NOTICE, HEARD = "drain", "notice", "heard"
STAGES = (NOTICE, DRAIN, HEARD)

# A delivery that was being folded when its process died this often is folded alone, so that it takes no others along;
# one that still brings the process down is set aside for a person to look at.
SUSPECT_AFTER = 2
GIVE_UP_AFTER = 6


# Every delivery is stored by one statement, made once: making it takes longer than carrying it out.
COLUMNS = InboxEvent.__table__.c
STORED = ("shop_id", "webhook_id", "topic", "stage", "event_id", "triggered_at", "received_at", "body", "attempts")
VALUES = {name: bindparam(name, type_=COLUMNS[name].type) for name in STORED}
KNOWN = exists().where(COLUMNS.shop_id == VALUES["shop_id"], COLUMNS.webhook_id == VALUES["webhook_id"])
STORE = (
    insert(cast("Table", InboxEvent.__table__))
    .from_select(list(STORED), select(*VALUES.values()).where(~KNOWN), include_defaults=False)
    .returning(COLUMNS.webhook_id)
)


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
    return session.execute(STORE, values).first() is not None


def claim(session: Session, shop_id: int, stage: str, limit: int) -> list[str]:
    """Count an attempt on a stage's oldest pending deliveries of the shop; their ids, none if only suspects wait.

    Runs in a transaction of its own, before the one that folds: the count is what survives a killed process.
    """
    return _count_attempt(session, shop_id, _oldest(shop_id, stage).where(InboxEvent.attempts < SUSPECT_AFTER), limit)


def claim_suspect(session: Session, shop_id: int, stage: str) -> list[str]:
    """Count an attempt on the oldest of those that `claim` leaves out; at most one webhook id."""
    return _count_attempt(session, shop_id, _oldest(shop_id, stage), 1)


def _oldest(shop_id: int, stage: str) -> Select[str]:
    mine = (InboxEvent.shop_id == shop_id, InboxEvent.stage == stage, PENDING_EVENT)
    return select(InboxEvent.webhook_id).where(*mine).order_by(InboxEvent.received_at)


def _count_attempt(session: Session, shop_id: int, these: Select[str], limit: int) -> list[str]:
    chosen = list(session.scalars(these.limit(limit)))
    session.execute(
        update(InboxEvent)
        .where(InboxEvent.shop_id == shop_id, InboxEvent.webhook_id.in_(chosen))
        .values(attempts=InboxEvent.attempts + 1)
    )
    return chosen


def hopeless(session: Session, shop_id: int, stage: str) -> list[InboxEvent]:
    """A stage's deliveries that were folded alone so often that they, and no neighbour, must end the process.

    Looks at every pending one: to be asked when only suspects are left.
    """
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


def close(session: Session, shop_id: int, webhook_ids: list[str], at: datetime) -> None:
    """Mark deliveries done that ask for nothing, in one statement, without loading them."""
    these = (InboxEvent.shop_id == shop_id, InboxEvent.webhook_id.in_(webhook_ids), PENDING_EVENT)
    session.execute(update(InboxEvent).where(*these).values(done_at=at, body=None))


def pass_on(session: Session, shop_id: int, webhook_ids: list[str], stage: str) -> None:
    """Have deliveries wait for another stage, in the place they came."""
    these = (InboxEvent.shop_id == shop_id, InboxEvent.webhook_id.in_(webhook_ids), PENDING_EVENT)
    session.execute(update(InboxEvent).where(*these).values(stage=stage, attempts=0))


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
