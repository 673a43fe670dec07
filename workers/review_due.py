"""Judges the customers of one shop for whom time alone has changed something."""

import structlog

from plugin import clock, queues
from plugin.db import session as db
from plugin.deliveries import inbox
from plugin.shop import shops
from plugin.standing import refresh
from plugin.turns import Turn
from workers import turn

log = structlog.get_logger()

# A batch is one transaction, and a job a few: a delivery waits for no more, however many customers a jump of the clock
# has made due.
CUSTOMERS_A_BATCH = 2_000
BATCHES_A_JOB = 5


def review_due(shop_id: int) -> None:
    """Review batches until nobody is due, a delivery of the shop is waiting, or this shop has had its turn."""

    def review(mine: Turn) -> bool:
        for _ in range(BATCHES_A_JOB):
            if not review_batch(shop_id, mine):
                return False
            if _deliveries_wait(shop_id):
                log.info("review_gives_way", shop_id=shop_id)
                return True
        return True

    turn.run("review", shop_id, review)


def review_batch(shop_id: int, mine: Turn | None = None) -> bool:
    """Review one batch; False when nobody was due."""
    with db.write() as session:
        shops.hold(session, shop_id)
        if mine is not None:
            mine.renew(session)
        now = clock.now()
        customer_ids = refresh.due(session, shop_id, now, CUSTOMERS_A_BATCH)
        changed = refresh.refresh_customers(session, shop_id, customer_ids, now, "time")
    if customer_ids:
        log.info("customers_reviewed", shop_id=shop_id, customers=len(customer_ids), customers_changed=changed)
        queues.wake("sync", shop_id)
    return bool(customer_ids)


def _deliveries_wait(shop_id: int) -> bool:
    # Behind the drain that was called for them, this shop's review goes on: each job does at least one batch.
    with db.read() as session:
        return inbox.any_pending(session, shop_id, inbox.DRAIN)
