"""What Shopify tells of products that somebody bought: taken over if it is newer than what is known, whoever told it.

Called for webhooks (workers.drain_inbox) and for what was asked for (history.products). A product that moves between
categories is marked: history.products then folds its orders anew. Of products nobody bought nothing is kept.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from plugin.db.models import PRODUCT_TO_FETCH, PRODUCT_TO_FOLD, Product
from plugin.history import lines
from plugin.schemas.facts import ProductFacts, ProductGone
from plugin.shop import shops
from plugin.standing import categories
from plugin.standing.categories import Key

News = tuple[ProductFacts | ProductGone, str]
"""What is told, and what orders it among other news of the product (history.versions)."""


def take_in(session: Session, shop_id: int, news: Iterable[News], now: datetime) -> bool:
    """Take over what webhooks tell. The caller holds the shop.

    Returns whether there is work for history.products, new products of this transaction's orders included.
    """
    if not lines.are_kept(shops.get(session, shop_id)):
        return False
    if told := list(news):
        _take_over(session, shop_id, told, now)
    waits = or_(PRODUCT_TO_FETCH, PRODUCT_TO_FOLD)
    return session.scalar(select(Product.product_id).where(Product.shop_id == shop_id, waits).limit(1)) is not None


def apply(row: Product, facts: ProductFacts, version: str, numbers: dict[Key, int]) -> None:
    """Take over facts that are newer, and collections that were told at all."""
    before = categories.numbers_of(row, numbers)
    if version > row.version:
        row.product_type, row.vendor = facts.product_type[: categories.LONGEST], facts.vendor[: categories.LONGEST]
        row.tags, row.version = list(facts.tags), version
    if facts.collections is not None:
        row.collections = facts.collections
    if categories.numbers_of(row, numbers) != before:
        row.fold_after = 0


def _take_over(session: Session, shop_id: int, told: Sequence[News], now: datetime) -> None:
    numbers = categories.begun(session, shop_id)
    asks_for_collections = any(key.kind == categories.COLLECTION for key in categories.rows(session, shop_id))
    mine = (Product.shop_id == shop_id, Product.product_id.in_({facts.product_id for facts, _ in told}))
    rows = {row.product_id: row for row in session.scalars(select(Product).where(*mine))}
    for facts, version in told:
        row = rows.get(facts.product_id)
        if row is None:
            continue
        if isinstance(facts, ProductGone):
            row.deleted_at = row.deleted_at or now
        else:
            apply(row, facts, version, numbers)
            # Which collections it is in now no message says.
            row.to_fetch |= asks_for_collections
        row.to_fetch &= row.deleted_at is None
    session.flush()
