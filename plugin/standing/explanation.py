"""Why a customer carries a tag, or does not: everything the answer rests on, for the command line and the page.

plugin.segments.reasons judges and finds the words; here are the rows: orders that do not count, pins, versions of the
rules, the store's baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin.db import models
from plugin.db.models import Customer, Order, SegmentVersion
from plugin.language import ENGLISH, Language
from plugin.segments import needs, reasons
from plugin.segments.reasons import Explanation
from plugin.segments.rules import Segment
from plugin.segments.voice import Said, message
from plugin.shop import shops
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import baselines, facts, loading, pinning, segment_store
from plugin.standing.baselines import Stored
from plugin.standing.pinning import Pinned
from plugin.standing.waits import Wait

DELETED = message("Customer {customer} was deleted on {date}")
OFF = Said("switched off: nobody is put into it")


class UnknownCustomer(Exception):
    """The shop has no such customer, as far as we know; the message says what became of them, if anything did."""


@dataclass(frozen=True, slots=True)
class IgnoredOrder:
    order_id: int
    processed_at: datetime | None
    because: Said


@dataclass(frozen=True, slots=True)
class SegmentExplained:
    """One segment: the rule as it was saved, and why the customer is in it or not.

    `inside` is what their tags are judged by: nobody is in a segment that `waits` for what we cannot see, or is off.
    """

    segment: Segment
    version: int
    saved_at: datetime
    inside: bool
    waits: str | None
    pin: Pinned | None
    why: Explanation


@dataclass(frozen=True, slots=True)
class CustomerExplained:
    """`as_of` is in the shop's time zone, `voice` speaks to its merchant; `customer_id` may be another than asked for,
    who they were merged into.
    """

    customer_id: int
    as_of: datetime
    voice: Language
    tagging_on: bool
    ignored: tuple[IgnoredOrder, ...]
    baseline: Stored | None
    segments: tuple[SegmentExplained, ...]


def explain(
    session: Session, shop_id: int, customer_id: int, as_of: datetime, locale: str = ENGLISH.locale
) -> CustomerExplained:
    """Each of the shop's segments with the reason why this customer is in it or not, in the shop's own time."""
    shop = shops.get(session, shop_id)
    customer, voice = _customer(session, shop_id, customer_id), shops.language(shop, locale)
    return CustomerExplained(
        customer_id=customer.customer_id,
        as_of=as_of.astimezone(shops.zone(shop)),
        voice=voice,
        tagging_on=shop.tagging_off_at is None,
        ignored=tuple(_ignored(session, shop, customer.customer_id)),
        baseline=baselines.latest(session, shop_id),
        segments=tuple(_segments(session, shop, customer, as_of, voice)),
    )


def _segments(
    session: Session, shop: models.Shop, customer: Customer, as_of: datetime, voice: Language
) -> list[SegmentExplained]:
    segments = segment_store.active(session, shop.id)
    waiting = segment_store.incomplete(session, shop.id, as_of)
    judged = [segment for segment in segments if segment.on and segment.bit not in waiting]
    asked = needs.of(segments, hidden=shop.history_from is not None)
    store = baselines.store(session, shop.id, asked)
    ((customers, _),) = loading.some(session, shop.id, [customer.customer_id], asked, as_of).pieces
    pins = {pin.tag: pin for pin in pinning.of_customer(session, shop.id, customer.customer_id, as_of)}
    rules = _rules(session, shop.id)
    local = as_of.astimezone(shops.zone(shop))
    found = []
    for segment in segments:
        waits = _waits(segment, waiting, voice)
        rivals = judged if waits is None else [segment]
        why = reasons.explain(customers, 0, segment, rivals, local, voice, store, _told(customer))
        row = rules[segment.bit]
        inside = why.inside and waits is None
        found.append(SegmentExplained(segment, row.version, row.saved_at, inside, waits, pins.get(segment.tag), why))
    return found


def _waits(segment: Segment, waiting: Mapping[int, Wait], voice: Language) -> str | None:
    if not segment.on:
        return OFF.by(voice)
    wait = waiting.get(segment.bit)
    return None if wait is None else voice.text("waits: {reason}", reason=wait.words.by(voice))


def _rules(session: Session, shop_id: int) -> dict[int, SegmentVersion]:
    """The version of each segment that customers are judged by."""
    same = (SegmentVersion.shop_id == models.Segment.shop_id, SegmentVersion.bit == models.Segment.bit)
    newest = select(SegmentVersion).join(models.Segment, (same[0]) & (same[1]))
    mine = (SegmentVersion.shop_id == shop_id, models.Segment.shop_id == shop_id)
    rows = session.scalars(newest.where(*mine, SegmentVersion.version == models.Segment.version))
    return {row.bit: row for row in rows}


def _ignored(session: Session, shop: models.Shop, customer_id: int) -> list[IgnoredOrder]:
    settings = ShopSettings.of(shop.settings)
    theirs = select(Order).where(Order.shop_id == shop.id, Order.customer_id == customer_id)
    found = [(order, settings.ignored_because(order)) for order in session.scalars(theirs.order_by(Order.processed_at))]
    return [IgnoredOrder(order.order_id, order.processed_at, why) for order, why in found if why]


def _told(customer: Customer) -> dict[str, str | None]:
    """What is stored for the measures of choice."""
    return {name: getattr(customer, column.key) for name, column in facts.WORDS.items()}


def _customer(session: Session, shop_id: int, customer_id: int) -> Customer:
    customer = session.get(Customer, (shop_id, customer_id))
    if customer is None:
        said = Said("Customer {customer} has not placed an order here and has not signed up", customer=str(customer_id))
        raise UnknownCustomer(said)
    if customer.merged_into is not None:
        return _customer(session, shop_id, customer.merged_into)
    if customer.deleted_at is not None:
        raise UnknownCustomer(Said(DELETED, customer=str(customer_id), date=f"{customer.deleted_at:%Y-%m-%d}"))
    return customer
