"""Every day: drops what has served its time, shop by shop and some rows at a time, so that nobody waits for it.

How long things are kept stands here, but for what a setting says; docs/limits.md and the privacy policy say the same.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Table, and_, delete, false, select, true, tuple_, update

from plugin import clock, config, queues
from plugin.db import session as db
from plugin.db.models import (
    Category,
    CategoryHistory,
    InboxEvent,
    Movement,
    OrderLine,
    Pin,
    Product,
    Run,
    SegmentDay,
    Shop,
    Stay,
    TagChange,
)
from plugin.history import lines
from plugin.shop import privacy, shops
from plugin.standing import shopify_groups
from plugin.turns import Turn
from workers import turn

log = structlog.get_logger()

# Shopify repeats a delivery for four hours, under the id that is remembered here. A month leaves time to look it up.
DELIVERIES_KEPT = timedelta(days=30)
# A delivery nobody has looked at for so long is not folded again: its body goes, its reason stays for a month more.
FAILED_DELIVERIES_KEPT = timedelta(days=90)
# Two years and a month: a year can be laid over the one before.
DAYS_KEPT = timedelta(days=761)
# Long enough to see how imports and comparisons of a quarter went.
RUNS_KEPT = timedelta(days=90)

ROWS_AT_ONCE = 2_000
SECONDS_A_JOB = 10


def prune() -> None:
    """Drop expired data requests and the digests of customers erased long ago; wake every shop for the rest."""
    with db.write() as session:
        privacy.prune(session, clock.now())
    with db.read() as session:
        shop_ids = list(session.scalars(select(Shop.id)))
    for shop_id in shop_ids:
        queues.wake("prune", shop_id)


def prune_shop(shop_id: int) -> None:
    """Drop one shop's old rows for some seconds; what is left then has its turn after the other shops."""

    def drop(mine: Turn) -> bool:
        until = time.monotonic() + SECONDS_A_JOB
        _let_go_of_failed(shop_id, clock.now() - FAILED_DELIVERIES_KEPT)
        for table, old in OLD.items():
            while dropped := _drop_some(shop_id, table, old):
                log.info("rows_pruned", table=table.name, rows=dropped)
                mine.renew()
                if time.monotonic() >= until:
                    return True
        while _forget_groups(shop_id):
            mine.renew()
            if time.monotonic() >= until:
                return True
        return False

    turn.run("prune", shop_id, drop)


def changes_kept() -> timedelta:
    """How long movements and tag writes are kept."""
    return timedelta(days=config.current().changes_kept_days)


def _forget_groups(shop_id: int) -> int:
    """Shopify's own groups of customers, once no segment asks for them."""
    with db.write() as session:
        shops.hold(session, shop_id)
        return shopify_groups.forget_some(session, shop_id, ROWS_AT_ONCE)


def _old_deliveries(_shop: Shop, now: datetime) -> ColumnElement[bool]:
    return InboxEvent.done_at < now - DELIVERIES_KEPT


def _old_movements(_shop: Shop, now: datetime) -> ColumnElement[bool]:
    return Movement.at < now - changes_kept()


def _old_tag_changes(shop: Shop, now: datetime) -> ColumnElement[bool]:
    # What was taken off since tags were switched off can be downloaded for as long as they are off.
    off_at = shop.tagging_off_at or now
    return TagChange.at < min(now - changes_kept(), off_at)


def _old_runs(_shop: Shop, now: datetime) -> ColumnElement[bool]:
    return and_(Run.finished_at.is_not(None), Run.finished_at < now - RUNS_KEPT)


def _old_days(_shop: Shop, now: datetime) -> ColumnElement[bool]:
    return SegmentDay.day < (now - DAYS_KEPT).date()


def _old_pins(_shop: Shop, now: datetime) -> ColumnElement[bool]:
    # The engine has reviewed whom they were about when they ended.
    return Pin.until <= now


def _unasked_lines(shop: Shop, _now: datetime) -> ColumnElement[bool]:
    return false() if lines.are_kept(shop) else true()


def _unasked_histories(shop: Shop, _now: datetime) -> ColumnElement[bool]:
    asked = select(Category.number).where(Category.shop_id == shop.id)
    return CategoryHistory.number.not_in(asked)


def _old_stays(_shop: Shop, now: datetime) -> ColumnElement[bool]:
    # Whoever still had one when it ended was reviewed then.
    return Stay.until <= now


OLD: dict[Table, Callable[[Shop, datetime], ColumnElement[bool]]] = {
    InboxEvent.__table__: _old_deliveries,  # type: ignore[dict-item]
    Movement.__table__: _old_movements,  # type: ignore[dict-item]
    TagChange.__table__: _old_tag_changes,  # type: ignore[dict-item]
    Run.__table__: _old_runs,  # type: ignore[dict-item]
    SegmentDay.__table__: _old_days,  # type: ignore[dict-item]
    # What segments asked of products and no longer do.
    OrderLine.__table__: _unasked_lines,  # type: ignore[dict-item]
    Product.__table__: _unasked_lines,  # type: ignore[dict-item]
    CategoryHistory.__table__: _unasked_histories,  # type: ignore[dict-item]
    Pin.__table__: _old_pins,  # type: ignore[dict-item]
    Stay.__table__: _old_stays,  # type: ignore[dict-item]
}


def _drop_some(shop_id: int, table: Table, old: Callable[[Shop, datetime], ColumnElement[bool]]) -> int:
    """Look without holding anybody up, then drop what was found."""
    keys = [column for column in table.primary_key.columns if column.name != "shop_id"]
    with db.read() as session:
        shop = shops.get(session, shop_id)
        these = (table.c.shop_id == shop_id, old(shop, clock.now()))
        found = [tuple(row) for row in session.execute(select(*keys).where(*these).limit(ROWS_AT_ONCE))]
    if found:
        with db.write() as session:
            session.execute(delete(table).where(table.c.shop_id == shop_id, tuple_(*keys).in_(found)))
    return len(found)


def _let_go_of_failed(shop_id: int, before: datetime) -> None:
    """Failed deliveries become done ones: no longer to be folded, without a body, their reason kept."""
    long_ago = (InboxEvent.shop_id == shop_id, InboxEvent.failed_at < before)
    with db.write() as session:
        gone = update(InboxEvent).where(*long_ago).values(body=None, failed_at=None, done_at=clock.now())
        session.execute(gone)
