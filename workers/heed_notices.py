"""Heeds what Shopify tells one shop's app about the shop itself: removed, other scopes, privacy requests (notices)."""

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from plugin import clock, logs, queues
from plugin.db import session as db
from plugin.db.models import InboxEvent, Shop
from plugin.deliveries import inbox, notices
from plugin.history.ledger import FactsRefused
from plugin.schemas.webhook_payloads import PayloadRefused
from plugin.shop import shops
from plugin.turns import Turn
from workers import folding, turn

log = structlog.get_logger()


def heed_notices(shop_id: int) -> None:
    """Heed one notice after the other until none is left."""

    def heed(mine: Turn) -> bool:
        while folding.fold_some(shop_id, inbox.NOTICE, 1, _heed):
            mine.renew()
        return False

    turn.run("notice", shop_id, heed)


def _heed(shop_id: int, claimed: list[str]) -> None:
    to_wake: tuple[str, ...] = ()
    with db.write() as session:
        shops.hold(session, shop_id)
        now = clock.now()
        shop = shops.get(session, shop_id)
        for event in inbox.pending(session, shop_id, claimed):
            with logs.about_delivery(event.topic, event.webhook_id):
                to_wake = _heed_one(session, shop, event, now)
    for stage in to_wake:
        queues.wake(stage, shop_id)


def _heed_one(session: Session, shop: Shop, event: InboxEvent, now: datetime) -> tuple[str, ...]:
    try:
        to_wake = notices.heed(session, shop, event, now)
    except (PayloadRefused, FactsRefused) as error:
        folding.set_aside(event, str(error))
        return ()
    inbox.mark_done([event], now)
    log.info("notice_heeded", shop_id=event.shop_id)
    return to_wake
