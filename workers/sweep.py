"""Every minute: finds the work nobody was woken for. What Redis lost, and what only time brought, is found here."""

import structlog

from plugin import clock, queues, runs
from plugin.db import session as db
from plugin.deliveries import inbox
from plugin.history import order_lookup, products
from plugin.shop import warnings
from plugin.standing import refresh
from plugin.tagging import bulk_tagging, tag_sync

log = structlog.get_logger()


def sweep() -> None:
    """Wake every shop with pending deliveries, due customers, stale orders, unfinished runs or unwritten tags."""
    now = clock.now()
    with db.read() as session:
        found = {
            **{stage: inbox.shops_waiting(session, stage) for stage in inbox.STAGES},
            "review": list(refresh.shops_due(session, now)),
            "refetch": order_lookup.shops_waiting(session, now),
            "products": products.shops_waiting(session, now),
            "run": runs.shops_waiting(session),
            "warn": warnings.shops_waiting(session, now),
            "sync": sorted({*tag_sync.shops_waiting(session, now), *bulk_tagging.shops_waiting(session, now)}),
        }
    for stage, shop_ids in found.items():
        for shop_id in shop_ids:
            queues.wake(stage, shop_id)
    log.debug("swept", **{stage: len(shop_ids) for stage, shop_ids in found.items()})
