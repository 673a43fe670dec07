"""How much is still to be done for a shop: what the demo, rehearsals and tests wait for to be nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from plugin import inbox, refresh, runs, tag_sync


@dataclass(frozen=True, slots=True)
class WorkLeft:
    """What waits at each stage; refused tags and failed deliveries wait for people and are not in it."""

    deliveries: int
    due_customers: bool
    run: bool
    tags: bool

    def at(self, stage: str) -> bool:
        """Whether a stage (plugin.queues) has something to do that it can do now."""
        waiting = {"drain": self.deliveries, "review": self.due_customers, "run": self.run, "sync": self.tags}
        return bool(waiting.get(stage))

    def __bool__(self) -> bool:
        return bool(self.deliveries or self.due_customers or self.run or self.tags)


def of(session: Session, shop_id: int, now: datetime) -> WorkLeft:
    """What is left to do for one shop right now."""
    return WorkLeft(
        deliveries=inbox.pending_count(session, shop_id),
        due_customers=bool(refresh.due(session, shop_id, now, limit=1)),
        run=runs.next_run(session, shop_id) is not None,
        tags=bool(tag_sync.pending(session, shop_id, now, limit=1)),
    )
