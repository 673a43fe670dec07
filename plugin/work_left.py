"""What is still to be done for a shop, by stage (plugin.queues): what jobs, the demo, rehearsals and tests look at.

Refused tags and failed deliveries wait for people and are not in it; stale orders have their own patience.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from plugin import runs
from plugin.deliveries import inbox
from plugin.history import products
from plugin.standing import refresh
from plugin.tagging import bulk_tagging, tag_sync

LEFT: dict[str, Callable[[Session, int, datetime], bool]] = {
    "notice": lambda session, shop_id, _: inbox.any_pending(session, shop_id, inbox.NOTICE),
    "drain": lambda session, shop_id, _: inbox.any_pending(session, shop_id, inbox.DRAIN),
    "heard": lambda session, shop_id, _: inbox.any_pending(session, shop_id, inbox.HEARD),
    "review": lambda session, shop_id, now: bool(refresh.due(session, shop_id, now, limit=1)),
    "products": lambda session, shop_id, _: products.left(session, shop_id),
    "run": lambda session, shop_id, _: runs.next_run(session, shop_id) is not None,
    "sync": lambda session, shop_id, now: (
        tag_sync.any_pending(session, shop_id, now) or bulk_tagging.is_due(session, shop_id)
    ),
}
# What Shopify is at, and what it is called here: there is nothing to do but to wait.
BULK = "bulk"


def of(session: Session, shop_id: int, now: datetime) -> list[str]:
    """The stages that have something to do for one shop right now, and BULK while Shopify works for it."""
    waits = [BULK] if bulk_tagging.any_under_way(session, shop_id) else []
    return [stage for stage in LEFT if at(session, shop_id, stage, now)] + waits


def at(session: Session, shop_id: int, stage: str, now: datetime) -> bool:
    """Whether a stage has something to do for one shop that it can do right now."""
    return stage in LEFT and LEFT[stage](session, shop_id, now)
