"""What is still to be done for a shop, by stage (plugin.queues): what jobs, the demo, rehearsals and tests look at.

Refused tags and failed deliveries wait for people and are not in it; stale orders have their own patience.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from plugin import inbox, refresh, runs, tag_sync

LEFT: dict[str, Callable[[Session, int, datetime], bool]] = {
    "notice": lambda session, shop_id, _: inbox.any_pending(session, shop_id, inbox.NOTICE),
    "drain": lambda session, shop_id, _: inbox.any_pending(session, shop_id, inbox.DRAIN),
    "review": lambda session, shop_id, now: bool(refresh.due(session, shop_id, now, limit=1)),
    "run": lambda session, shop_id, _: runs.next_run(session, shop_id) is not None,
    "sync": lambda session, shop_id, now: bool(tag_sync.pending(session, shop_id, now, limit=1)),
}


def of(session: Session, shop_id: int, now: datetime) -> list[str]:
    """The stages that have something to do for one shop right now."""
    return [stage for stage in LEFT if at(session, shop_id, stage, now)]


def at(session: Session, shop_id: int, stage: str, now: datetime) -> bool:
    """Whether a stage has something to do for one shop that it can do right now."""
    return stage in LEFT and LEFT[stage](session, shop_id, now)
