"""What a merchant does with pins: puts a customer into a segment or keeps them out of it, whatever its rule says, for a
while or for good. Customers are judged anew at once. The page and the commands call it; plugin.standing.pins has the
rows. A note is the merchant's own text and is never logged.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from plugin.db.models import Customer, Pin, Segment
from plugin.schemas.facts import LATEST
from plugin.standing import refresh

log = structlog.get_logger()

CAUSE = "pin"
LONGEST_NOTE = 200
LARGEST_ID = 2**63 - 1
# What no line of text has in it, and halves of surrogate pairs, which no database can store.
UNFIT_CATEGORIES = ("Cc", "Zl", "Zp", "Cs")


class NotPinned(ValueError):
    """It cannot be; `path` says which part of the wish is wrong, the message why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Pinned:
    """A pin as people see it: the segment by its tag."""

    customer_id: int
    tag: str
    into: bool
    until: datetime | None
    note: str
    made_at: datetime
    cause: str


def put(
    session: Session,
    shop_id: int,
    customer_id: int,
    tag: str,
    into: bool,
    until: datetime | None,
    note: str,
    *,
    now: datetime,
    cause: str,
) -> Pinned:
    """Pin a customer into a segment or out of it, in place of an earlier pin, and judge them; NotPinned if that fails.

    The caller holds the shop, and wakes its tag writing afterwards. Seconds are the shortest a pin can tell apart.
    """
    bit, spelling = _segment(session, shop_id, tag)
    whom = _customer(session, shop_id, customer_id)
    ends = _end(until, now)
    row = session.get(Pin, (shop_id, whom, bit)) or Pin(shop_id=shop_id, customer_id=whom, bit=bit)
    row.into, row.until, row.note, row.made_at, row.cause = into, ends, _note(note), now, cause
    session.add(row)
    _judge(session, shop_id, whom, now)
    return Pinned(whom, spelling, into, ends, row.note, now, cause)


def remove(session: Session, shop_id: int, customer_id: int, tag: str | None, *, now: datetime) -> int:
    """Take away a customer's pin for a segment, or all (no tag), and judge them; returns how many there were."""
    whom = _customer(session, shop_id, customer_id)
    theirs = [Pin.shop_id == shop_id, Pin.customer_id == whom]
    if tag is not None:
        theirs.append(Pin.bit == _segment(session, shop_id, tag)[0])
    gone = session.execute(delete(Pin).where(*theirs).returning(Pin.bit)).all()
    if gone:
        _judge(session, shop_id, whom, now)
    return len(gone)


def of_customer(session: Session, shop_id: int, customer_id: int, now: datetime) -> list[Pinned]:
    """The pins a customer has by now, by tag; NotPinned if there is no such customer."""
    return list(_pinned(session, shop_id, now, Pin.customer_id == _customer(session, shop_id, customer_id)))


def of_shop(session: Session, shop_id: int, now: datetime) -> Iterator[Pinned]:
    """All pins of a shop by now, customer by customer."""
    return _pinned(session, shop_id, now)


def _pinned(session: Session, shop_id: int, now: datetime, *more: object) -> Iterator[Pinned]:
    last = (Pin.shop_id == shop_id, Segment.shop_id == shop_id, or_(Pin.until.is_(None), Pin.until > now))
    pins = select(Pin, Segment.tag).join(Segment, Segment.bit == Pin.bit).where(*last, *more)  # type: ignore[arg-type]
    for pin, tag in session.execute(pins.order_by(Pin.customer_id, Segment.tag)):
        yield Pinned(pin.customer_id, tag, pin.into, pin.until, pin.note, pin.made_at, pin.cause)


def _segment(session: Session, shop_id: int, tag: str) -> tuple[int, str]:
    """The bit and the tag of a segment; its tag is found as Shopify does, whatever its upper and lower case."""
    active = (Segment.shop_id == shop_id, Segment.removed_at.is_(None))
    for row in session.scalars(select(Segment).where(*active)):
        if row.tag.casefold() == tag.strip().casefold():
            return row.bit, row.tag
    raise NotPinned("tag", "There is no segment with that tag.")


def _customer(session: Session, shop_id: int, customer_id: int) -> int:
    """The number of the customer today: who was merged away is somebody else."""
    known = customer_id <= LARGEST_ID
    customer = session.get(Customer, (shop_id, customer_id)) if known else None
    while customer is not None and customer.merged_into is not None:
        customer = session.get(Customer, (shop_id, customer.merged_into))
    if customer is None or customer.deleted_at is not None:
        raise NotPinned("customer", "No customer of this shop has that number.")
    return customer.customer_id


def _end(until: datetime | None, now: datetime) -> datetime | None:
    if until is None:
        return None
    ends = until.replace(microsecond=0)
    if not now < ends < LATEST:
        raise NotPinned("until", "The end must lie in the future." if ends <= now else "The end is too far away.")
    return ends.astimezone(UTC)


def _note(note: str) -> str:
    text = note.strip()
    if len(text) > LONGEST_NOTE:
        raise NotPinned("note", f"A note has at most {LONGEST_NOTE} characters.")
    if any(unicodedata.category(each) in UNFIT_CATEGORIES for each in text):
        raise NotPinned("note", "A note is one line of text, without control characters.")
    return text


def _judge(session: Session, shop_id: int, customer_id: int, now: datetime) -> None:
    session.flush()
    changed = refresh.refresh_customers(session, shop_id, [customer_id], now, CAUSE)
    log.info("pins_changed", shop_id=shop_id, moved=bool(changed))
