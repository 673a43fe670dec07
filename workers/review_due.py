"""Judges the customers of one shop for whom time alone has changed something."""

import structlog

from plugin import clock, queues, refresh, shops
from plugin.db import session as db
from plugin.turns import Turn
from workers import turn

log = structlog.get_logger()

CUSTOMERS_A_BATCH = 500
BATCHES_A_JOB = 20


def review_due(shop_id: int) -> None:
    """Review batches until nobody is due or this shop has had its turn."""

    def review(mine: Turn) -> bool:
        for _ in range(BATCHES_A_JOB):
            mine.renew()
            if not review_batch(shop_id):
                return False
        return True

    turn.run("review", shop_id, review)


def review_batch(shop_id: int) -> bool:
    """Review one batch; False when nobody was due."""
    with db.write() as session:
        shops.hold(session, shop_id)
        now = clock.now()
        customer_ids = refresh.due(session, shop_id, now, CUSTOMERS_A_BATCH)
        changed = refresh.refresh_customers(session, shop_id, customer_ids, now, "time")
    if customer_ids:
        log.info("customers_reviewed", shop_id=shop_id, customers=len(customer_ids), customers_changed=changed)
        queues.wake("sync", shop_id)
    return bool(customer_ids)
