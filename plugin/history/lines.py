"""What is left of each product in an order: worked out, stored with the order's newest facts, dropped with the order.

Written by history.ledger and history.bulk_ledger, for shops in which a segment asks for products (`are_kept`). An
order's lines are replaced as a whole whenever its facts are, so that they need no version of their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from plugin.db import upserts
from plugin.db.models import OrderLine, Product, Shop
from plugin.schemas.facts import LineFacts
from plugin.shopify import scopes

LINES, PRODUCTS = cast(Table, OrderLine.__table__), cast(Table, Product.__table__)
KEYS_A_QUERY = 5_000
NO_PRODUCT = 0

Share = tuple[int, int, int]
"""A product, its units and its share of the order's spend."""


def are_kept(shop: Shop) -> bool:
    """Whether deliveries and imports are to keep lines."""
    return shop.lines_from is not None


def can_be_asked(shop: Shop) -> bool:
    """Whether what is asked of the Admin API is to be asked with its lines: they name products."""
    return are_kept(shop) and scopes.READ_PRODUCTS in scopes.granted(shop.scopes)


def keep(shop: Shop, now: datetime) -> None:
    """From now on lines are kept; those of older orders an import has to read. The caller holds the shop."""
    shop.lines_from = shop.lines_from or now


def read_again(shop: Shop, now: datetime) -> None:
    """What the stored lines came to is no longer so: those of all orders are to be read by an import that begins now.

    Where they cannot be asked for at present, who asks for products waits as for lines that were never read.
    """
    shop.lines_from = now
    if not can_be_asked(shop):
        shop.lines_at = None


def let_go(shop: Shop) -> None:
    """Nobody asks for lines any more: none are kept, and workers.prune drops what is there."""
    shop.lines_from = shop.lines_at = None


def shares(lines: Iterable[LineFacts], spend: int | None) -> list[Share]:
    """What an order's spend comes to for each product of which something is left, by product.

    The spend is divided in proportion to what the units that are left cost after discounts. Refunds of an amount
    without units, shipping and tax are so borne by all lines alike, and all shares together are the spend. What is left
    of gift cards has a share and no units; what is no product of the shop has a share that is not stored.
    """
    units: dict[int, int] = {}
    values: dict[int, int] = {}
    for line in lines:
        if line.left > 0:
            product = line.product_id or NO_PRODUCT
            units[product] = units.get(product, 0) + (0 if line.gift_card else line.left)
            value = max(0, line.price) * line.left // max(line.quantity, line.left)
            values[product] = values.get(product, 0) + value
    whole, before, given = sum(values.values()), 0, 0
    found = []
    # In the order of their numbers, whatever order the lines came in: each gets what the rounding leaves.
    for product in sorted(units):
        before += values[product]
        upto = max(0, spend or 0) * before // whole if whole else 0
        if product != NO_PRODUCT:
            found.append((product, units[product], upto - given))
        given = upto
    return found


def replace(session: Session, shop_id: int, by_order: Mapping[int, Sequence[Share]]) -> None:
    """Make these the lines of these orders, and have the facts of new products asked for. The caller holds the shop."""
    order_ids = list(by_order)
    for start in range(0, len(order_ids), KEYS_A_QUERY):
        some = OrderLine.order_id.in_(order_ids[start : start + KEYS_A_QUERY])
        session.execute(delete(OrderLine).where(OrderLine.shop_id == shop_id, some))
    rows = [(shop_id, order_id, *share) for order_id, found in by_order.items() for share in found]
    names = ["shop_id", "order_id", "product_id", "units", "spend"]
    upserts.write(session, LINES, names, rows, _overwrite)
    _ask_for(session, shop_id, {product for found in by_order.values() for product, _, _ in found})


def of_orders(session: Session, shop_id: int, order_ids: Sequence[int]) -> dict[int, list[Share]]:
    """The stored lines of these orders."""
    found: dict[int, list[Share]] = {}
    for start in range(0, len(order_ids), KEYS_A_QUERY):
        mine = (OrderLine.shop_id == shop_id, OrderLine.order_id.in_(order_ids[start : start + KEYS_A_QUERY]))
        rows = select(OrderLine.order_id, OrderLine.product_id, OrderLine.units, OrderLine.spend).where(*mine)
        for order_id, *share in session.execute(rows):
            found.setdefault(order_id, []).append(cast(Share, tuple(share)))
    return found


def _ask_for(session: Session, shop_id: int, product_ids: set[int]) -> None:
    rows = [(shop_id, product_id, "[]") for product_id in sorted(product_ids - _known(session, shop_id, product_ids))]
    names = ["shop_id", "product_id", "tags"]
    upserts.write(session, PRODUCTS, names, rows, lambda insert: insert.on_conflict_do_nothing())


def _known(session: Session, shop_id: int, product_ids: set[int]) -> set[int]:
    asked, known = list(product_ids), set[int]()
    for start in range(0, len(asked), KEYS_A_QUERY):
        mine = (Product.shop_id == shop_id, Product.product_id.in_(asked[start : start + KEYS_A_QUERY]))
        known |= set(session.scalars(select(Product.product_id).where(*mine)))
    return known


def _overwrite(insert: Any) -> upserts.Insert:
    changed: upserts.Insert = insert.on_conflict_do_update(
        index_elements=["shop_id", "order_id", "product_id"],
        set_={"units": insert.excluded.units, "spend": insert.excluded.spend},
    )
    return changed
