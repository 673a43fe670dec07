"""What others do to tags of ours: merchants, other apps and Flow add and remove the same tags, and we hear of it.

workers.hear_tags asks what of it may be news (most is the echo of our own writes), workers.drain_inbox hands that over,
tagging.tag_comparison what a look into the store showed. Nothing is written to the store here: the columns say what
tagging.tag_sync has to do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from plugin import clock
from plugin.db.models import BulkTagging, BulkTaggingLine, Customer, ForeignChange, TagChange
from plugin.schemas.facts import TagsChanged
from plugin.shop import shop_settings, shops
from plugin.shop.shop_settings import REPAIR, RESPECT, ShopSettings
from plugin.standing import segment_store
from plugin.tagging import tag_changes

log = structlog.get_logger()

# A tag that is taken off a customer more often than this within so long is no longer fought over.
MOST_FIGHTS, REMEMBERED_FOR = 3, timedelta(days=30)
KEYS_A_QUERY = 5_000

STANDING = (
    Customer.customer_id,
    Customer.wanted_tags,
    Customer.applied_tags,
    Customer.unsure_tags,
    Customer.foreign_tags,
    Customer.declined_tags,
    Customer.bulk_tags,
)


@dataclass(frozen=True, slots=True)
class Contested:
    """A tag that somebody keeps taking off a customer, so often that we have stopped putting it back."""

    customer_id: int
    tag: str
    times: int
    last_at: datetime


def may_be_news(session: Session, shop_id: int, changes: Sequence[TagsChanged]) -> set[int]:
    """The customers whose tags may have been changed by somebody else. What is said of all others may be forgotten.

    One query for all of them, and nobody has to hold the shop: a tag that stands as we left it, or is in our hands, was
    not changed by others. That holds whatever orders still wait, so the echoes may overtake them and be overtaken: no
    order changes what we have written, and what orders do change (the tags we want) lets nothing be forgotten here.
    A customer we do not know may be brought by an order that waits.
    """
    ours, known = _about_ours(session, shop_id, changes)
    return {
        change.customer_id
        for change, bits in ours
        if (row := known.get(change.customer_id)) is None or ~_as_we_left_it(row, added=change.added) & bits
    }


def take_in(session: Session, shop_id: int, changes: Sequence[TagsChanged]) -> int:
    """Heed changes of tags; returns how many of them were somebody else's. The caller holds the shop.

    One query for all of them tells the echoes of our own writes, which change nothing.
    """
    ours, known = _about_ours(session, shop_id, changes)
    touched = {
        change.customer_id
        for change, bits in ours
        if (row := known.get(change.customer_id)) and _could_be_news(row, added=change.added) & bits
    }
    heeded = 0
    for change, bits in sorted(ours, key=lambda each: each[0].at):
        if change.customer_id not in touched:
            continue
        # Judged by how the changes before it left the customer: a tag may be taken off and put back in one breath.
        customer = session.get_one(Customer, (shop_id, change.customer_id))
        new = bits & _could_be_news(customer, added=change.added)
        new = new and _since_our_last_write(session, customer, change, new)
        if new and (put_on if change.added else taken_off)(session, customer, new, change.at):
            heeded += 1
    session.flush()
    return heeded


def put_on(session: Session, customer: Customer, bits: int, at: datetime) -> int:
    """Others gave a customer these tags; returns those we heed: outside its segment a tag is theirs, not ours."""
    new = bits & ~(customer.applied_tags | customer.unsure_tags | customer.foreign_tags)
    theirs, back = new & ~customer.wanted_tags, new & customer.declined_tags
    customer.foreign_tags |= theirs
    customer.declined_tags &= ~back
    _remember(session, customer, theirs, at, added=True)
    return theirs | back


def taken_off(session: Session, customer: Customer, bits: int, at: datetime) -> int:
    """Others took these tags off; returns those we heed. Whether they are put back is the shop's choice.

    A tag that is being added by a bulk mutation may or may not have been there: whatever that says is not believed.
    """
    gone = bits & (customer.applied_tags | customer.foreign_tags | (customer.bulk_tags & customer.unsure_tags))
    if gone & customer.bulk_tags & customer.unsure_tags:
        theirs = (BulkTaggingLine.shop_id == customer.shop_id, BulkTaggingLine.customer_id == customer.customer_id)
        session.execute(delete(BulkTaggingLine).where(*theirs))
        customer.bulk_tags = 0
    if gone & customer.applied_tags:
        customer.changed_by = None  # what is put back is no run's doing
    customer.applied_tags &= ~gone
    customer.foreign_tags &= ~gone
    missed = gone & customer.wanted_tags
    _remember(session, customer, missed, at, added=False)
    settings = ShopSettings.of(shops.get(session, customer.shop_id).settings)
    given_up = missed if settings.foreign_removal == RESPECT else _contested_bits(session, customer, missed)
    customer.declined_tags |= given_up
    return gone


def contested(session: Session, shop_id: int) -> list[Contested]:
    """The tags we have stopped fighting over, newest first."""
    tags = segment_store.tags_by_bit(session, shop_id)
    times, last_at = func.count(), func.max(ForeignChange.at)
    removals = select(ForeignChange.customer_id, ForeignChange.bit, times, last_at).where(*_removals(shop_id))
    fought = removals.group_by(ForeignChange.customer_id, ForeignChange.bit).having(times > MOST_FIGHTS)
    found = session.execute(fought.order_by(last_at.desc()))
    return [Contested(customer_id, tags[bit], count, at) for customer_id, bit, count, at in found if bit in tags]


def contested_count(session: Session, shop_id: int) -> int:
    """How many there are."""
    return len(contested(session, shop_id))


def choose(session: Session, shop_id: int, foreign_removal: str) -> bool:
    """Have tags that others take off put back (REPAIR) or left off (RESPECT); False if it is so already.

    The caller wakes the stage "sync".
    """
    if not shop_settings.change(session, shop_id, foreign_removal=foreign_removal):
        return False
    follow_choice(session, shop_id)
    return True


def follow_choice(session: Session, shop_id: int) -> None:
    """It was chosen anew what becomes of tags taken off: who has them put back gets all of them back."""
    if ShopSettings.of(shops.get(session, shop_id).settings).foreign_removal == REPAIR:
        session.execute(delete(ForeignChange).where(ForeignChange.shop_id == shop_id))
        declined = (Customer.shop_id == shop_id, Customer.declined_tags != 0)
        session.execute(update(Customer).where(*declined).values(declined_tags=0))


def forget_old(session: Session, shop_id: int) -> None:
    """Drop what no longer counts."""
    old = (ForeignChange.shop_id == shop_id, ForeignChange.at < clock.now() - REMEMBERED_FOR)
    session.execute(delete(ForeignChange).where(*old))


def bits_of(tags: Iterable[str], bits_by_tag: dict[str, int]) -> int:
    """Which of our tags are among these."""
    return sum({bits_by_tag.get(tag.casefold(), 0) for tag in tags})


def standings(session: Session, shop_id: int, customer_ids: Iterable[int]) -> dict[int, Any]:
    """What is recorded of these customers' tags, as plain rows; those who are gone are left out."""
    numbers = list(customer_ids)
    found: dict[int, Any] = {}
    for start in range(0, len(numbers), KEYS_A_QUERY):
        some = Customer.customer_id.in_(numbers[start : start + KEYS_A_QUERY])
        there = (Customer.shop_id == shop_id, Customer.deleted_at.is_(None), Customer.merged_into.is_(None), some)
        found |= {row.customer_id: row for row in session.execute(select(*STANDING).where(*there))}
    return found


