"""What a shop's segments ask of products, compared with what is there: what is missing is begun, what nobody asks for
is let go. Called at the start of every judging of a whole shop, and when a permission comes or goes.
"""

from datetime import datetime

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db.models import Category, CategoryHistory, Product, Shop
from plugin.history import lines
from plugin.shop import shops
from plugin.standing import categories, segment_store
from plugin.standing.categories import Key

log = structlog.get_logger()


def prepare(session: Session, shop_id: int, now: datetime) -> bool:
    """Bring about what the active segments need; returns whether an import was begun. The caller holds the shop.

    1. Categories nobody asks for go, new ones get a number: history.products packs them. 2. With the first of them
    orders' lines are kept; those of older orders are read by an import, which needs a permission: it begins when that
    is there. 3. With the last of them lines are let go.
    """
    shop = shops.get(session, shop_id)
    asked = {Key.of(key) for key in segment_store.categories_asked(session, shop_id)}
    known = categories.rows(session, shop_id)
    if asked == known.keys() and bool(asked) == lines.are_kept(shop):
        return bool(asked) and read_lines(session, shop, now)
    for key in known.keys() - asked:
        session.execute(delete(Category).where(Category.shop_id == shop_id, Category.number == known[key].number))
    if not asked:
        lines.let_go(shop)
        return False
    # Histories of a category that went are dropped in their own time: its number is not given again before.
    last = _last_number(session, shop_id, known)
    for number, key in enumerate(sorted(asked - known.keys()), last + 1):
        session.add(Category(shop_id=shop_id, number=number, kind=key.kind, value=key.value))
    asks_for_collections = categories.COLLECTION in {key.kind for key in asked} - {key.kind for key in known}
    if asks_for_collections or not lines.are_kept(shop):
        # Nobody asked in which collections products are, or nobody has heard of them since lines were let go.
        still_sold = (Product.shop_id == shop_id, Product.deleted_at.is_(None))
        session.execute(update(Product).where(*still_sold).values(to_fetch=True))
    lines.keep(shop, now)
    session.flush()
    log.info("categories_asked_for", shop_id=shop_id, categories=len(asked))
    return read_lines(session, shop, now)


def read_lines(session: Session, shop: Shop, now: datetime) -> bool:
    """Import the history with its lines if they are wanted, may be read and were not; returns whether that is so."""
    wanted = lines.can_be_asked(shop) and shop.lines_at is None
    if wanted:
        runs.start_import_of_lines(session, shop.id, now)
    return wanted


def _last_number(session: Session, shop_id: int, known: dict[Key, Category]) -> int:
    still_there = session.scalar(select(func.max(CategoryHistory.number)).where(CategoryHistory.shop_id == shop_id))
    return max([still_there or 0, *(row.number for row in known.values())])
