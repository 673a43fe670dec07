"""What a list shows of customers and orders, as rows for history.bulk_ledger. Called by the import; writes nothing."""

import gc
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

import structlog

from plugin.db import session as db
from plugin.db.models import Shop
from plugin.db.types import to_microseconds
from plugin.history import bulk_ledger, lines, versions
from plugin.history.bulk_ledger import Bought
from plugin.history.listing import Batch
from plugin.schemas import admin_rows
from plugin.schemas.admin_rows import ORDER_COLUMNS, Listed, Node, Row
from plugin.shop import shops
from plugin.shop.shop_settings import ShopSettings
from plugin.shopify.bulk_queries import Grouped
from plugin.standing import segment_store

log = structlog.get_logger()

SHOP_WITHOUT_CURRENCY = "USD"
# Whoever writes waits no longer than this for Python when the database has answered and the other thread is reading.
SWITCH_SECONDS = 0.0005

Rows = tuple[list[Row], Bought | None]
"""Customers or orders, and what the orders consist of where that was asked for."""
Bits = dict[str, int]
"""The bit of each of our segments' tags."""
Read = Callable[[Shop, Bits, Batch], Rows]


def ahead(
    shop_id: int, batches: Iterable[Batch], read: Read, until: float
) -> Generator[tuple[Batch, Rows, bool], None, None]:
    """Each batch with its rows; while the caller writes them, a thread lists and reads the next one.

    Ends with the first batch behind which time.monotonic() was not below `until` any more: the last value is False.
    """
    following = _each(shop_id, batches, read)
    about = copy_context()  # what is read is logged as the caller's
    with _in_two_threads(), ThreadPoolExecutor(1) as thread:
        coming = thread.submit(about.run, lambda: next(following, None))
        while (found := coming.result()) is not None:
            in_time = time.monotonic() < until
            if in_time:
                coming = thread.submit(about.run, lambda: next(following, None))
            yield (*found, in_time)
            if not in_time:
                return


def customers(shop: Shop, bits_by_tag: Bits, batch: Batch) -> Rows:
    """Customers, with which of our segments' tags the store shows on them."""
    listed, seen_at = _listed(shop, batch), to_microseconds(batch.seen_at)
    return [admin_rows.customer(node, listed, seen_at, bits_by_tag) for node, _ in batch.objects], None


def orders(shop: Shop, _bits_by_tag: Bits, batch: Batch) -> Rows:
    """Orders, from a list that does not say what they consist of."""
    listed = _listed(shop, batch)

    def read(node: Node, bought: list[Node]) -> tuple[Row, None]:
        return admin_rows.order(node, bought, listed), None

    return [row for row, _ in _read(batch.objects, read)], None


def lined_orders(shop: Shop, _bits_by_tag: Bits, batch: Batch) -> Rows:
    """Orders and their lines."""
    listed, spend = _listed(shop, batch), ORDER_COLUMNS.index(ShopSettings.of(shop.settings).spend_column)

    def read(node: Node, bought: list[Node]) -> tuple[Row, list[lines.Share]]:
        row = admin_rows.order(node, bought, listed)
        return row, lines.shares(admin_rows.lines(bought, listed), row[spend])

    found = list(_read(batch.objects, read))
    shares = {(row[bulk_ledger.ORDER_ID], row[bulk_ledger.ORDER_VERSION]): shares for row, shares in found}
    return [row for row, _ in found], shares


def _each(shop_id: int, batches: Iterable[Batch], read: Read) -> Iterator[tuple[Batch, Rows]]:
    for batch in batches:
        with db.read() as session:
            shop, bits_by_tag = shops.get(session, shop_id), segment_store.bits_by_tag(session, shop_id)
        # Not in that transaction: as long as anybody looks at an old state, SQLite's log only grows.
        yield batch, read(shop, bits_by_tag, batch)


@contextmanager
def _in_two_threads() -> Iterator[None]:
    switched = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    # What is read and thrown away forms no cycles: looking for some would take a sixth of the time.
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        sys.setswitchinterval(switched)


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
