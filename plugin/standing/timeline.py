"""What happened to one customer, newest first: segments entered and left, tags written, tags others took off or gave.

The customer's page shows it, a piece at a time. Reads three tables; changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_, select
from sqlalchemy.orm import Session

from plugin.db.models import ForeignChange, Movement, TagChange
from plugin.standing import segment_store

# Of one instant, a tag that was written stands above the movement that led to it.
MOVEMENT, WRITING, FOREIGN = 0, 1, 2
TABLES: dict[int, Any] = {MOVEMENT: Movement, WRITING: TagChange, FOREIGN: ForeignChange}
LATELY = timedelta(days=7)
# The newest movements may all be of one run over everybody: more are not gone through to find some customers.
MOVEMENTS_LOOKED_AT = 500


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a piece ends and the next one goes on."""

    at: datetime
    kind: int
    id: int


@dataclass(frozen=True, slots=True)
class Event:
    """`added` and `removed` are tags that came or went; for a movement, that of the segment entered or left.

    `cause` of a movement is what Movement.cause says; `outcome` of a writing what TagChange.outcome says.
    """

    place: Place
    added: tuple[str, ...]
    removed: tuple[str, ...]
    cause: str = ""
    outcome: str = ""


def events(session: Session, shop_id: int, customer_id: int, most: int, behind: Place | None = None) -> list[Event]:
    """The newest events of a customer; with a place, the newest of those behind it."""
    tags = segment_store.tags_by_bit(session, shop_id)
    pieces = [_of_kind(session, shop_id, customer_id, most, behind, kind, tags) for kind in TABLES]
    return list(islice(merge(*pieces, key=lambda event: event.place, reverse=True), most))


def moved_lately(session: Session, shop_id: int, now: datetime, most: int) -> dict[int, datetime]:
    """Some customers who entered or left a segment within the last week, with when; those who did last, first."""
    lately = (Movement.shop_id == shop_id, Movement.at > now - LATELY)
    newest = select(Movement.customer_id, Movement.at).where(*lately).order_by(Movement.at.desc())
    found: dict[int, datetime] = {}
    for customer_id, at in session.execute(newest.limit(MOVEMENTS_LOOKED_AT)):
        found.setdefault(customer_id, at)
    return dict(islice(found.items(), most))


def _of_kind(
    session: Session, shop_id: int, customer_id: int, most: int, behind: Place | None, kind: int, tags: dict[int, str]
) -> Iterator[Event]:
    table = TABLES[kind]
    theirs = select(table).where(table.shop_id == shop_id, table.customer_id == customer_id)
    if behind is not None:
        theirs = theirs.where(_is_behind(behind, kind))
    for row in session.scalars(theirs.order_by(table.at.desc(), table.id.desc()).limit(most)):
        place = Place(row.at, kind, row.id)
        if isinstance(row, TagChange):
            yield Event(place, tuple(row.added), tuple(row.removed), outcome=row.outcome)
            continue
        came, cause = (row.entered, row.cause) if isinstance(row, Movement) else (row.added, "")
        # A segment that is gone for good took its bit along: nobody can say any more which it was.
        tag = (tags[row.bit],) if row.bit in tags else ()
        yield Event(place, tag if came else (), () if came else tag, cause)


def _is_behind(behind: Place, kind: int) -> ColumnElement[bool]:
    table = TABLES[kind]
    of_that_instant = table.id < behind.id if kind == behind.kind else literal(kind < behind.kind)
    return or_(table.at < behind.at, and_(table.at == behind.at, of_that_instant))
