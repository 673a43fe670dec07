"""What a shop's segments ask of Shopify's own segments and groups, compared with what is there: what is missing is
begun, what nobody asks for is let go. Called at the start of every judging of a whole shop.
"""

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db.models import Mirror
from plugin.segments import needs
from plugin.shop import shops
from plugin.standing import mirrors, segment_store

log = structlog.get_logger()

MOST_MIRRORS = 60


def prepare(session: Session, shop_id: int, now: datetime) -> None:
    """Bring about what the active segments need. The caller holds the shop.

    1. Each segment of Shopify's that is asked for has a mirror; the others are marked to be dropped. 2. A run compares
    what is new, and clears what is dropped. 3. Shopify's groups are read with the list of customers that our tags are
    compared with: that begins when a segment first asks for them.
    """
    asked = needs.of(segment_store.active(session, shop_id))
    wanted = {int(number) for number in asked.shopify_segments}
    known = {row.segment_id: row for row in mirrors.rows(session, shop_id)}
    for segment_id, row in known.items():
        if segment_id in wanted and row.dropped_at is not None:
            row.dropped_at = row.tried_at = row.refreshed_at = None
        elif segment_id not in wanted and row.dropped_at is None:
            row.dropped_at = now
    free = sorted(set(range(MOST_MIRRORS)) - {row.bit for row in known.values()})
    for segment_id, bit in zip(sorted(wanted - known.keys()), free, strict=False):
        session.add(Mirror(shop_id=shop_id, bit=bit, segment_id=segment_id))
    session.flush()
    if any(row.dropped_at or row.tried_at is None for row in mirrors.rows(session, shop_id)):
        runs.start(session, shop_id, runs.MIRROR, now)
    shop = shops.get(session, shop_id)
    if mirrors.RFM not in asked.facts:
        shop.shopify_rfm_at = None
    elif shop.shopify_rfm_at is None:
        runs.start(session, shop_id, runs.COMPARISON, now)
