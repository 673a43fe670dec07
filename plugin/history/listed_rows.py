"""What a list shows of customers and orders, as rows for history.bulk_ledger. Called by the import; writes nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import structlog
from sqlalchemy.orm import Session

from plugin.db.models import Shop
from plugin.db.types import to_microseconds
from plugin.history import bulk_ledger, lines, versions
from plugin.history.bulk_ledger import Bought
from plugin.history.listing import Batch
from plugin.schemas import admin_rows
from plugin.schemas.admin_rows import ORDER_COLUMNS, Listed, Node, Row
from plugin.shop.shop_settings import ShopSettings
from plugin.shopify.bulk_queries import Grouped
from plugin.standing import segment_store

log = structlog.get_logger()

SHOP_WITHOUT_CURRENCY = "USD"

Rows = tuple[list[Row], Bought | None]
"""Customers or orders, and what the orders consist of where that was asked for."""


def customers(session: Session, shop: Shop, batch: Batch) -> Rows:
    """Customers, with which of our segments' tags the store shows on them."""
    bits_by_tag = segment_store.bits_by_tag(session, shop.id)
    listed, seen_at = _listed(shop, batch), to_microseconds(batch.seen_at)
    return [admin_rows.customer(node, listed, seen_at, bits_by_tag) for node, _ in batch.objects], None


def orders(_session: Session, shop: Shop, batch: Batch) -> Rows:
    """Orders, from a list that does not say what they consist of."""
    listed = _listed(shop, batch)

    def read(node: Node, bought: list[Node]) -> tuple[Row, None]:
        return admin_rows.order(node, bought, listed), None

    return [row for row, _ in _read(batch.objects, read)], None


def lined_orders(_session: Session, shop: Shop, batch: Batch) -> Rows:
    """Orders and their lines."""
    listed, spend = _listed(shop, batch), ORDER_COLUMNS.index(ShopSettings.of(shop.settings).spend_column)

    def read(node: Node, bought: list[Node]) -> tuple[Row, list[lines.Share]]:
        row = admin_rows.order(node, bought, listed)
        return row, lines.shares(admin_rows.lines(bought, listed), row[spend])

    found = list(_read(batch.objects, read))
    shares = {(row[bulk_ledger.ORDER_ID], row[bulk_ledger.ORDER_VERSION]): shares for row, shares in found}
    return [row for row, _ in found], shares


def _read(objects: Grouped, read: Callable[[Node, list[Node]], tuple[Row, Any]]) -> Iterator[tuple[Row, Any]]:
    for node, bought in objects:
        try:
            yield read(node, bought)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("order_not_imported", order=node.get("id"), reason=f"{type(error).__name__}: {error}")


def _listed(shop: Shop, batch: Batch) -> Listed:
    """The list shows every object at least as new as it was when it was begun."""
    seen = versions.ending(batch.seen_at, "import")
    return Listed(shop.currency or SHOP_WITHOUT_CURRENCY, seen)
