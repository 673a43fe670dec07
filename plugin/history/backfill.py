"""Imports a shop's history: lists of all customers and orders, folded as if every payload had arrived.

A run keeps its place (run.position) in the transaction that folded up to there, so a killed import goes on from it. An
import of a shop that was here before reconciles it: orders are brought up to date, and what is gone goes.
"""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Order, Run, Shop
from plugin.db.types import from_microseconds, to_microseconds
from plugin.history import bulk_ledger, category_histories, histories, lines, listed_rows, listing, unlisted
from plugin.history.listed_rows import Read, Rows
from plugin.history.listing import Batch, Kind, Place
from plugin.shop import shops
from plugin.shopify import scopes
from plugin.standing import categories
from plugin.turns import Turn

log = structlog.get_logger()

# Shopify's lists may be made from a copy that is a little behind.
NOT_LISTED_YET = timedelta(minutes=10)
# An order leaves our sight while the list is made, and by the instant it was entered, which may not be its own.
OUT_OF_SIGHT_SOON = timedelta(days=2)

Fold = Callable[[Session, Shop, Rows], None]


def advance(run: Run, turn: Turn, until: float) -> bool:
    """Take an import further for as long as time.monotonic() is below `until`; True when all is folded.

    Its parts, one after the other: customers (they bring the tags that were there before us, and orders refer to
    them), orders, orders that are gone, packed histories, those of categories. Raises the ShopifyError tree, and
    listing.BeingPrepared when there is nothing to do but to wait.
    """
    while (part := str(run.position.get("part", "customers"))) != "done":
        if PARTS[part](run, turn, until):
            _next_part(run, part)
        if time.monotonic() >= until:
            break
    return part == "done"


def _list_customers(run: Run, turn: Turn, until: float) -> bool:
    return _fold_list(run, turn, until, listing.CUSTOMERS, listed_rows.customers, _fold_customers)


def _list_orders(run: Run, turn: Turn, until: float) -> bool:
    place = run.position.get("place") or {}
    if not place or ("paged" in place and "cursor" not in place):
        # Asked again until there is a list: the scope that opens the whole history may come while we wait for one.
        seen = {"visible_from": _visible_from(run.shop_id), "had_orders": _has_orders(run.shop_id)}
        _save(run, seen | {"lines": _lines_from(run.shop_id)})
    if run.position.get("lines"):
        return _fold_list(run, turn, until, listing.LINED_ORDERS, listed_rows.lined_orders, _fold_orders)
    return _fold_list(run, turn, until, listing.ORDERS, listed_rows.orders, _fold_orders)


def _fold_list(run: Run, turn: Turn, until: float, kind: Kind, read: Read, fold: Fold) -> bool:
    """Fold the list from the run's place on; True at its end."""

    def keep(place: Place) -> None:
        begins = "cursor" not in place and not place.get("offset")
        _save(run, {"place": place} | ({"done": 0} if begins else {}))

    turn.renew()
    # A client of its own for each step: folding a file may outlast a token.
    client = shops.admin_client(run.shop_id)
    batches = listing.batches(client, kind, "", run.position.get("place", {}), keep)
    try:
        with closing(listed_rows.ahead(run.shop_id, batches, read, until)) as read_ahead:
            for batch, rows, in_time in read_ahead:
                turn.renew()
                with db.write() as session:
                    shops.hold(session, run.shop_id)
                    fold(session, shops.get(session, run.shop_id), rows)
                    moved = {"place": batch.place, "listed_at": to_microseconds(batch.seen_at)}
                    done = run.position.get("done", 0) + len(rows[0])
                    _move(session, run, moved | {"done": done}, _stage(kind, batch), done, batch.total)
                if not in_time:
                    return False
    except listing.BeingPrepared as prepared:
        _save(run, {}, "ordering", prepared.found, None)
        raise
    finally:
        shops.note_answered(run.shop_id)
    return True


def _stage(kind: Kind, batch: Batch) -> str:
    return f"{kind.name} paged" if batch.paged else kind.name


def _fold_customers(session: Session, shop: Shop, rows: Rows) -> None:
    # Of a shop at work the list's tags are older than what we have written since.
    bulk_ledger.fold_customers(session, shop.id, rows[0], with_tags=shop.imported_at is None)


def _fold_orders(session: Session, shop: Shop, rows: Rows) -> None:
    bulk_ledger.fold_orders(session, shop.id, *rows)


def _visible_from(shop_id: int) -> int | None:
    """The instant (microseconds) before which Shopify shows us no orders; None if it shows them all."""
    with db.read() as session:
        held = scopes.granted(shops.get(session, shop_id).scopes)
    return None if scopes.READ_ALL_ORDERS in held else to_microseconds(clock.now() - scopes.VISIBLE_HISTORY)


def _lines_from(shop_id: int) -> int | None:
    """Since when the shop keeps lines, if they can be asked for: a list without them would have to be made again."""
    with db.read() as session:
        shop = shops.get(session, shop_id)
    return to_microseconds(shop.lines_from) if shop.lines_from and lines.can_be_asked(shop) else None


def _has_orders(shop_id: int) -> bool:
    with db.read() as session:
        return session.scalar(select(Order.order_id).where(Order.shop_id == shop_id).limit(1)) is not None


