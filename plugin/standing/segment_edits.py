"""One segment of a shop at a time: added, changed, taken away, the others left as they are. The page saves with it.

Whoever changes one says which version they saw, so that two open pages do not undo each other's work.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db.models import Segment
from plugin.segments.rules import MOST_SEGMENTS
from plugin.shop import shops
from plugin.standing import segment_store

Definition = dict[str, Any]


class UnknownSegment(LookupError):
    """The shop has no such segment (any more)."""


class ChangedMeanwhile(Exception):
    """Somebody saved the segment after it was looked at."""


def get(session: Session, shop_id: int, bit: int) -> Segment:
    """A segment as it is saved; UnknownSegment if the shop has none."""
    found = session.get(Segment, (shop_id, bit)) if bit < MOST_SEGMENTS else None
    if found is None or found.removed_at is not None:
        raise UnknownSegment
    return found


def with_one(session: Session, shop_id: int, bit: int | None, definition: Definition) -> tuple[list[Definition], int]:
    """The shop's definitions with one in place of that of a bit, or at their end; and where it stands among them."""
    rows = _rows(session, shop_id)
    places = [place for place, row in enumerate(rows) if row.bit == bit]
    definitions = [row.definition for row in rows]
    if not places:
        return [*definitions, definition], len(rows)
    definitions[places[0]] = definition
    return definitions, places[0]


def add(session: Session, shop_id: int, definition: Definition, now: datetime) -> Segment:
    """Save one more; rules.InvalidDefinition if it cannot be."""
    return _save(session, shop_id, definition, now, lambda: with_one(session, shop_id, None, definition)[0])


def change(session: Session, shop_id: int, bit: int, version: int, definition: Definition, now: datetime) -> Segment:
    """Save it in place of what it was at a version. With another tag it is another segment, with another bit."""

    def changed() -> list[Definition]:
        _check(session, shop_id, bit, version)
        return with_one(session, shop_id, bit, definition)[0]

    return _save(session, shop_id, definition, now, changed)


def remove(session: Session, shop_id: int, bit: int, version: int, now: datetime) -> None:
    """Take it away; its tag is taken off whoever carries it."""
    shops.hold(session, shop_id)
    _check(session, shop_id, bit, version)
    rest = [row.definition for row in _rows(session, shop_id) if row.bit != bit]
    segment_store.save(session, shop_id, rest, now)
    runs.start_refresh(session, shop_id, now)


def _save(
    session: Session, shop_id: int, definition: Definition, now: datetime, all_of_them: Callable[[], list[Definition]]
) -> Segment:
    # Held before anything is read: between looking and saving nobody else may save.
    shops.hold(session, shop_id)
    if segment_store.save(session, shop_id, all_of_them(), now):
        runs.start_refresh(session, shop_id, now)
    tag = str(definition["tag"]).casefold()
    return next(row for row in _rows(session, shop_id) if row.tag.casefold() == tag)


def _check(session: Session, shop_id: int, bit: int, version: int) -> None:
    if get(session, shop_id, bit).version != version:
        raise ChangedMeanwhile


def _rows(session: Session, shop_id: int) -> Sequence[Segment]:
    mine = (Segment.shop_id == shop_id, Segment.removed_at.is_(None))
    return session.scalars(select(Segment).where(*mine).order_by(Segment.position)).all()