def _about_ours(
    session: Session, shop_id: int, changes: Sequence[TagsChanged]
) -> tuple[list[tuple[TagsChanged, int]], dict[int, Any]]:
    """The changes that are about tags of ours, with those, and what is recorded of their customers."""
    bits_by_tag = segment_store.bits_by_tag(session, shop_id) if changes else {}
    ours = [(change, bits) for change in changes if (bits := bits_of(change.tags, bits_by_tag))]
    return ours, standings(session, shop_id, {change.customer_id for change, _ in ours})


def _as_we_left_it(row: Any, *, added: bool) -> int:
    """The tags of which hearing this cannot be news now, nor once the orders that wait have changed what we want."""
    if added:
        return int(row.applied_tags | row.unsure_tags | row.foreign_tags)
    being_added = row.bulk_tags & row.unsure_tags & (row.wanted_tags | ~row.applied_tags)
    return int(~(row.foreign_tags | (row.applied_tags & ~row.unsure_tags) | being_added))


def _could_be_news(row: Any, *, added: bool) -> int:
    """The tags that may have changed by somebody else's hand: not those that are as we left them, or in our hands."""
    if added:
        as_we_want = row.wanted_tags & ~row.declined_tags
        return int(~(row.applied_tags | row.unsure_tags | row.foreign_tags | as_we_want))
    being_added = row.bulk_tags & row.unsure_tags & row.wanted_tags
    return int(row.foreign_tags | (row.applied_tags & ~row.unsure_tags) | being_added)


