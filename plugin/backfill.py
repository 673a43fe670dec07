"""Imports a shop's history: customers and orders by two bulk queries, folded as if every payload had arrived.

A run remembers its place (run.position) in the transaction that folded up to there, so a killed import goes on from it.
Stages: ordering (Shopify prepares the file) → customers → orders → judging, the whole-shop refresh.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import structlog
from sqlalchemy.orm import Session

from plugin import clock, ledger, segment_store, shops
from plugin.db import session as db
from plugin.db.models import Run
from plugin.ledger import FactsRefused, Ledger
from plugin.schemas import admin_objects
from plugin.shopify import bulk_operations, errors, http
from plugin.shopify.admin_api import AdminClient, document
from plugin.shopify.bulk_operations import BulkOperation
from plugin.turns import Turn

log = structlog.get_logger()

FOLDED_AT_ONCE = 1_000
# Shopify's accidents pass. A list that it fails to make this often lacks something that a person has to see to.
MOST_FAILURES = 3

Batch = list[tuple[dict[str, Any], list[dict[str, Any]]]]


# Customers first: they bring the tags that were there before us, and orders refer to them.
PARTS = {"customers": "bulk_customers", "orders": "bulk_orders"}


def advance(run: Run, turn: Turn) -> bool:
    """Take an import one step further; True when all is folded. Raises the ShopifyError tree.

    1. Start the bulk query of the first part that is not folded yet. 2. Wait until Shopify has the file.
    3. Fold the file in batches, each with its place in one transaction. 4. After the last part, mark the shop imported.
    """
    part = next((part for part in PARTS if part not in run.position.get("folded", [])), None)
    if part is None:
        with db.write() as session:
            shops.hold(session, run.shop_id)
            shops.get(session, run.shop_id).imported_at = clock.now()
        return True
    turn.renew()
    # A client of its own for each step: folding a file may outlast a token.
    operation = _operation(shops.admin_client(run.shop_id), run, part)
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
                _fold_customers(book, batch, segment_store.bits_by_tag(session, run.shop_id))
            else:
                _fold_orders(book, batch, operation)
            book.save()
            _move(session, run, {**run.position, "place": place}, done_count=place)
    folded = [*run.position.get("folded", []), part]
    _save(run, {"folded": folded})


def _fold_customers(book: Ledger, batch: Batch, bits_by_tag: dict[str, int]) -> None:
    customers = [admin_objects.customer(node) for node, _ in batch]
    book.load((), (facts.customer_id for facts in customers))
    for facts, (node, _) in zip(customers, batch, strict=True):
        book.apply_customer(facts)
        book.note_tags(facts.customer_id, sum(bits_by_tag.get(tag.casefold(), 0) for tag in node["tags"]))


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
