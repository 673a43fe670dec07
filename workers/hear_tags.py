"""Hears what Shopify tells of a shop's tags, and of its segments there. Every tag we write comes back as a message, and
every segment of the merchant's own sends some: echoes, and news of segments nobody asks for, end here.

They cost one look a batch, some seconds' worth of them, and keep no order waiting. What may be somebody else's doing is
passed on to workers.drain_inbox, which takes it in where it stands among the orders. Never changes a customer.
"""

import structlog

from plugin import clock, queues
from plugin.db import session as db
from plugin.db.models import InboxEvent
from plugin.deliveries import inbox, topics
from plugin.schemas.facts import SegmentChanged, TagsChanged
from plugin.schemas.webhook_payloads import PayloadRefused
from plugin.standing import mirrors
from plugin.tagging import tag_drift
from workers import folding, turn

log = structlog.get_logger()

Change = TagsChanged | SegmentChanged
# A batch is a job: whoever has orders waits for no more.
DELIVERIES_A_BATCH = 2_000


def hear_tags(shop_id: int) -> None:
    """Hear one batch; what is left has its turn after everything that is more urgent. A few wait for the next call."""
    turn.run("heard", shop_id, lambda _: hear_batch(shop_id) == DELIVERIES_A_BATCH)


def hear_batch(shop_id: int) -> int:
    """Hear one batch; returns how many deliveries it was."""
    return folding.fold_some(shop_id, inbox.HEARD, DELIVERIES_A_BATCH, _hear)


def _hear(shop_id: int, claimed: list[str]) -> None:
    """Look which may be news without holding anybody up, then pass those on and let the others go.

    All that is said of a customer takes the same way: a tag that others take off and put back is seen in this order.
    """
    with db.read() as session:
        heard = {event.webhook_id: _read(event) for event in inbox.pending(session, shop_id, claimed)}
        tags = [change for change in heard.values() if isinstance(change, TagsChanged)]
        news, followed = tag_drift.may_be_news(session, shop_id, tags), mirrors.followed(session, shop_id)
    passed_on = [webhook_id for webhook_id, change in heard.items() if _matters(change, news, followed)]
    with db.write() as session:
        inbox.pass_on(session, shop_id, passed_on, inbox.DRAIN)
        inbox.close(session, shop_id, sorted(heard.keys() - passed_on), clock.now())
    log.info("tags_heard", shop_id=shop_id, deliveries=len(heard), passed_on=len(passed_on))
    if passed_on:
        queues.wake("drain", shop_id)


def _matters(change: Change | None, news: set[int], followed: set[int]) -> bool:
    if isinstance(change, SegmentChanged):
        return change.segment_id in followed
    return change is None or change.customer_id in news


def _read(event: InboxEvent) -> Change | None:
    """What a delivery says; None if it cannot be read, which the drain says where people look."""
    try:
        _, change = topics.read(event)
    except PayloadRefused:
        return None
    return change if isinstance(change, Change) else None