def _since_our_last_write(session: Session, customer: Customer, change: TagsChanged, bits: int) -> int:
    """Without the tags that we wrote after the change: it may be the late echo of an earlier write of ours."""
    tags = segment_store.tags_by_bit(session, customer.shop_id)
    mine = (TagChange.shop_id == customer.shop_id, TagChange.customer_id == customer.customer_id)
    later = (TagChange.at >= change.at, TagChange.outcome == tag_changes.WRITTEN)
    written = session.execute(select(TagChange.added, TagChange.removed).where(*mine, *later))
    names = {tag.casefold() for row in written for tag in (*row.added, *row.removed)}
    bits &= ~sum(1 << bit for bit, tag in tags.items() if tag.casefold() in names)
    if not change.added and bits & customer.bulk_tags & customer.unsure_tags:
        bits &= _added_since(session, customer, change.at) | ~(customer.bulk_tags & customer.unsure_tags)
    return bits


def _added_since(session: Session, customer: Customer, at: datetime) -> int:
    """The tags of a bulk mutation that adds them to the customer and was chosen before an instant."""
    line = (BulkTaggingLine.shop_id == customer.shop_id, BulkTaggingLine.customer_id == customer.customer_id)
    mine = (BulkTagging.shop_id == customer.shop_id, BulkTagging.id == BulkTaggingLine.bulk_tagging_id, *line)
    adding = (BulkTagging.adds.is_(True), BulkTagging.created_at < at)
    return session.scalar(select(BulkTagging.bits).where(*mine, *adding)) or 0


def _remember(session: Session, customer: Customer, bits: int, at: datetime, *, added: bool) -> None:
    key = {"shop_id": customer.shop_id, "customer_id": customer.customer_id}
    session.add_all(ForeignChange(**key, bit=bit, added=added, at=at) for bit in _each(bits))
    session.flush()


def _contested_bits(session: Session, customer: Customer, bits: int) -> int:
    theirs = (*_removals(customer.shop_id), ForeignChange.customer_id == customer.customer_id)
    counts = select(ForeignChange.bit, func.count()).where(*theirs).group_by(ForeignChange.bit)
    often = sum(1 << bit for bit, count in session.execute(counts) if count > MOST_FIGHTS)
    if bits & often:
        log.warning("tag_contested", shop_id=customer.shop_id, customer=customer.customer_id)
    return bits & often


def _removals(shop_id: int) -> tuple[Any, ...]:
    recent = ForeignChange.at > clock.now() - REMEMBERED_FOR
    return ForeignChange.shop_id == shop_id, ForeignChange.added.is_(False), recent


def _each(bits: int) -> list[int]:
    return [bit for bit in range(bits.bit_length()) if bits >> bit & 1]
