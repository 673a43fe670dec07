"""Imports a shop's history: customers and orders by two bulk queries, folded as if every payload had arrived.

A run remembers its place (run.position) in the transaction that folded up to there, so a killed import goes on from it.
Stages: ordering (Shopify prepares the file) → customers → orders → judging, the whole-shop refresh. An import of a shop
that was here before reconciles it: orders are brought up to date, and what is gone goes.
"""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from plugin import clock, ledger, segment_store, shops
from plugin.db import session as db
from plugin.db.models import Order, Run
from plugin.db.types import from_microseconds, to_microseconds
from plugin.ledger import FactsRefused, Ledger
from plugin.schemas import admin_objects
from plugin.shopify import bulk_operations, errors, http, scopes
from plugin.shopify.admin_api import AdminClient, document
from plugin.shopify.bulk_operations import BulkOperation
from plugin.turns import Turn

log = structlog.get_logger()

FOLDED_AT_ONCE = 1_000
# Shopify's accidents pass. A list that it fails to make this often lacks something that a person has to see to.
MOST_FAILURES = 3
# Without read_all_orders. Reference: https://shopify.dev/docs/api/usage/access-scopes#orders-permissions
VISIBLE_HISTORY = timedelta(days=60)
# Shopify's lists may be made from a copy that is a little behind.
NOT_LISTED_YET = timedelta(minutes=10)

Batch = list[tuple[dict[str, Any], list[dict[str, Any]]]]


# Customers first: they bring the tags that were there before us, and orders refer to them.
PARTS = {"customers": "bulk_customers", "orders": "bulk_orders"}


def advance(run: Run, turn: Turn) -> bool:
    """Take an import one step further; True when all is folded. Raises the ShopifyError tree.

    1. Start the bulk query of the first part that is not folded yet. 2. Wait until Shopify has the file.
    3. Fold the file in batches, each with its place in one transaction. 4. Let go of orders that are gone. 5. Mark the
    shop imported.
    """
    part = next((part for part in PARTS if part not in run.position.get("folded", [])), None)
    if part is None:
        if not _delete_unlisted(run, turn):
            _finish(run)
            return True
        return False
    turn.renew()
    # A client of its own for each step: folding a file may outlast a token.
    operation = _operation(shops.admin_client(run.shop_id), run, part)
    shops.note_answered(run.shop_id)
    if operation is not None and not operation.unfinished:
        _fold_file(run, turn, part, operation)
    return False


def _operation(client: AdminClient, run: Run, part: str) -> BulkOperation | None:
    """The part's bulk operation as it stands; None if a new one was started: there was none, or it came to nothing.

    QueryRefused when Shopify keeps failing.
    """
    operation_id = run.position.get("operation")
    operation = bulk_operations.fetch(client, operation_id) if operation_id else None
    if operation is not None and (operation.unfinished or operation.status == "COMPLETED"):
        _show(run, part, operation)
        return operation
    failures = int(run.position.get("failures", 0))
    if operation_id:
        failures += 1
        reason = f"{operation.status} {operation.error_code}" if operation else "unknown to Shopify"
        log.warning("bulk_operation_lost", shop_id=run.shop_id, part=part, reason=reason)
        if failures >= MOST_FAILURES:
            raise errors.QueryRefused(f"Shopify could not list the {part} in {failures} attempts: {reason}")
    started = bulk_operations.start(client, document(PARTS[part]))
    position = {**run.position, "operation": started, "place": 0, "failures": failures}
    if part == "orders":
        position["visible_from"] = _visible_from(run.shop_id)
    _save(run, position, stage="ordering", done_count=0, total_count=None)
    return None


def _fold_file(run: Run, turn: Turn, part: str, operation: BulkOperation) -> None:
    place = int(run.position.get("place", 0))
    objects = bulk_operations.objects(http.client(), operation.url, skip=place) if operation.url else iter(())
    for batch in _batches(objects):
        turn.renew()
        place += len(batch)
        with db.write() as session:
            shops.hold(session, run.shop_id)
            book = Ledger(session, run.shop_id)
            if part == "customers":
                _fold_customers(session, run.shop_id, book, batch)
            else:
                _fold_orders(book, batch, operation)
            book.save()
            _move(session, run, {**run.position, "place": place}, done_count=place)
    folded = [*run.position.get("folded", []), part]
    kept = {name: run.position[name] for name in ("visible_from",) if name in run.position}
    _save(run, {**kept, "folded": folded, "listed_at": to_microseconds(operation.created_at)})


