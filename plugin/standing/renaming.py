"""Gives every segment's tag the shop's prefix. Another tag is another segment: the old ones are taken off, customers
are judged for the new ones, and where they are many the brake waits for the merchant. Called by the page "Settings".
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db.models import Customer, Pin, Segment
from plugin.segments import catalogue
from plugin.shop import shops
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import segment_store


@dataclass(frozen=True, slots=True)
class NewTag:
    """One segment whose tag would change, and how many customers are in it."""

    bit: int
    name: str
    tag: str
    new_tag: str
    customers: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What renaming would do. `bars`: segments that are easier to stay in than to enter, whom some would leave."""

    tags: tuple[NewTag, ...]
    customers: int
    bars: tuple[str, ...]


def plan(session: Session, shop_id: int) -> Plan:
    """What giving all tags the shop's prefix would change; nothing where they have it."""
    rows, sizes = segment_store.rows(session, shop_id), segment_store.sizes(session, shop_id)
    settings = ShopSettings.of(shops.get(session, shop_id).settings)
    changing = [(row, new) for row in rows if (new := new_tag(row.tag, settings)) != row.tag]
    mask = sum(1 << row.bit for row, _ in changing)
    carrying = (Customer.shop_id == shop_id, Customer.wanted_tags.bitwise_and(mask) != 0)
    count = session.scalar(select(func.count()).select_from(Customer).where(*carrying)) or 0
    return Plan(
        tags=tuple(
            NewTag(row.bit, row.definition["name"], row.tag, new, sizes.get(row.bit, 0)) for row, new in changing
        ),
        customers=count if changing else 0,
        bars=tuple(row.definition["name"] for row, _ in changing if _holds_on(row.definition)),
    )


def rename(session: Session, shop_id: int, now: datetime) -> int:
    """Do it, and have everybody judged anew; returns how many tags change. rules.InvalidDefinition if they cannot."""
    shops.hold(session, shop_id)
    changing = {each.bit: each.new_tag for each in plan(session, shop_id).tags}
    if not changing:
        return 0
    rows = segment_store.rows(session, shop_id)
    pinned = session.scalars(select(Pin).where(Pin.shop_id == shop_id, Pin.bit.in_(changing))).all()
    kept = [(pin.bit, _columns_of(pin)) for pin in pinned]
    segment_store.save(session, shop_id, [_renamed(row, changing) for row in rows], now)
    bits = {row.tag: row.bit for row in segment_store.rows(session, shop_id)}
    session.add_all(Pin(**columns, shop_id=shop_id, bit=bits[changing[bit]]) for bit, columns in kept)
    runs.start_refresh(session, shop_id, now)
    return len(changing)


def new_tag(tag: str, settings: ShopSettings) -> str:
    """A tag with the shop's prefix in the place of the one it has, if any."""
    if settings.tag_prefix and tag.casefold().startswith(settings.tag_prefix.casefold()):
        return tag
    return settings.tag_prefix + _bare(tag, settings.former_prefixes)


def _bare(tag: str, former: Sequence[str]) -> str:
    """Without a prefix that our tags once had. One that ends in a letter may be the beginning of a word of its own."""
    known = {preset.definition()["tag"] for preset in catalogue.presets()}
    for prefix in sorted(former, key=len, reverse=True):
        rest = tag[len(prefix) :]
        if rest and tag.casefold().startswith(prefix.casefold()) and (rest in known or not prefix[-1].isalnum()):
            return rest
    return tag


def _renamed(row: Segment, changing: dict[int, str]) -> dict[str, Any]:
    definition = copy.deepcopy(row.definition)
    return {**definition, "tag": changing.get(row.bit, row.tag)}


def _holds_on(definition: dict[str, Any]) -> bool:
    return "keep" in definition or "minimum_stay" in definition


def _columns_of(pin: Pin) -> dict[str, Any]:
    names = ("customer_id", "into", "until", "note", "made_at", "cause")
    return {name: getattr(pin, name) for name in names}
