"""Whether the app hears of the shop and writes to it, at a glance: when it did last, and what waits for the merchant.

"Home" shows it. Reads one shop, changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db.models import InboxEvent, TagChange
from plugin.tagging import activity, switch


@dataclass(frozen=True, slots=True)
class Health:
    """`heard_at`: of the last message from Shopify; `wrote_at`: of the last tag. None: there was none (any more)."""

    heard_at: datetime | None
    wrote_at: datetime | None
    undecided: int


def read(session: Session, shop_id: int) -> Health:
    """The shop's, at this moment."""
    heard = select(InboxEvent.received_at).where(InboxEvent.shop_id == shop_id)
    written = (TagChange.shop_id == shop_id, TagChange.outcome == switch.WRITTEN)
    return Health(
        heard_at=session.scalar(heard.order_by(InboxEvent.received_at.desc()).limit(1)),
        wrote_at=session.scalar(select(TagChange.at).where(*written).order_by(TagChange.at.desc()).limit(1)),
        undecided=len(activity.failed_runs(session, shop_id)) + (runs.waiting(session, shop_id) is not None),
    )