def _fold_customers(session: Session, shop_id: int, book: Ledger, batch: Batch) -> None:
    customers = [admin_objects.customer(node) for node, _ in batch]
    book.load((), (facts.customer_id for facts in customers))
    # Of a shop at work the file's tags are older than what we have written since.
    bits_by_tag = None if shops.get(session, shop_id).imported_at else segment_store.bits_by_tag(session, shop_id)
    for facts, (node, _) in zip(customers, batch, strict=True):
        book.apply_customer(facts)
        if bits_by_tag is not None:
            tags = sum(bits_by_tag.get(tag.casefold(), 0) for tag in node["tags"])
            book.note_tags(facts.customer_id, tags)


def _fold_orders(book: Ledger, batch: Batch, operation: BulkOperation) -> None:
    orders = []
    for node, lines in batch:
        try:
            orders.append(admin_objects.order(node, lines))
        except (KeyError, TypeError, ValueError) as error:
            log.warning("order_not_imported", order=node.get("id"), reason=f"{type(error).__name__}: {error}")
    book.load((facts.order_id for facts in orders), (facts.customer_id or 0 for facts in orders))
    for facts in orders:
        # The file shows every order at least as new as it was when the operation began.
        seen = ledger.version(facts.updated_at, operation.created_at, "import")
        try:
            book.apply_order(facts, seen)
        except FactsRefused as error:
            log.warning("order_not_imported", order=facts.order_id, reason=str(error))


def _visible_from(shop_id: int) -> int | None:
    """The instant (microseconds) before which Shopify shows us no orders; None if it shows them all."""
    with db.read() as session:
        held = scopes.granted(shops.get(session, shop_id).scopes)
    return None if scopes.READ_ALL_ORDERS in held else to_microseconds(clock.now() - VISIBLE_HISTORY)


def _delete_unlisted(run: Run, turn: Turn) -> bool:
    """Let go of some orders that the list should have had and has not: they were deleted while nobody told us.

    Returns whether there may be more. What came in by webhook shortly before the list was made may have missed it.
    """
    listed_at = from_microseconds(run.position["listed_at"]) - NOT_LISTED_YET
    visible_from = run.position.get("visible_from")
    turn.renew()
    with db.write() as session:
        shops.hold(session, run.shop_id)
        unlisted = (Order.shop_id == run.shop_id, Order.deleted_at.is_(None), ledger.seen_before(listed_at))
        visible = Order.processed_at >= from_microseconds(visible_from) if visible_from else true()
        gone = list(session.scalars(select(Order.order_id).where(*unlisted, visible).limit(FOLDED_AT_ONCE)))
        book = Ledger(session, run.shop_id)
        book.load(gone, ())
        for order_id in gone:
            book.delete_order(order_id, clock.now())
        book.save()
    if gone:
        log.info("orders_gone", shop_id=run.shop_id, orders=len(gone))
    return bool(gone)


def _finish(run: Run) -> None:
    visible_from = run.position.get("visible_from")
    with db.write() as session:
        shops.hold(session, run.shop_id)
        shop = shops.get(session, run.shop_id)
        shop.imported_at = clock.now()
        shop.history_from = from_microseconds(visible_from) if visible_from else None


def _batches(objects: Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]) -> Iterator[Batch]:
    while batch := list(itertools.islice(objects, FOLDED_AT_ONCE)):
        yield batch


def _show(run: Run, part: str, operation: BulkOperation) -> None:
    """Say on the page how far Shopify is with the file, or how much there is to fold."""
    if operation.unfinished:
        _save(run, run.position, stage="ordering", total_count=None)
    else:
        _save(run, run.position, stage=part, total_count=operation.root_object_count)


def _save(run: Run, position: dict[str, Any], **shown: Any) -> None:
    with db.write() as session:
        _move(session, run, position, **shown)


def _move(session: Session, run: Run, position: dict[str, Any], **shown: Any) -> None:
    row = session.get_one(Run, (run.shop_id, run.id))
    row.position = run.position = position
    for name, value in shown.items():
        setattr(row, name, value)