def _delete_unlisted(run: Run, turn: Turn, until: float) -> bool:
    if not run.position.get("had_orders", True):  # all that is here was listed, or told of since
        return True
    listed_at = from_microseconds(run.position["listed_at"]) - NOT_LISTED_YET
    visible_from = run.position.get("visible_from")
    in_sight = from_microseconds(visible_from) + OUT_OF_SIGHT_SOON if visible_from else None
    after: int | None = int(run.position.get("looked_at", 0))
    if after == 0 and unlisted.are_too_many(run.shop_id, listed_at, in_sight):
        return True
    while after is not None:
        turn.renew()
        after = unlisted.let_go(run.shop_id, after, listed_at, in_sight)
        if after is not None:
            _save(run, {"looked_at": after})
        if time.monotonic() >= until:
            break
    return after is None


def _make_histories(run: Run, turn: Turn, until: float) -> bool:
    """Pack the orders of each customer, and mark the shop imported with the last of them."""
    after: int | None = int(run.position.get("packed", 0))
    while after is not None:
        turn.renew()
        with db.read() as session:
            first_time = shops.get(session, run.shop_id).imported_at is None
        after = _pack_first(run, turn, after) if first_time else _pack_anew(run, after)
        if time.monotonic() >= until:
            break
    return after is None


def _pack_first(run: Run, turn: Turn, after: int) -> int | None:
    """Histories of customers above `after`, as many as fit into memory."""
    with db.read() as session:
        gathered = histories.gather(session, run.shop_id, after)
    done, total = 0, len(gathered.customer_ids)
    while True:
        turn.renew()
        with db.write() as session:
            shops.hold(session, run.shop_id)
            done = histories.write(session, run.shop_id, gathered, done)
            if done < total:
                packed = int(gathered.customer_ids[done - 1])
                _move(session, run, {"packed": packed}, "histories")
            else:
                _packed_up_to(session, run, gathered.last)
                return gathered.last


def _pack_anew(run: Run, after: int) -> int | None:
    with db.write() as session:
        shops.hold(session, run.shop_id)
        last = histories.rebuild(session, run.shop_id, after)
        _packed_up_to(session, run, last)
    return last


def _packed_up_to(session: Session, run: Run, last: int | None) -> None:
    if last is None:
        histories.drop_empty(session, run.shop_id)
        _mark_imported(shops.get(session, run.shop_id), run)
    _move(session, run, {"part": "categories"} if last is None else {"packed": last}, "histories")


def _mark_imported(shop: Shop, run: Run) -> None:
    visible_from = run.position.get("visible_from")
    if shop.lines_from is not None and run.position.get("lines") == to_microseconds(shop.lines_from):
        read_before = shop.lines_seen_from if shop.lines_at is not None else None
        shop.lines_at, shop.lines_seen_from = clock.now(), _seen_from(read_before, visible_from)
    shop.imported_at = clock.now()
    shop.history_from = _seen_from(shop.history_from, visible_from)
    shop.reconciled_at = from_microseconds(run.position["listed_at"])


def _seen_from(before: datetime | None, visible_from: int | None) -> datetime | None:
    """From when on every order is known: what was seen from `before` on is not forgotten because a list is shorter."""
    if visible_from is None:
        return None
    seen_from = from_microseconds(visible_from)
    return min(seen_from, before) if before else seen_from


def _make_category_histories(run: Run, turn: Turn, until: float) -> bool:
    """Pack anew what is packed by category: the list has told more of these orders than deliveries had."""
    after: int | None = int(run.position.get("sorted", 0))
    with db.read() as session:
        numbers = categories.begun(session, run.shop_id)
        products = categories.products_in(session, run.shop_id, numbers)
    while numbers and after is not None:
        turn.renew()
        with db.write() as session:
            shops.hold(session, run.shop_id)
            after = category_histories.rebuild(session, run.shop_id, products, after)
            _move(session, run, {} if after is None else {"sorted": after})
        if time.monotonic() >= until:
            break
    return not numbers or after is None


PARTS: dict[str, Callable[[Run, Turn, float], bool]] = {
    "customers": _list_customers,
    "orders": _list_orders,
    "unlisted": _delete_unlisted,
    "histories": _make_histories,
    "categories": _make_category_histories,
}


def _next_part(run: Run, part: str) -> None:
    following = [*PARTS, "done"]
    if part == "orders" and run.position.get("lines") != _lines_from(run.shop_id):
        _save(run, {"place": {}, "done": 0})  # somebody has asked for products since the list was begun
        return
    _save(run, {"part": following[following.index(part) + 1], "place": {}, "done": 0})


def _save(run: Run, moved: Place, stage: str | None = None, done: int = 0, total: int | None = None) -> None:
    with db.write() as session:
        _move(session, run, moved, stage, done, total)


def _move(
    session: Session,
    run: Run,
    moved: Place,
    stage: str | None = None,
    done: int = 0,
    total: int | None = None,
) -> None:
    """Set the run's place, and what the page shows of it, in the caller's transaction."""
    row = session.get_one(Run, (run.shop_id, run.id))
    row.position = {**row.position, **moved}
    if stage is not None:
        runs.show(row, stage, done, total, clock.wall())
    run.position = row.position
