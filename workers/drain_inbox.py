"""Folds one shop's pending deliveries into its ledger and works out the tags they change."""

import structlog
from sqlalchemy.exc import OperationalError

from plugin import clock, config, inbox, queues, refresh, shops, topics
from plugin.db import session as db
from plugin.db.models import InboxEvent
from plugin.ledger import Ledger
from plugin.topics import PayloadRefused, Topic
from plugin.turns import Turn
from workers import turn

log = structlog.get_logger()

# After this many batches the shop goes to the back of the queue: one busy shop must not keep the others waiting.
BATCHES_A_JOB = 4


def drain_inbox(shop_id: int) -> None:
    """Fold batches until none is left or this shop has had its turn."""

    def drain(mine: Turn) -> bool:
        for _ in range(BATCHES_A_JOB):
            mine.renew()
            if not drain_batch(shop_id):
                return False
        return True

    turn.run("drain", shop_id, drain)


def drain_batch(shop_id: int) -> bool:
    """Fold one batch; False when nothing was pending.

    1. Count the attempt, in a transaction of its own, and set aside what was attempted too often. 2. In a second one,
    holding the shop: read the payloads, set aside those that do not fit, fold the rest, judge the touched customers,
    mark all done. A process killed in between leaves everything pending.
    """
    with db.write() as session:
        for event in inbox.hopeless(session, shop_id):
            _set_aside(event, f"No process survived folding it, in {event.attempts} attempts")
        claimed = inbox.claim(session, shop_id, config.current().drain_batch_size)
    if not claimed:
        return False
    try:
        changed = _fold(shop_id, claimed)
    except OperationalError:
        # The database's fault, not the deliveries': they must not be suspected for it.
        with db.write() as session:
            inbox.release(session, shop_id, claimed)
        raise
    except Exception as error:
        # Tried again at once, and soon one by one: the counted attempts end it, and the others need not wait.
        log.exception("batch_not_folded", shop_id=shop_id, deliveries=len(claimed))
        _give_up(shop_id, claimed, error)
        return True
    if changed:
        queues.wake("sync", shop_id)
    return True


def _fold(shop_id: int, claimed: list[str]) -> int:
    with db.write() as session:
        shops.hold(session, shop_id)
        now = clock.now()  # after whoever held the shop: a customer must not be judged by an instant that has passed
        events = inbox.pending(session, shop_id, claimed)
        readings = _read(events)
        book = Ledger(session, shop_id)
        for event, reason in topics.fold(book, readings):
            _set_aside(event, reason)
        touched = book.save()
        changed = refresh.refresh_customers(session, shop_id, sorted(touched), now, "event")
        inbox.mark_done([event for event in events if event.failed_at is None], now)
    log.info("inbox_drained", shop_id=shop_id, deliveries=len(events), customers_changed=changed)
    return changed


def _read(events: list[InboxEvent]) -> list[tuple[InboxEvent, Topic, object]]:
    readings = []
    for event in events:
        try:
            readings.append((event, *topics.read(event)))
        except PayloadRefused as error:
            _set_aside(event, str(error))
    return readings


def _set_aside(event: InboxEvent, reason: str) -> None:
    inbox.mark_failed(event, reason, clock.now())
    log.error("delivery_failed", shop_id=event.shop_id, topic=event.topic, webhook_id=event.webhook_id, reason=reason)


def _give_up(shop_id: int, claimed: list[str], error: Exception) -> None:
    """Set aside deliveries that keep bringing the drain down; by now each is tried alone."""
    with db.write() as session:
        for event in inbox.pending(session, shop_id, claimed):
            if event.attempts >= inbox.GIVE_UP_AFTER:
                _set_aside(event, f"Could not be folded in {event.attempts} attempts: {type(error).__name__}")
