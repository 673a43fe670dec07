"""Counts each shop's segments when a day of its own calendar is over, and whenever the whole shop was judged; and where
its customers and its revenue are.
"""

import structlog

from plugin import clock, queues
from plugin.db import session as db
from plugin.standing import segment_days, store_picture
from plugin.turns import Turn
from workers import turn

log = structlog.get_logger()


def count_days() -> None:
    """Every hour: wake the shops where a day has begun of which nothing is counted yet."""
    with db.read() as session:
        waiting = segment_days.shops_waiting(session, clock.now())
    for shop_id in waiting:
        queues.wake("days", shop_id)


def count_shop(shop_id: int) -> None:
    """Count one shop's segments as they are now, and bring the days before to their end."""

    def count(mine: Turn) -> bool:
        segment_days.count(shop_id, clock.now(), mine)
        store_picture.count(shop_id, clock.now(), mine)
        log.info("segments_counted")
        return False

    turn.run("days", shop_id, count)
