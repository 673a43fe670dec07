"""How large each segment of a shop was on each day of its calendar, how many entered and left, what members had spent.

workers.count_days has it counted after midnight and whenever a whole shop was judged; the page draws it. Past days are
worked out from movements, for as far as those reach. Knows nobody by name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugin.db import session as db
from plugin.db.models import Movement, SegmentDay, SegmentVersion, Shop
from plugin.db.scope import ALL_SHOPS
from plugin.segments import counting
from plugin.segments.as_of import AsOf
from plugin.segments.customers import Store
from plugin.segments.needs import Needs
from plugin.segments.windows import Window
from plugin.shop import shops
from plugin.standing import loading, segment_store
from plugin.turns import Turn

# What was not counted on its day is worked out for so many days back.
WORKED_OUT_DAYS = 30
YEAR = Window(365)
READ_AT_ONCE = 32_000
ONE_DAY = timedelta(days=1)
NOTHING = Needs()


@dataclass(frozen=True, slots=True)
class Day:
    """One segment on one day. Members' `spend` in the year before, and the shop's `customers` and all they spent
    (`shop_spend`), are None where nobody counted that day; money in minor units.
    """

    day: date
    size: int
    entered: int
    left: int
    spend: int | None
    customers: int | None
    shop_spend: int | None


@dataclass(frozen=True, slots=True)
class _Count:
    """All segments at one moment, by bit."""

    sizes: dict[int, int]
    spends: dict[int, int]
    customers: int
    shop_spend: int


def history(session: Session, shop_id: int, since: date) -> dict[int, list[Day]]:
    """By bit, the days from `since` on, in order; a day may be missing."""
    rows = select(SegmentDay).where(SegmentDay.shop_id == shop_id, SegmentDay.day >= since).order_by(SegmentDay.day)
    found: dict[int, list[Day]] = {}
    for row in session.scalars(rows):
        found.setdefault(row.bit, []).append(_day(row))
    return found


def changes(session: Session, shop_id: int, days: int = 30) -> dict[int, int | None]:
    """By bit, how much larger each segment is than it was so many days before its newest count; None: nobody knows."""
    newest = _newest(session, shop_id)
    if newest is None:
        return {}
    now = _sizes_on(session, shop_id, newest)
    then = _sizes_on(session, shop_id, newest - timedelta(days=days))
    return {bit: size - then[bit] if bit in then else None for bit, size in now.items()}


def shops_waiting(session: Session, now: datetime) -> list[int]:
    """Shops in whose own time a day has begun of which nothing is counted yet."""
    newest = select(SegmentDay.shop_id, func.max(SegmentDay.day)).group_by(SegmentDay.shop_id)
    last = {row[0]: row[1] for row in session.execute(newest.execution_options(**ALL_SHOPS))}
    judged = [shop for shop in shops.installed(session) if shop.imported_at is not None]
    return [shop.id for shop in judged if last.get(shop.id, date.min) < today(shop, now)]


def count(shop_id: int, now: datetime, turn: Turn | None = None) -> None:
    """Count the shop's segments as they are now, and bring the days since they were counted last to their end.

    1. Sum up the customers some at a time. 2. Count today's movements, and those of every day not yet at its end.
    3. Go back from today's size, movement by movement, to the size each of those days ended with.
    """
    with db.read() as session:
        bits = [segment.bit for segment in segment_store.active(session, shop_id)]
    if not bits:
        return
    found = _count(shop_id, bits, now, turn)
    with db.write() as session:
        shop = session.get(Shop, shop_id)
        if shop is None or shop.imported_at is None:
            return
        first = {bit: _first_open_day(session, shop, bit, now) for bit in bits}
        sizes = dict(found.sizes)
        for day in _backwards(today(shop, now), min(first.values())):
            moved = _moved(session, shop, day)
            for bit in (bit for bit in bits if first[bit] <= day):
                entered, left = moved.get((bit, True), 0), moved.get((bit, False), 0)
                row = session.get(SegmentDay, (shop_id, day, bit)) or SegmentDay(shop_id=shop_id, day=day, bit=bit)
                # Customers who were deleted or merged have left without a movement.
                row.size, row.entered, row.left = max(0, sizes[bit]), entered, left
                if day == today(shop, now):
                    row.spend, row.customers, row.shop_spend = found.spends[bit], found.customers, found.shop_spend
                session.add(row)
                sizes[bit] -= entered - left


def today(shop: Shop, now: datetime) -> date:
    """The date in the shop's own time."""
    return now.astimezone(shops.zone(shop)).date()


