"""Brings the tags in the store to what is wanted. The difference between two columns is the work; no queue holds it.

workers.sync_tags calls `sync` for one shop. Only tags of our own segments are written, by adding and removing.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from plugin import clock, segment_store, shops
from plugin.db import session as db
from plugin.db.models import PENDING_TAGS, Customer, TagChange
from plugin.db.types import new_id
from plugin.shopify import tags
from plugin.shopify.admin_api import AdminClient
from plugin.shopify.tags import TagAnswer, TagEdit
from plugin.turns import Turn

log = structlog.get_logger()

# A customer whose tags Shopify refuses (250 already, say) is tried again when the merchant may have made room.
REFUSED_AGAIN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """What is about to be written for one customer, in bits."""

    customer_id: int
    add: int
    remove: int

    def edit(self, tags_by_bit: dict[int, str]) -> TagEdit:
        """The same in tags."""
        return TagEdit(self.customer_id, _tags(self.add, tags_by_bit), _tags(self.remove, tags_by_bit))


def sync(client: AdminClient, shop_id: int, turn: Turn, seconds: float) -> bool:
    """Write pending tags for about `seconds`; returns whether more are left. Raises the ShopifyError tree."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with db.read() as session:
            tags_by_bit = segment_store.tags_by_bit(session, shop_id)
            changes = pending(session, shop_id, clock.now(), tags.MUTATIONS_A_DOCUMENT)
        if not changes:
            return False
        for batch in _documents(changes, tags_by_bit):
            turn.renew()
            _write(client, shop_id, batch)
    return True


def pending(session: Session, shop_id: int, now: datetime, limit: int) -> list[Change]:
    """Customers whose tags in the store are not what is wanted, and what to do about each.

    None while the shop's history is imported: of a shop that came back the list of customers tells which tags are left,
    and that would be wrong of those we write meanwhile.
    """
    if shops.get(session, shop_id).imported_at is None:
        return []
    rows = session.execute(
        select(
            Customer.customer_id,
            Customer.wanted_tags,
            Customer.applied_tags,
            Customer.unsure_tags,
            Customer.foreign_tags,
        )
        .where(Customer.shop_id == shop_id, PENDING_TAGS)
        .where(or_(Customer.sync_after.is_(None), Customer.sync_after <= now))
        .order_by(Customer.customer_id)
        .limit(limit)
    )
    return [_change(*row) for row in rows]


def pending_count(session: Session, shop_id: int) -> int:
    """How many customers' tags are still to be written."""
    waiting = select(func.count()).select_from(Customer).where(Customer.shop_id == shop_id, PENDING_TAGS)
    return session.scalar(waiting) or 0


def shops_waiting(session: Session, now: datetime) -> list[int]:
    """Shops with tags to write, for the sweep."""
    return [shop_id for shop_id in shops.answering(session, now) if pending(session, shop_id, now, limit=1)]


def _change(customer_id: int, wanted: int, applied: int, unsure: int, foreign: int) -> Change:
    target = wanted & ~foreign
    # What a lost answer may or may not have done is done again: adding or removing twice is harmless.
    return Change(customer_id, add=target & (~applied | unsure), remove=~target & (applied | unsure))


def _documents(changes: list[Change], tags_by_bit: dict[int, str]) -> Iterator[list[tuple[Change, TagEdit]]]:
    by_customer = {change.customer_id: change for change in changes}
    for batch in tags.batches(change.edit(tags_by_bit) for change in changes):
        yield [(by_customer[edit.customer_id], edit) for edit in batch]


def _write(client: AdminClient, shop_id: int, batch: Sequence[tuple[Change, TagEdit]]) -> None:
    # Noted before the call: if we die before its answer is recorded, the next writer knows what may have happened.
    _note_unsure(shop_id, [change for change, _ in batch])
    answers = tags.apply(client, [edit for _, edit in batch])
    _record(shop_id, [(change, edit, answer) for (change, edit), answer in zip(batch, answers, strict=True)])


def _note_unsure(shop_id: int, changes: list[Change]) -> None:
    with db.write() as session:
        shops.hold(session, shop_id)
        session.connection().execute(
            update(Customer)
            .where(Customer.shop_id == shop_id, Customer.customer_id == bindparam("b_customer_id"))
            .values(unsure_tags=Customer.unsure_tags.bitwise_or(bindparam("b_bits"))),
            [{"b_customer_id": change.customer_id, "b_bits": change.add | change.remove} for change in changes],
        )


def _record(shop_id: int, answered: list[tuple[Change, TagEdit, TagAnswer]]) -> None:
    now = clock.now()
    written = [change for change, _, answer in answered if not answer.problems]
    with db.write() as session:
        shops.hold(session, shop_id)
        _record_written(session, shop_id, written)
        for change, _, answer in answered:
            if answer.customer_missing:
                _drop_customer(session, shop_id, change.customer_id, now)
            elif answer.problems:
                _set_aside(session, shop_id, change, answer, now)
        session.connection().execute(
            insert(TagChange), [_log_row(shop_id, edit, answer, now) for _, edit, answer in answered]
        )
    log.info("tags_written", shop_id=shop_id, customers=len(written), refused=len(answered) - len(written))


def _record_written(session: Session, shop_id: int, changes: list[Change]) -> None:
    """Take over exactly the bits that were written: the row may want something else, or more, by now."""
    if changes:
        remaining = Customer.applied_tags.bitwise_or(bindparam("b_added")).bitwise_and(bindparam("b_kept"))
        unsure = Customer.unsure_tags.bitwise_and(bindparam("b_untouched"))
        session.connection().execute(
            update(Customer)
            .where(Customer.shop_id == shop_id, Customer.customer_id == bindparam("b_customer_id"))
            .values(applied_tags=remaining, unsure_tags=unsure, sync_after=None, sync_error=None),
            [
                {
                    "b_customer_id": change.customer_id,
                    "b_added": change.add,
                    "b_kept": ~change.remove,
                    "b_untouched": ~(change.add | change.remove),
                }
                for change in changes
            ],
        )


def _drop_customer(session: Session, shop_id: int, customer_id: int, now: datetime) -> None:
    """The customer was deleted meanwhile and we have not heard yet: there is nobody left to tag.

    What they carried is kept: if they turn out to have been merged, somebody else carries it now.
    """
    session.execute(
        update(Customer)
        .where(Customer.shop_id == shop_id, Customer.customer_id == customer_id)
        .values(deleted_at=now, wanted_tags=0, next_review_at=None)
    )


def _set_aside(session: Session, shop_id: int, change: Change, answer: TagAnswer, now: datetime) -> None:
    """Shopify refuses this customer's tags: leave it for a day, so that it does not hold up the others."""
    reason = "; ".join(answer.problems)
    session.execute(
        update(Customer)
        .where(Customer.shop_id == shop_id, Customer.customer_id == change.customer_id)
        .values(sync_after=now + REFUSED_AGAIN_AFTER, sync_error=reason[:500])
    )


def _log_row(shop_id: int, edit: TagEdit, answer: TagAnswer, now: datetime) -> dict[str, Any]:
    outcome = "missing" if answer.customer_missing else "refused" if answer.problems else "written"
    return {
        "shop_id": shop_id,
        "id": new_id(),
        "customer_id": edit.customer_id,
        "added": list(edit.add),
        "removed": list(edit.remove),
        "at": now,
        "outcome": outcome,
        "error": "; ".join(answer.problems)[:500] or None,
    }


def _tags(bits: int, tags_by_bit: dict[int, str]) -> tuple[str, ...]:
    return tuple(tag for bit, tag in sorted(tags_by_bit.items()) if bits >> bit & 1)
