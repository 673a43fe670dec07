"""The work that segments about products make: ask Shopify for the facts of products that were bought, pack histories of
new categories, fold the orders of products that changed. Done by workers.fetch_products, some at a time.

Everything to be done stands in the rows (products.to_fetch, products.fold_after, categories.packed_at), each piece is
one transaction with what is left of it, so that a killed process goes on where it was.
"""

import time
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import PRODUCT_TO_FETCH, PRODUCT_TO_FOLD, Category, Product, Shop
from plugin.history import category_histories, lines, product_news, versions
from plugin.schemas import admin_objects
from plugin.shop import shops
from plugin.shopify import products as wire
from plugin.shopify import scopes
from plugin.standing import categories, refresh
from plugin.turns import Turn

log = structlog.get_logger()

LARGEST_ID = 2**63 - 1


def advance(shop_id: int, turn: Turn, until: float, gives_way: Callable[[], bool]) -> bool:
    """Work for as long as time.monotonic() is below `until` and nothing more urgent waits; whether more is left.

    Raises the ShopifyError tree.
    """
    for step in (_fetch_some, _pack_some, _fold_some):
        while step(shop_id, turn):
            turn.renew()
            if time.monotonic() >= until or gives_way():
                return True
    return False


def left(session: Session, shop_id: int) -> bool:
    """Whether there is anything to do that can be done."""
    shop = session.get(Shop, shop_id)
    if shop is None or not _may_work(shop):
        return False
    mine = (Product.shop_id == shop_id,)
    waits = (PRODUCT_TO_FETCH, PRODUCT_TO_FOLD)
    if any(session.scalar(select(Product.product_id).where(*mine, each).limit(1)) is not None for each in waits):
        return True
    return bool(_unpacked(session, shop_id))


def shops_waiting(session: Session, now: datetime) -> list[int]:
    """Shops with such work, for the sweep."""
    kept = set(session.scalars(select(Shop.id).where(Shop.lines_from.is_not(None))))
    return [shop_id for shop_id in shops.answering(session, now) if shop_id in kept and left(session, shop_id)]


def ask_again(session: Session, shop_id: int) -> None:
    """Have the facts of all products asked for anew: a collection may have changed with nobody telling of it."""
    mine = (Product.shop_id == shop_id, Product.deleted_at.is_(None))
    session.execute(update(Product).where(*mine).values(to_fetch=True))


def _may_work(shop: Shop) -> bool:
    # Until all lines are here there is nothing to pack, and facts are asked for once.
    return shop.lines_at is not None and scopes.READ_PRODUCTS in scopes.granted(shop.scopes)


def _fetch_some(shop_id: int, _turn: Turn) -> bool:
    """Ask for some products; False when all that were bought are known."""
    with db.read() as session:
        if not _may_work(shops.get(session, shop_id)):
            return False
        with_collections = any(key.kind == categories.COLLECTION for key in categories.rows(session, shop_id))
        most = wire.WITH_COLLECTIONS_A_QUERY if with_collections else wire.A_QUERY
        wanted = select(Product.product_id).where(Product.shop_id == shop_id, PRODUCT_TO_FETCH)
        product_ids = list(session.scalars(wanted.order_by(Product.product_id).limit(most)))
    if not product_ids:
        return False
    asked_at = clock.now()
    found = wire.fetch(shops.admin_client(shop_id), product_ids, collections=with_collections)
    shops.note_answered(shop_id)
    with db.write() as session:
        shops.hold(session, shop_id)
        numbers = categories.begun(session, shop_id)
        mine = (Product.shop_id == shop_id, Product.product_id.in_(product_ids))
        for row in session.scalars(select(Product).where(*mine)):
            node = found[row.product_id]
            if node is None:
                row.deleted_at = row.deleted_at or asked_at
            else:
                facts = admin_objects.product(node)
                product_news.apply(row, facts, versions.of(facts.updated_at, asked_at, "look-up"), numbers)
            row.to_fetch, row.fetched_at = False, asked_at
    log.info("products_fetched", shop_id=shop_id, products=len(product_ids))
    return True


def _pack_some(shop_id: int, turn: Turn) -> bool:
    """Pack the histories of new categories for some customers; False when all are."""
    with db.read() as session:
        if not _may_work(shops.get(session, shop_id)):
            return False
        unpacked = _unpacked(session, shop_id)
        if not unpacked:
            return False
    with db.write() as session:
        shops.hold(session, shop_id)
        turn.renew(session)
        rows = [row for row in categories.rows(session, shop_id).values() if row.number in unpacked]
        after = min((row.packed_after or 0 for row in rows), default=0)
        # From here on every change of a product or an order is folded into them as well.
        for row in rows:
            row.packed_after = after
        session.flush()
        numbers = {categories.Key(row.kind, row.value): row.number for row in rows}
        last = category_histories.rebuild(session, shop_id, categories.products_in(session, shop_id, numbers), after)
        for row in rows:
            row.packed_after = LARGEST_ID if last is None else last
            row.packed_at = clock.now() if last is None else None
        if rows and last is None:
            runs.start_refresh(session, shop_id, clock.now())  # the segments that waited for them begin
            log.info("categories_packed", shop_id=shop_id, categories=len(rows))
    return True


def _fold_some(shop_id: int, turn: Turn) -> bool:
    """Fold some orders of a product that changed, and judge whose they are; False when there is none."""
    with db.write() as session:
        if not lines.are_kept(shops.get(session, shop_id)):
            return False
        shops.hold(session, shop_id)
        turn.renew(session)
        changed = select(Product).where(Product.shop_id == shop_id, PRODUCT_TO_FOLD)
        row = session.scalar(changed.order_by(Product.product_id).limit(1))
        if row is None:
            return False
        last, customer_ids = category_histories.fold_product(session, shop_id, row.product_id, row.fold_after or 0)
        row.fold_after = last
        session.flush()
        refresh.refresh_customers(session, shop_id, customer_ids, clock.now(), "event")
    return True


def _unpacked(session: Session, shop_id: int) -> set[int]:
    found = select(Category.number).where(Category.shop_id == shop_id, Category.packed_at.is_(None))
    return set(session.scalars(found))
