"""Claims a shop's pending deliveries and has them folded; sees to those that cannot be.

All stages of the inbox work this way: workers.drain_inbox and hear_tags in batches, heed_notices one by one.
"""

from collections.abc import Callable

import structlog
from sqlalchemy.exc import OperationalError

from plugin import clock, metrics
from plugin.db import session as db
from plugin.db.models import InboxEvent
from plugin.deliveries import inbox

log = structlog.get_logger()


def fold_some(shop_id: int, stage: str, limit: int, fold: Callable[[int, list[str]], None]) -> int:
    """Have up to `limit` of a stage's deliveries folded; returns how many were taken on, 0 when none was pending.

    1. Count the attempt, in a transaction of its own; once only suspects are left, set aside what was attempted too
    often. 2. `fold` folds the claimed ones and marks them, in one transaction. A process killed in between leaves
    everything pending.
    """
    with db.write() as session:
        claimed = inbox.claim(session, shop_id, stage, limit)
        if not claimed:
            for event in inbox.hopeless(session, shop_id, stage):
                set_aside(event, f"No process survived folding it, in {event.attempts} attempts")
            claimed = inbox.claim_suspect(session, shop_id, stage)
    if not claimed:
        return 0
    try:
        fold(shop_id, claimed)
    except OperationalError:
        # The database's fault, not the deliveries': they must not be suspected for it.
        with db.write() as session:
            inbox.release(session, shop_id, claimed)
        raise
    except Exception as error:
        # Tried again at once, and soon one by one: the counted attempts end it, and the others need not wait.
        log.exception("batch_not_folded", shop_id=shop_id, stage=stage, deliveries=len(claimed))
        _give_up(shop_id, claimed, error)
    else:
        metrics.FOLDED.labels(stage).inc(len(claimed))
    return len(claimed)


def set_aside(event: InboxEvent, reason: str) -> None:
    """Take a delivery out of the way, with the reason; a person may have it folded again."""
    inbox.mark_failed(event, reason, clock.now())
    log.error("delivery_failed", shop_id=event.shop_id, topic=event.topic, webhook_id=event.webhook_id, reason=reason)


def _give_up(shop_id: int, claimed: list[str], error: Exception) -> None:
    """Set aside deliveries that keep bringing the work down; by now each is tried alone."""
    with db.write() as session:
        for event in inbox.pending(session, shop_id, claimed):
            if event.attempts >= inbox.GIVE_UP_AFTER:
                set_aside(event, f"Could not be folded in {event.attempts} attempts: {type(error).__name__}")
