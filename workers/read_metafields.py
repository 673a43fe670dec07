"""Every night: has the metafield with customers' answers read in each shop that keeps them in one; on Sundays of every
customer, else of those who changed.
"""

from plugin import clock, queues
from plugin.db import session as db
from plugin.history import metafields
from plugin.shop import shops

SUNDAY = 6


def read_metafields() -> None:
    """Ask for a reading in every shop that answers us; workers.work_on_runs does it."""
    now = clock.now()
    with db.read() as session:
        answering = shops.answering(session, now)
    for shop_id in answering:
        with db.write() as session:
            started = metafields.start(session, shop_id, everything=now.weekday() == SUNDAY)
        if started:
            queues.wake("run", shop_id)
