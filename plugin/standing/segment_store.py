"""A shop's segments in the database: definitions in, versions kept, bits given out and taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from plugin import money
from plugin.db import models
from plugin.db.models import Customer, ForeignChange, SegmentDay, SegmentVersion, Shop
from plugin.segments import clashes, depth, needs
from plugin.segments.rules import MOST_SEGMENTS, InvalidDefinition, Problem, Segment
from plugin.shop import shop_settings, shops
from plugin.standing import baselines, categories, mirrors, pins
from plugin.standing.waits import FEW_BUYERS, HISTORY, Wait


def active(session: Session, shop_id: int) -> list[Segment]:
    """The shop's segments as the engine takes them, in the merchant's order."""
    digits = minor_units(session, shop_id)
    return [Segment.from_definition(row.definition, row.bit, digits) for row in _active_rows(session, shop_id)]


def judged(session: Session, shop_id: int, as_of: datetime) -> list[Segment]:
    """The segments customers are put into: none while tagging is off, none that is off or would be a guess."""
    if shops.get(session, shop_id).tagging_off_at is not None:
        return []
    waiting = incomplete(session, shop_id, as_of)
    return [segment for segment in active(session, shop_id) if segment.on and segment.bit not in waiting]


def incomplete(session: Session, shop_id: int, as_of: datetime) -> dict[int, Wait]:
    """By bit, the segments that wait for what we cannot see (yet), and why."""
    return waiting(session, shop_id, active(session, shop_id), as_of)


def waiting(session: Session, shop_id: int, segments: Sequence[Segment], as_of: datetime) -> dict[int, Wait]:
    """By bit, which of any segments of the shop would have to wait, and why."""
    shop = shops.get(session, shop_id)
    asked = set[str]().union(*map(_beside_orders, segments))
    missing = categories.waiting(session, shop, set().union(*map(_categories, segments)))
    missing |= mirrors.waiting(session, shop, asked)
    store = baselines.store(session, shop_id, needs.of(segments))
    waits: dict[int, Wait] = {}
    for segment in segments:
        if days := depth.lacking(segment, _days_seen(shop, segment, as_of)):
            waits[segment.bit] = Wait(HISTORY, days)
        elif reasons := [reason for name, reason in sorted(missing.items()) if name in _beside_orders(segment)]:
            waits[segment.bit] = Wait(reasons[0])
        elif needs.lacks_buyers(segment, store):
            waits[segment.bit] = Wait(FEW_BUYERS)
    return waits


def categories_asked(session: Session, shop_id: int) -> set[str]:
    """The keys of the categories of products that the shop's segments ask for."""
    return set().union(*map(_categories, active(session, shop_id)))


def definitions(session: Session, shop_id: int) -> list[dict[str, Any]]:
    """The shop's segments as the merchant edits them."""
    return [row.definition for row in _active_rows(session, shop_id)]


def rows(session: Session, shop_id: int) -> Sequence[models.Segment]:
    """The shop's segments as they are stored, in the merchant's order."""
    return _active_rows(session, shop_id)


def tags_by_bit(session: Session, shop_id: int) -> dict[int, str]:
    """Every tag we may have written, those of removed segments included."""
    rows = session.scalars(select(models.Segment).where(models.Segment.shop_id == shop_id))
    return {row.bit: row.tag for row in rows}


def bits_by_tag(session: Session, shop_id: int) -> dict[str, int]:
    """The mask of every segment's tag, by the tag's casefold: Shopify takes "VIP" and "vip" for one tag."""
    return {tag.casefold(): 1 << bit for bit, tag in tags_by_bit(session, shop_id).items()}


def minor_units(session: Session, shop_id: int) -> int:
    """The decimals of the shop's currency."""
    currency = shops.get(session, shop_id).currency
    return money.minor_units(currency) if currency else 2


def sizes(session: Session, shop_id: int) -> dict[int, int]:
    """How many customers are in each of the shop's segments, by bit."""
    bits = [row.bit for row in _active_rows(session, shop_id)]
    if not bits:
        return {}
    carried = [Customer.wanted_tags.bitwise_and(1 << bit) != 0 for bit in bits]
    counts = [func.sum(case((is_carried, 1), else_=0)) for is_carried in carried]
    row = session.execute(select(*counts).where(Customer.shop_id == shop_id, Customer.wanted_tags != 0)).one()
    return {bit: int(count or 0) for bit, count in zip(bits, row, strict=True)}


def customer_count(session: Session, shop_id: int) -> int:
    """How many customers the shop has, as far as we know."""
    living = (Customer.shop_id == shop_id, Customer.deleted_at.is_(None), Customer.merged_into.is_(None))
    return session.scalar(select(func.count()).select_from(Customer).where(*living)) or 0