def begins(day: date, zone: tzinfo) -> datetime:
    """The instant at which a day begins in a time zone."""
    return datetime.combine(day, time(), zone)


def known_since(session: Session, shop: Shop, bit: int) -> datetime:
    """From when on the movements of a bit are about the segment that has it now: another one may have had it before."""
    mine = (SegmentVersion.shop_id == shop.id, SegmentVersion.bit == bit)
    versions = session.scalars(select(SegmentVersion).where(*mine).order_by(SegmentVersion.version.desc())).all()
    since, tag = shop.installed_at, None
    for version in versions:
        if tag not in (None, version.definition["tag"].casefold()):
            break
        tag, since = version.definition["tag"].casefold(), version.saved_at
    return since


def _day(row: SegmentDay) -> Day:
    return Day(row.day, row.size, row.entered, row.left, row.spend, row.customers, row.shop_spend)


def _newest(session: Session, shop_id: int) -> date | None:
    return session.scalar(select(func.max(SegmentDay.day)).where(SegmentDay.shop_id == shop_id))


def _sizes_on(session: Session, shop_id: int, day: date) -> dict[int, int]:
    rows = select(SegmentDay.bit, SegmentDay.size).where(SegmentDay.shop_id == shop_id, SegmentDay.day == day)
    return {row[0]: row[1] for row in session.execute(rows)}


def _count(shop_id: int, bits: list[int], now: datetime, turn: Turn | None) -> _Count:
    sizes, spends = dict.fromkeys(bits, 0), dict.fromkeys(bits, 0)
    customers = shop_spend = after = 0
    while True:
        if turn is not None:
            turn.renew()
        with db.read() as session:
            loaded = loading.following(session, shop_id, after, READ_AT_ONCE, NOTHING, now)
            standing = loaded.standing
            spent = np.zeros(len(standing.customer_ids), np.int64)
            for some, places in loaded.pieces:
                spent[places] = counting.spent(AsOf.of(some.orders, now, {}, Store()), YEAR)
        if not len(spent):
            return _Count(sizes, spends, customers, shop_spend)
        for bit in bits:
            inside = standing.wanted_tags >> bit & 1 != 0
            sizes[bit] += int(np.count_nonzero(inside))
            spends[bit] += int(spent[inside].sum())
        customers, shop_spend = customers + len(spent), shop_spend + int(spent.sum())
        after = int(standing.customer_ids[-1])


def _first_open_day(session: Session, shop: Shop, bit: int, now: datetime) -> date:
    """The last day that was counted, which went on afterwards; else the segment's first, as far as is worked out."""
    mine = (SegmentDay.shop_id == shop.id, SegmentDay.bit == bit)
    last = session.scalar(select(func.max(SegmentDay.day)).where(*mine))
    known = known_since(session, shop, bit).astimezone(shops.zone(shop)).date()
    return max(last or known, known, today(shop, now) - timedelta(days=WORKED_OUT_DAYS))


def _backwards(last: date, first: date) -> Iterator[date]:
    while last >= first:
        yield last
        last -= ONE_DAY


def _moved(session: Session, shop: Shop, day: date) -> dict[tuple[int, bool], int]:
    """How often somebody entered (True) or left each segment on a day."""
    zone = shops.zone(shop)
    that_day = (Movement.at >= begins(day, zone), Movement.at < begins(day + ONE_DAY, zone))
    counted = select(Movement.bit, Movement.entered, func.count()).where(Movement.shop_id == shop.id, *that_day)
    return {(row[0], row[1]): row[2] for row in session.execute(counted.group_by(Movement.bit, Movement.entered))}
