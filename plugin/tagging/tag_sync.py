"""Brings the tags in the store to what is wanted. The difference between two columns is the work; no queue holds it.

workers.sync_tags calls `sync` for one shop: a few customers a call; tagging.bulk_tagging takes over where there are
very many. Only tags of our own segments are written, by adding and removing.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugin import clock
from plugin.db import session as db
from plugin.db.models import PENDING_TAGS, BulkTaggingLine, Customer
from plugin.shop import shops
from plugin.shopify import tags
from plugin.shopify.admin_api import AdminClient
from plugin.shopify.tags import TagEdit
from plugin.standing import segment_store
from plugin.tagging import tag_changes
from plugin.tagging.tag_changes import Change
from plugin.turns import Turn


def sync(client: AdminClient, shop_id: int, turn: Turn, seconds: float) -> bool:
    """Write pending tags for about `seconds`; returns whether more are left. Raises the ShopifyError tree."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with db.read() as session:
            tags_by_bit = segment_store.tags_by_bit(session, shop_id)
            changes = tag_changes.pending(session, shop_id, clock.now(), tags.MUTATIONS_A_DOCUMENT)
        if not changes:
            return False
        for batch in _documents(changes, tags_by_bit):
            turn.renew()
            _write(client, shop_id, batch)
    return True


def any_pending(session: Session, shop_id: int, now: datetime) -> bool:
    """Whether tags are to be written right now; what a bulk operation is at is not in it."""
    return bool(tag_changes.pending(session, shop_id, now, limit=1))


def pending_count(session: Session, shop_id: int) -> int:
    """How many customers' tags are still to be written, by whatever means."""
    waiting = select(func.count()).select_from(Customer).where(Customer.shop_id == shop_id, PENDING_TAGS)
    in_bulk = select(func.count()).select_from(BulkTaggingLine).where(BulkTaggingLine.shop_id == shop_id)
    return (session.scalar(waiting) or 0) + (session.scalar(in_bulk) or 0)


def shops_waiting(session: Session, now: datetime) -> list[int]:
    """Shops with tags to write, for the sweep."""
    return [shop_id for shop_id in shops.answering(session, now) if any_pending(session, shop_id, now)]


def _documents(changes: list[Change], tags_by_bit: dict[int, str]) -> Iterator[list[tuple[Change, TagEdit]]]:
    by_customer = {change.customer_id: change for change in changes}
    for batch in tags.batches(change.edit(tags_by_bit) for change in changes):
        yield [(by_customer[edit.customer_id], edit) for edit in batch]


def _write(client: AdminClient, shop_id: int, batch: Sequence[tuple[Change, TagEdit]]) -> None:
    with db.write() as session:
        shops.hold(session, shop_id)
        if tag_changes.is_held(session, shop_id):  # since they were chosen
            return
        tag_changes.note_unsure(session, shop_id, [change for change, _ in batch])
    answers = tags.apply(client, [edit for _, edit in batch])
    answered = [(change, edit, answer) for (change, edit), answer in zip(batch, answers, strict=True)]
    with db.write() as session:
        shops.hold(session, shop_id)
        tag_changes.record(session, shop_id, answered, clock.now())
