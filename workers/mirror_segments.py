"""Every night: has the members of every mirrored segment of Shopify's compared with what is recorded."""

from plugin import clock, queues, runs
from plugin.db import session as db
from plugin.shop import shops
from plugin.standing import mirrors


def mirror_segments() -> None:
    """Ask for a comparison in every shop that mirrors a segment and answers us; workers.work_on_runs makes it."""
    now = clock.now()
    with db.read() as session:
        following = [shop_id for shop_id in shops.answering(session, now) if mirrors.rows(session, shop_id)]
    for shop_id in following:
        with db.write() as session:
            runs.start(session, shop_id, runs.MIRROR, now)
        queues.wake("run", shop_id)
