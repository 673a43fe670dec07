"""Whether the app hears of the shop and writes to it, at a glance: when it did last, and what waits for the merchant.

"Home" shows it. Reads one shop, changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugin.db.models import UNFINISHED_RUN, InboxEvent, Run, TagChange
from plugin.tagging import switch

WAITING_FOR_THE_MERCHANT = "waiting"


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
    undecided = (Run.shop_id == shop_id, UNFINISHED_RUN, Run.state == WAITING_FOR_THE_MERCHANT)
    return Health(
        heard_at=session.scalar(heard.order_by(InboxEvent.received_at.desc()).limit(1)),
        wrote_at=session.scalar(select(TagChange.at).where(*written).order_by(TagChange.at.desc()).limit(1)),
        undecided=session.scalar(select(func.count()).select_from(Run).where(*undecided)) or 0,
    )
