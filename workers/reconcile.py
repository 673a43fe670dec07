"""Every night: has each shop's recently changed orders compared with Shopify's."""

from plugin import clock, queues
from plugin.db import session as db
from plugin.history import reconcile
from plugin.shop import shops


def reconcile_all() -> int:
    """Ask for a comparison in every shop that answers us; workers.work_on_runs makes it. Returns how many were asked
    for.
    """
    now, count = clock.now(), 0
    with db.read() as session:
        answering = shops.answering(session, now)
    for shop_id in answering:
        with db.write() as session:
            started = reconcile.start(session, shop_id, now)
        if started:
            queues.wake("run", shop_id)
            count += 1
    return count
