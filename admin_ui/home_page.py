"""What the page "Home" shows beside the status: each segment with its revenue and history, and where the store stands.

`pages` renders it. Reads one shop, changes nothing; whatever could take long was counted beforehand.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from admin_ui.overview import Overview, SegmentLine
from plugin import runs
from plugin.db.models import Shop
from plugin.standing import segment_days, store_picture
from plugin.standing.segment_days import Day

DAYS = 30
# A rung whose share of the revenue is so much above or below its share of the customers is worth a sentence.
TELLING = 0.1


@dataclass(frozen=True, slots=True)
class Row:
    """One segment. None: nobody counted it yet, or it is off. `sizes`: at the end of each day, oldest first."""

    line: SegmentLine
    revenue: int | None
    revenue_share: float | None
    change: int | None
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One rung of a ladder: its share of the customers and of the revenue, and where in the bar each begins."""

    name: str
    customers: int
    share: float
    begins: float
    spend: int
    spend_share: float
    spend_begins: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A ladder as the page draws it; `telling` is the rung that brings the most more than its part, if any does."""

    name: str
    parts: tuple[Part, ...]
    telling: Part | None


@dataclass(frozen=True, slots=True)
class Home:
    """All of it."""

    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    counted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Guide:
    """The guide of the first day, in the state it begins with: "importing" or "ready"."""

    state: str


def guide(shop: Shop, seen: Overview) -> Guide | None:
    """The guide, for a shop that has no segment on and has not asked for its tags to be taken off."""
    if not seen.tagging_on or any(line.on for line in seen.segments):
        return None
    importing = shop.imported_at is None or (seen.progress is not None and seen.progress.stage.startswith(runs.IMPORT))
    return Guide("importing" if importing else "ready")


def read(session: Session, shop: Shop, seen: Overview, now: datetime) -> Home:
    """The page of one shop."""
    picture = store_picture.latest(session, shop.id) if shop.imported_at is not None else None
    history = segment_days.history(session, shop.id, segment_days.today(shop, now) - timedelta(days=DAYS))
    changes = segment_days.changes(session, shop.id, DAYS)
    spend = picture.spend if picture is not None else 0
    rows = tuple(_row(line, history.get(line.bit, []), changes.get(line.bit), spend) for line in seen.segments)
    if picture is None or not picture.customers:
        return Home(rows, (), None)
    bars = (_bar(ladder, picture) for ladder in picture.ladders)
    return Home(rows, tuple(bar for bar in bars if bar is not None), picture.counted_at)


def _row(line: SegmentLine, days: list[Day], change: int | None, total: int) -> Row:
    if line.customers is None:
        return Row(line, None, None, None, ())
    revenue = next((day.spend for day in reversed(days) if day.spend is not None), None)
    share = min(1.0, revenue / total) if revenue is not None and total > 0 else None
    return Row(line, revenue, share, change, tuple(day.size for day in days))


def _bar(ladder: store_picture.Ladder, picture: store_picture.Picture) -> Bar | None:
    parts, begins, spend_begins = [], 0.0, 0.0
    for rung in ladder.rungs:
        share, spend_share = rung.customers / picture.customers, rung.spend / picture.spend if picture.spend else 0.0
        parts.append(Part(rung.name, rung.customers, share, begins, rung.spend, spend_share, spend_begins))
        begins, spend_begins = begins + share, spend_begins + spend_share
    if not any(part.customers for part in parts):
        return None
    most = max(parts, key=lambda part: part.spend_share - part.share)
    return Bar(ladder.name, tuple(parts), most if most.spend_share - most.share >= TELLING else None)