def save(session: Session, shop_id: int, wanted: Sequence[dict[str, Any]], now: datetime) -> bool:
    """Make `wanted` the shop's segments; False if they are already. InvalidDefinition if they cannot be.

    A segment is known by its tag: a new tag is a new segment, and the old one's tag is taken off the customers.
    """
    digits = minor_units(session, shop_id)
    clashes.validate(wanted, digits)
    shops.hold(session, shop_id)
    stored = session.scalars(select(models.Segment).where(models.Segment.shop_id == shop_id)).all()
    by_tag = {row.tag.casefold(): row for row in stored}
    changed = False
    for position, definition in enumerate(wanted):
        tidy = Segment.from_definition(definition, 0, digits).to_definition(digits)
        row = by_tag.pop(tidy["tag"].casefold(), None)
        if row is None:
            bit = _free_bit(session, shop_id)
            row = models.Segment(shop_id=shop_id, bit=bit, version=_last_version(session, shop_id, bit), definition={})
            session.add(row)
        changed |= _update(session, row, tidy, position, now)
    for row in by_tag.values():
        changed |= row.removed_at is None
        row.removed_at = row.removed_at or now
        pins.drop_segment(session, shop_id, row.bit)
    return changed


def switch(session: Session, shop_id: int, bit: int, on: bool, now: datetime) -> bool:
    """Put customers into a segment from now on, or into it no more; False if it is so already. LookupError if it is not
    one of the shop's. Everybody has to be judged anew then.
    """
    shops.hold(session, shop_id)
    row = next((row for row in _active_rows(session, shop_id) if row.bit == bit), None)
    if row is None:
        raise LookupError(f"The shop has no segment with the bit {bit}")
    definition = {name: said for name, said in row.definition.items() if name != "on"}
    return _update(session, row, definition if on else {**definition, "on": False}, row.position, now)


def choose_scale(session: Session, shop_id: int, scale: str) -> bool:
    """Score the shop's customers by QUINTILES or by the TABLE from now on; False if they are already.

    Everybody has to be judged anew then.
    """
    return bool(shop_settings.change(session, shop_id, rfm_scale=scale))


def _update(session: Session, row: models.Segment, definition: dict[str, Any], position: int, now: datetime) -> bool:
    same = row.definition == definition and row.removed_at is None
    moved = row.position != position
    row.position, row.removed_at = position, None
    if not same:
        row.tag, row.definition, row.version = definition["tag"], definition, row.version + 1
        saved = {"version": row.version, "definition": definition, "saved_at": now}
        session.add(SegmentVersion(shop_id=row.shop_id, bit=row.bit, **saved))
    session.flush()
    return moved or not same


def _last_version(session: Session, shop_id: int, bit: int) -> int:
    """The last version of whatever had the bit before: what was judged by it can still be explained."""
    versions = select(func.max(SegmentVersion.version))
    return session.scalar(versions.where(SegmentVersion.shop_id == shop_id, SegmentVersion.bit == bit)) or 0


def _free_bit(session: Session, shop_id: int) -> int:
    """The lowest bit without a segment. One of a removed segment is free again once no customer carries its tag."""
    rows = session.scalars(select(models.Segment).where(models.Segment.shop_id == shop_id)).all()
    taken = {row.bit: row for row in rows}
    free = next((bit for bit in range(MOST_SEGMENTS) if bit not in taken), None)
    if free is not None:
        return free
    ours = Customer.wanted_tags.bitwise_or(Customer.applied_tags).bitwise_or(Customer.unsure_tags)
    touched = ours.bitwise_or(Customer.bulk_tags)
    for bit, row in taken.items():
        theirs = (Customer.shop_id == shop_id, Customer.deleted_at.is_(None), touched.bitwise_and(1 << bit) != 0)
        if row.removed_at is not None and session.scalar(select(Customer.customer_id).where(*theirs).limit(1)) is None:
            session.delete(row)
            marks = (Customer.foreign_tags, Customer.declined_tags)
            unmarked = {mark: mark.bitwise_and(~(1 << bit)) for mark in marks}
            session.execute(update(Customer).where(Customer.shop_id == shop_id).values(unmarked))
            for table in (ForeignChange, SegmentDay):
                session.execute(delete(table).where(table.shop_id == shop_id, table.bit == bit))
            session.flush()
            return bit
    raise InvalidDefinition([Problem("", "removed segments' tags are still being taken off: try again in a while")])


def _days_seen(shop: Shop, segment: Segment, as_of: datetime) -> int | None:
    """How far back we know what the segment looks at; None: all of it. Orders were known before their lines were."""
    known_from = [shop.history_from, *([shop.lines_seen_from] if _categories(segment) else [])]
    latest = max((each for each in known_from if each is not None), default=None)
    return None if latest is None else (as_of - latest) // timedelta(days=1)


def _beside_orders(segment: Segment) -> set[str]:
    """What a segment needs that is fetched for it: categories, segments of Shopify's, its groups; no two look alike."""
    asked = needs.of([segment])
    return {*asked.categories, *asked.shopify_segments, *(asked.facts & {mirrors.RFM})}


def _categories(segment: Segment) -> set[str]:
    return {condition.category for condition in segment.all_conditions if condition.category is not None}


def _active_rows(session: Session, shop_id: int) -> Sequence[models.Segment]:
    return session.scalars(
        select(models.Segment)
        .where(models.Segment.shop_id == shop_id, models.Segment.removed_at.is_(None))
        .order_by(models.Segment.position)
    ).all()
