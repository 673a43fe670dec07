"""Who is in the segments of Shopify's that are mirrored: by its messages, and by comparing with the list of members.

Shopify's newest message about a customer wins over the list that is being compared, whichever comes here first.
Called by workers.drain_inbox and standing.mirroring, in transactions that hold the shop.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, true, update
from sqlalchemy.orm import Session

from plugin.db.models import MIRRORED_CUSTOMER, Customer, Mirror, MirrorMark
from plugin.schemas.facts import SegmentChanged
from plugin.shop import erasures, shops
from plugin.standing import mirrors, refresh

# Lists may be made from a copy that is a little behind: what we were told since then is newer than they are.
NOT_LISTED_YET = timedelta(minutes=10)
CUSTOMERS_AT_ONCE = 2_000
KEYS_A_QUERY = 5_000


def take_in(session: Session, shop_id: int, changes: Sequence[SegmentChanged], now: datetime) -> int:
    """Heed messages about who joined or left; returns how many customers changed segments because of it."""
    followed = {row.segment_id: row for row in mirrors.rows(session, shop_id) if row.dropped_at is None}
    ours = [(followed[change.segment_id], change) for change in changes if change.segment_id in followed]
    # What happened before the last list was made is in that list.
    news = [each for each in ours if not each[0].refreshed_at or each[1].at >= each[0].refreshed_at - NOT_LISTED_YET]
    if not news:
        return 0
    known = _rows_of(session, shop_id, {change.customer_id for _, change in news})
    touched = set()
    for mirror, change in sorted(news, key=lambda each: (each[1].at, each[1].inside)):
        customer = known.get(change.customer_id)
        if customer is None or not _is_newest(session, mirror, change):
            continue
        inside = bool(customer.mirrored >> mirror.bit & 1)
        if inside != change.inside:
            customer.mirrored ^= 1 << mirror.bit
            touched.add(customer.customer_id)
    session.flush()
    return refresh.refresh_customers(session, shop_id, sorted(touched), now, "event") if touched else 0


def fold_page(session: Session, mirror: Mirror, listed: Iterable[int], since: datetime, now: datetime) -> None:
    """These are in the segment, says the list that was begun `since`, but for those we were told about later."""
    known = _rows_of(session, mirror.shop_id, set(listed))
    marks = _marks_of(session, mirror, known)
    joined = []
    for number, customer in known.items():
        mark = marks.get(number)
        if mark is None:
            key = {"shop_id": mirror.shop_id, "customer_id": number, "mirror": mirror.bit}
            session.add(MirrorMark(**key, seen=True))
        else:
            mark.seen = True
        left_since = mark is not None and mark.at is not None and mark.at >= _told_since(since) and not mark.inside
        if not left_since and not customer.mirrored >> mirror.bit & 1:
            customer.mirrored |= 1 << mirror.bit
            joined.append(number)
    _judge(session, mirror, joined, now)


def let_go(session: Session, mirror: Mirror, after: int, since: datetime, now: datetime) -> int | None:
    """Of the next members above a number, those whom neither the list nor a later message knows have left.

    Returns the last number looked at, None when there are no more.
    """
    members = _members(session, mirror, after)
    marks = _marks_of(session, mirror, members)
    gone = [number for number in members if not _stays(marks.get(number), since)]
    _clear(session, mirror, gone)
    _judge(session, mirror, gone, now)
    return members[-1] if len(members) == CUSTOMERS_AT_ONCE else None


def forget_marks(session: Session, mirror: Mirror, before: datetime | None) -> bool:
    """Drop some of what a comparison has seen, and of what was told before it (None: ever); False when none is left."""
    mine = (MirrorMark.shop_id == mirror.shop_id, MirrorMark.mirror == mirror.bit)
    worthless = true() if before is None else or_(MirrorMark.at.is_(None), MirrorMark.at < _told_since(before))
    marks = select(MirrorMark.customer_id).where(*mine, or_(worthless, MirrorMark.seen.is_(True)))
    some = list(session.scalars(marks.order_by(MirrorMark.customer_id).limit(KEYS_A_QUERY)))
    these = (*mine, MirrorMark.customer_id.in_(some))
    session.execute(delete(MirrorMark).where(*these, worthless))
    session.execute(update(MirrorMark).where(*these).values(seen=False))
    return bool(some)


def drop_some(session: Session, mirror: Mirror) -> bool:
    """Clear a mirror that nobody asks for, some customers at a time; the mirror itself goes last. False when it did."""
    members = _members(session, mirror, 0)
    _clear(session, mirror, members)
    if members or forget_marks(session, mirror, None):
        return True
    session.delete(mirror)
    return False


def count(session: Session, mirror: Mirror) -> int:
    """How many customers we have in it."""
    return session.scalar(select(func.count()).select_from(Customer).where(_in(mirror))) or 0


def _in(mirror: Mirror) -> ColumnElement[bool]:
    has_bit = Customer.mirrored.bitwise_and(1 << mirror.bit) != 0
    return and_(Customer.shop_id == mirror.shop_id, MIRRORED_CUSTOMER, has_bit)


def _members(session: Session, mirror: Mirror, after: int) -> list[int]:
    following = select(Customer.customer_id).where(_in(mirror), Customer.customer_id > after)
    return list(session.scalars(following.order_by(Customer.customer_id).limit(CUSTOMERS_AT_ONCE)))


def _stays(mark: MirrorMark | None, since: datetime) -> bool:
    if mark is None:
        return False
    if mark.at is not None and mark.at >= _told_since(since):
        return bool(mark.inside)
    return mark.seen


def _clear(session: Session, mirror: Mirror, numbers: Sequence[int]) -> None:
    theirs = (Customer.shop_id == mirror.shop_id, Customer.customer_id.in_(numbers))
    cleared = Customer.mirrored.bitwise_and(~(1 << mirror.bit))
    session.execute(update(Customer).where(*theirs).values(mirrored=cleared))


def _judge(session: Session, mirror: Mirror, numbers: Sequence[int], now: datetime) -> None:
    session.flush()
    if numbers and mirror.refreshed_at is not None:  # before its first list nobody is judged by it
        refresh.refresh_customers(session, mirror.shop_id, sorted(numbers), now, "event")


def _is_newest(session: Session, mirror: Mirror, change: SegmentChanged) -> bool:
    """Whether nothing newer was said of it; then this is what was said last."""
    key = (mirror.shop_id, change.customer_id, mirror.bit)
    mark = session.get(MirrorMark, key)
    if mark is None:
        mark = MirrorMark(shop_id=key[0], customer_id=key[1], mirror=key[2], seen=False)
        session.add(mark)
    elif mark.at is not None and (mark.at, bool(mark.inside)) >= (change.at, change.inside):
        return False
    mark.at, mark.inside = change.at, change.inside
    return True


def _rows_of(session: Session, shop_id: int, numbers: set[int]) -> dict[int, Customer]:
    """The rows of these customers, made for those we have not heard of; without the deleted, merged and erased."""
    theirs = (Customer.shop_id == shop_id, Customer.customer_id.in_(numbers))
    found = {row.customer_id: row for row in session.scalars(select(Customer).where(*theirs))}
    unknown = numbers - found.keys()
    gone = erasures.erased(session, shops.get(session, shop_id), erasures.CUSTOMER, unknown)
    for number in sorted(unknown - gone):
        found[number] = Customer(shop_id=shop_id, customer_id=number, mirrored=0)
        session.add(found[number])
    session.flush()
    return {number: row for number, row in found.items() if row.deleted_at is None and row.merged_into is None}


def _marks_of(session: Session, mirror: Mirror, numbers: Iterable[int]) -> dict[int, MirrorMark]:
    mine = and_(MirrorMark.shop_id == mirror.shop_id, MirrorMark.mirror == mirror.bit)
    theirs = select(MirrorMark).where(mine, MirrorMark.customer_id.in_(list(numbers)))
    return {mark.customer_id: mark for mark in session.scalars(theirs)}


def _told_since(began: datetime) -> datetime:
    return began - NOT_LISTED_YET
