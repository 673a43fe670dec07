"""What is to be changed on customers' tags, in bits, and writing down what became of it.

plugin.tagging.tag_sync writes a few at a time, plugin.tagging.bulk_tagging very many; both read and record here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, TextClause, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from plugin import metrics
from plugin.db.models import DECLINED_TAGS, PENDING_TAGS, UNFINISHED_RUN, Customer, Run, Shop, TagChange
from plugin.db.types import new_id
from plugin.shopify.tags import TagAnswer, TagEdit

log = structlog.get_logger()

WRITTEN, REFUSED, MISSING = "written", "refused", "missing"
# Of what an undo leaves as somebody else has made it since; nothing was sent.
LEFT = "left"
# A run in this state holds the shop (plugin.runs, which this module stands below).
WAITING = "waiting"
# The bits that are to be on a customer.
TARGET = (
    Customer.wanted_tags.bitwise_and(Customer.foreign_tags.bitwise_not())
    .bitwise_and(Customer.declined_tags.bitwise_not())
    .label("target")
)
# A customer whose tags Shopify refuses (250 already, say) is tried again when the merchant may have made room.
REFUSED_AGAIN_AFTER = timedelta(days=1)
# SQLite takes 32,766 values in one statement, PostgreSQL 65,535.
KEYS_A_QUERY = 5_000


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written for one customer, in bits."""

    customer_id: int
    add: int
    remove: int

    @property
    def bits(self) -> int:
        """Everything that it touches."""
        return self.add | self.remove

    def edit(self, tags_by_bit: dict[int, str]) -> TagEdit:
        """The same in tags."""
        return TagEdit(self.customer_id, tags_of(self.add, tags_by_bit), tags_of(self.remove, tags_by_bit))


def tags_of(bits: int, tags_by_bit: dict[int, str]) -> tuple[str, ...]:
    """The tags that bits stand for."""
    return tuple(tag for bit, tag in sorted(tags_by_bit.items()) if bits >> bit & 1)


def is_pending(shop_id: int, now: datetime) -> tuple[ColumnElement[bool] | TextClause, ...]:
    """Customers of a shop whose tags are to be written and can be now; see models.PENDING_TAGS."""
    ready = or_(Customer.sync_after.is_(None), Customer.sync_after <= now)
    return Customer.shop_id == shop_id, PENDING_TAGS, ready


def is_held(session: Session, shop_id: int) -> bool:
    """Whether nothing may be written to the store: while a run waits for the merchant's word, and while the history is
    imported. Of a shop that came back the list of customers then tells which tags are left, and that would be wrong of
    those we write meanwhile.
    """
    if session.scalar(select(Shop.imported_at).where(Shop.id == shop_id)) is None:
        return True
    waiting = (Run.shop_id == shop_id, UNFINISHED_RUN, Run.state == WAITING)
    return session.scalar(select(Run.id).where(*waiting).limit(1)) is not None


def pending(session: Session, shop_id: int, now: datetime, limit: int, *which: ColumnElement[bool]) -> list[Change]:
    """The first customers whose tags in the store are not what is wanted, and what to do about each.

    None while the shop is held.
    """
    if is_held(session, shop_id):
        return []
    rows = session.execute(
        select(Customer.customer_id, TARGET, Customer.applied_tags, Customer.unsure_tags, Customer.bulk_tags)
        .where(*is_pending(shop_id, now), *which)
        .order_by(Customer.customer_id)
        .limit(limit)
    )
    return [change(*row) for row in rows]


def change(customer_id: int, target: int, applied: int, unsure: int, held: int = 0) -> Change:
    """What brings a customer from what the store has to `target`, but for what a bulk operation holds."""
    # What a lost answer may or may not have done is done again: adding or removing twice is harmless.
    add, remove = target & (~applied | unsure), ~target & (applied | unsure)
    return Change(customer_id, add & ~held, remove & ~held)


def note_unsure(session: Session, shop_id: int, changes: Iterable[Change]) -> None:
    """Said before Shopify is asked: if we die before the answer is recorded, the next writer knows what may be."""
    session.connection().execute(
        update(Customer)
        .where(Customer.shop_id == shop_id, Customer.customer_id == bindparam("b_customer_id"))
        .values(unsure_tags=Customer.unsure_tags.bitwise_or(bindparam("b_bits"))),
        [{"b_customer_id": change.customer_id, "b_bits": change.bits} for change in changes],
    )


def let_return(session: Session, shop_id: int) -> None:
    """Whoever has left a segment takes its tag again when they come back, even if somebody had taken it off before."""
    left = (DECLINED_TAGS, Customer.declined_tags.bitwise_and(Customer.wanted_tags.bitwise_not()) != 0)
    kept = Customer.declined_tags.bitwise_and(Customer.wanted_tags)
    mine = update(Customer).where(Customer.shop_id == shop_id, *left)
    session.connection().execute(mine.values(declined_tags=kept))


def record(
    session: Session, shop_id: int, answered: Sequence[tuple[Change, TagEdit, TagAnswer]], now: datetime
) -> None:
    """Write down what Shopify answered, customer by customer. The caller holds the shop."""
    written = [change for change, _, answer in answered if not answer.problems]
    _record_written(session, shop_id, written)
    for change, _, answer in answered:
        if answer.customer_missing:
            _drop_customer(session, shop_id, change.customer_id, now)
        elif answer.problems:
            _set_aside(session, shop_id, change, answer, now)
    # Who was erased during the call must not come back by way of the log.
    here = _still_here(session, shop_id, [change.customer_id for change, _, _ in answered])
    rows = [_log_row(shop_id, edit, answer, now, here) for _, edit, answer in answered if edit.customer_id in here]
    if rows:
        session.connection().execute(insert(TagChange), rows)
    for outcome, count in Counter(row["outcome"] for row in rows).items():
        metrics.TAG_WRITES.labels(outcome).inc(count)
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
                    "b_untouched": ~change.bits,
                }
                for change in changes
            ],
        )


def _still_here(session: Session, shop_id: int, customer_ids: list[int]) -> dict[int, int | None]:
    """Those of the customers we still know, with the run that says what they want."""
    found: dict[int, int | None] = {}
    for start in range(0, len(customer_ids), KEYS_A_QUERY):
        some = Customer.customer_id.in_(customer_ids[start : start + KEYS_A_QUERY])
        theirs = select(Customer.customer_id, Customer.changed_by).where(Customer.shop_id == shop_id, some)
        found |= {row.customer_id: row.changed_by for row in session.execute(theirs)}
    return found


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


def _log_row(
    shop_id: int, edit: TagEdit, answer: TagAnswer, now: datetime, runs_of: Mapping[int, int | None]
) -> dict[str, Any]:
    outcome = MISSING if answer.customer_missing else REFUSED if answer.problems else WRITTEN
    return {
        "shop_id": shop_id,
        "id": new_id(),
        "customer_id": edit.customer_id,
        "added": list(edit.add),
        "removed": list(edit.remove),
        "at": now,
        "outcome": outcome,
        "error": "; ".join(answer.problems)[:500] or None,
        "run_id": runs_of[edit.customer_id],
    }
