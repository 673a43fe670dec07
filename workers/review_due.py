"""Judges the customers of one shop for whom time alone has changed something."""

from functools import partial

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
CUSTOMERS_A_BATCH = 5_000
BATCHES_A_JOB = 4


def review_due(shop_id: int) -> None:
    """Review until nobody is due, a delivery of the shop is waiting, or this shop has had its turn."""
    turn.run("review", shop_id, partial(review_some, shop_id))


def review_some(shop_id: int, mine: Turn | None = None) -> bool:
    """Review those who are due longest, batch by batch; False when nobody was due."""
    with db.read() as session:
        due = refresh.due(session, shop_id, clock.now(), BATCHES_A_JOB * CUSTOMERS_A_BATCH)
    due.sort()  # a batch's rows then stand together, and fewer pages are written
    for start in range(0, len(due), CUSTOMERS_A_BATCH):
        review_batch(shop_id, due[start : start + CUSTOMERS_A_BATCH], mine)
        if _deliveries_wait(shop_id):
            log.info("review_gives_way", shop_id=shop_id)
            return True
    return bool(due)


def review_batch(shop_id: int, customer_ids: list[int], mine: Turn | None = None) -> None:
    """Judge these customers, in one transaction."""
    with db.write() as session:
        shops.hold(session, shop_id)
        if mine is not None:
            mine.renew(session)
        changed = refresh.refresh_customers(session, shop_id, customer_ids, clock.now(), "time")
    log.info("customers_reviewed", shop_id=shop_id, customers=len(customer_ids), customers_changed=changed)
    queues.wake("sync", shop_id)


def _deliveries_wait(shop_id: int) -> bool:
    # Behind the drain that was called for them, this shop's review goes on: each job does at least one batch.
    with db.read() as session:
        return inbox.any_pending(session, shop_id, inbox.DRAIN)
