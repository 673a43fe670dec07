"""Judges the customers of one shop for whom time alone has changed something."""

import structlog

from plugin import clock, queues, refresh, shops
from plugin.db import session as db

log = structlog.get_logger()

CUSTOMERS_A_BATCH = 500
BATCHES_A_JOB = 20


def review_due(shop_id: int) -> None:
    """Review batches until nobody is due or this shop has had its turn."""
    queues.awake("review", shop_id)
    for _ in range(BATCHES_A_JOB):
        if not review_batch(shop_id):
            return
    queues.wake("review", shop_id)


def review_batch(shop_id: int) -> bool:
    """Review one batch; False when nobody was due."""
    now = clock.now()
    with db.write() as session:
        shops.hold(session, shop_id)
        customer_ids = refresh.due(session, shop_id, now, CUSTOMERS_A_BATCH)
        changed = refresh.refresh_customers(session, shop_id, customer_ids, now, "time")
    if customer_ids:
        log.info("customers_reviewed", shop_id=shop_id, customers=len(customer_ids), customers_changed=changed)
        queues.wake("sync", shop_id)
    return bool(customer_ids)
