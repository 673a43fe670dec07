"""Folds one shop's pending deliveries into its ledger and works out the tags they change."""

import structlog

from plugin import clock, config, queues
from plugin.db import session as db
from plugin.db.models import InboxEvent
from plugin.deliveries import inbox, topics
from plugin.deliveries.topics import Topic
from plugin.history import product_news
from plugin.history.ledger import Ledger
from plugin.schemas.webhook_payloads import PayloadRefused
from plugin.shop import shops
from plugin.standing import mirror_members, refresh
from plugin.tagging import tag_drift
from plugin.turns import Turn
from workers import folding, turn

log = structlog.get_logger()

# After this many batches the shop goes to the back of the queue: one busy shop must not keep the others waiting.
BATCHES_A_JOB = 4


def drain_inbox(shop_id: int) -> None:
    """Fold batches until none is left or this shop has had its turn."""

    def drain(mine: Turn) -> bool:
        for _ in range(BATCHES_A_JOB):
            mine.renew()
            if not drain_batch(shop_id):
                return False
        return True

    turn.run("drain", shop_id, drain)


def drain_batch(shop_id: int) -> bool:
    """Fold one batch; False when nothing was pending."""
    return bool(folding.fold_some(shop_id, inbox.DRAIN, config.current().drain_batch_size, _fold))


def _fold(shop_id: int, claimed: list[str]) -> None:
    """Read the payloads, set aside those that do not fit, fold the rest, judge the touched customers, mark all done."""
    with db.write() as session:
        shops.hold(session, shop_id)
        now = clock.now()  # after whoever held the shop: a customer must not be judged by an instant that has passed
        events = inbox.pending(session, shop_id, claimed)
        readings = _read(events)
        book = Ledger(session, shop_id)
        for event, reason in topics.fold(book, readings):
            folding.set_aside(event, reason)
        touched = book.save()
        changed = refresh.refresh_customers(session, shop_id, sorted(touched), now, "event") if touched else 0
        asks_for_products = product_news.take_in(session, shop_id, topics.products_told(readings), now)
        changed += tag_drift.take_in(session, shop_id, topics.tags_changed(readings))
        changed += mirror_members.take_in(session, shop_id, topics.segments_changed(readings), now)
        inbox.mark_done([event for event in events if event.failed_at is None], now)
    log.info("inbox_drained", shop_id=shop_id, deliveries=len(events), customers_changed=changed)
    if asks_for_products:
        queues.wake("products", shop_id)
    if changed:
        queues.wake("sync", shop_id)


def _read(events: list[InboxEvent]) -> list[tuple[InboxEvent, Topic, object]]:
    readings = []
    for event in events:
        try:
            readings.append((event, *topics.read(event)))
        except PayloadRefused as error:
            folding.set_aside(event, str(error))
    return readings
