"""Makes every customer's histories anew when a shop decides that other orders count, or another of their amounts.

`begin` comes with the decision, in its transaction: from then on deliveries fold by the new settings, and nobody is
judged before all histories say the same. workers.work_on_runs takes the run further.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Customer, Order, Run
from plugin.history import category_histories, histories, lines
from plugin.shop import shops
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import categories, segment_store
from plugin.turns import Turn

STAGE = "recounting"


@dataclass(frozen=True, slots=True)
class Effect:
    """How many customers' orders would newly count, no longer count, and count with another amount."""

    newly: int
    no_longer: int
    other_amount: int


def effect(session: Session, shop_id: int, before: ShopSettings, after: ShopSettings) -> Effect:
    """What a change of these settings would do, without making it."""

    def count(*those: ColumnElement[bool]) -> int:
        mine = (Order.shop_id == shop_id, Order.customer_id.is_not(None), *those)
        return session.scalar(select(func.count()).select_from(Order).where(*mine)) or 0

    came, gone = after.counted_statuses - before.counted_statuses, before.counted_statuses - after.counted_statuses
    differs = Order.total.is_distinct_from(Order.subtotal)
    return Effect(
        newly=count(*after.counting(), Order.financial_status.in_(sorted(came))) if came else 0,
        no_longer=count(*before.counting(), Order.financial_status.in_(sorted(gone))) if gone else 0,
        other_amount=count(*after.counting(), differs) if before.spend_is_total != after.spend_is_total else 0,
    )


def begin(session: Session, shop_id: int, now: datetime, *, other_amounts: bool) -> None:
    """Ask for all histories to be made anew, from the first customer on. The caller holds the shop.

    `other_amounts`: what was paid for each product is worked out of an order's amount when its lines are read, so they
    are read again.
    """
    runs.start(session, shop_id, runs.RECOUNT, now)
    session.flush()
    run = runs.newest(session, shop_id, runs.RECOUNT)
    run.position, run.done_count = {}, 0
    shop = shops.get(session, shop_id)
    if other_amounts and lines.are_kept(shop):
        lines.read_again(shop, now)
        if shop.lines_at is not None:
            runs.start_import_of_lines(session, shop_id, now)


def advance(run: Run, turn: Turn, until: float) -> bool:
    """Take it further for as long as time.monotonic() is below `until`; True when all is made, the run is finished and
    another one that judges everybody anew is asked for.
    """
    while not _make_some(run, turn):
        if time.monotonic() >= until:
            return False
    return True


def _make_some(run: Run, turn: Turn) -> bool:
    """Make the next customers' histories, and say in the same transaction where to go on; True at the end.

    The place is read here and not kept: whoever changes the settings once more has everything begun anew.
    """
    shop_id = run.shop_id
    with db.write() as session:
        shops.hold(session, shop_id)
        turn.renew(session)
        row = session.get_one(Run, (shop_id, run.id))
        runs.begin(row, STAGE, clock.now())
        if "sorted" not in row.position:
            after = row.position.get("packed", 0)
            last = histories.rebuild(session, shop_id, after)
            _show(session, row, after, last)
            row.position = row.position | ({"sorted": 0} if last is None else {"packed": last})
            return False
        last = _rebuild_categories(session, shop_id, row.position["sorted"])
        row.position = row.position | {"sorted": last or 0}
        if last is None:
            runs.finish(row, clock.now())
            runs.start_refresh_if_none(session, shop_id, clock.now())
    return last is None


def _rebuild_categories(session: Session, shop_id: int, after: int) -> int | None:
    numbers = categories.begun(session, shop_id)
    if not numbers:
        return None
    return category_histories.rebuild(session, shop_id, categories.products_in(session, shop_id, numbers), after)


def _show(session: Session, row: Run, after: int, last: int | None) -> None:
    theirs = [Customer.shop_id == row.shop_id, Customer.customer_id > after]
    if last is not None:
        theirs.append(Customer.customer_id <= last)
    count = session.scalar(select(func.count()).select_from(Customer).where(*theirs)) or 0
    total = segment_store.customer_count(session, row.shop_id)
    runs.show(row, STAGE, (row.done_count if after else 0) + count, total, clock.wall())
