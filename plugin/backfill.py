"""Imports a shop's history: customers and orders by two bulk queries, folded as if every payload had arrived.

A run remembers its place (run.position) in the transaction that folded up to there, so a killed import goes on from it.
Stages: ordering (Shopify prepares the file) → customers → orders → judging, the whole-shop refresh.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
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

log = structlog.get_logger()

FOLDED_AT_ONCE = 1_000
# Shopify's accidents pass. A list that it fails to make this often lacks something that a person has to see to.
MOST_FAILURES = 3

Batch = list[tuple[dict[str, Any], list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Part:
    """One bulk query of an import: its document, and what is done with a batch of its objects."""

    name: str
    document: str


# Customers first: they bring the tags that were there before us, and orders refer to them.
PARTS = (Part("customers", "bulk_customers"), Part("orders", "bulk_orders"))


def advance(client: AdminClient, shop_id: int, run: Run) -> bool:
    """Take an import one step further; False while Shopify is still preparing a file. Raises the ShopifyError tree.

    1. Start the bulk query of the first part that is not folded yet. 2. Wait until Shopify has the file.
    3. Fold the file in batches, each with its place in one transaction. 4. After the last part, mark the shop imported.
    """
    for part in PARTS:
        if part.name in run.position.get("folded", []):
            continue
        operation = _operation(client, shop_id, run, part)
        if operation is None or operation.unfinished:
            return False
        _fold_file(shop_id, run, part, operation)
    with db.write() as session:
        shops.hold(session, shop_id)
        shops.get(session, shop_id).imported_at = clock.now()
    return True


def _operation(client: AdminClient, shop_id: int, run: Run, part: Part) -> BulkOperation | None:
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
        log.warning("bulk_operation_lost", shop_id=shop_id, part=part.name, reason=reason)
        if failures >= MOST_FAILURES:
            raise errors.QueryRefused(f"Shopify could not list the {part.name} in {failures} attempts: {reason}")
    started = bulk_operations.start(client, document(part.document))
    position = {**run.position, "operation": started, "place": 0, "failures": failures}
    _save(run, position, stage="ordering", done_count=0, total_count=None)
    return None


def _fold_file(shop_id: int, run: Run, part: Part, operation: BulkOperation) -> None:
    place = int(run.position.get("place", 0))
    objects = bulk_operations.objects(http.client(), operation.url, skip=place) if operation.url else iter(())
    for batch in _batches(objects):
        place += len(batch)
        with db.write() as session:
            shops.hold(session, shop_id)
            _fold(session, shop_id, part, batch, operation)
            _move(session, run, {**run.position, "place": place}, done_count=place)
    folded = [*run.position.get("folded", []), part.name]
    _save(run, {"folded": folded})


def _fold(session: Session, shop_id: int, part: Part, batch: Batch, operation: BulkOperation) -> None:
    book = Ledger(session, shop_id)
    if part.name == "customers":
        customers = [admin_objects.customer(node) for node, _ in batch]
        book.load((), (facts.customer_id for facts in customers))
        tags = segment_store.bits_by_tag(session, shop_id)
        for facts, (node, _) in zip(customers, batch, strict=True):
            book.apply_customer(facts)
            book.note_tags(facts.customer_id, sum(tags.get(tag.casefold(), 0) for tag in node["tags"]))
    else:
        orders = [admin_objects.order(node, lines) for node, lines in batch]
        book.load((facts.order_id for facts in orders), (facts.customer_id or 0 for facts in orders))
        for order in orders:
            # The file shows every order at least as new as it was when the operation began.
            seen = ledger.version(order.updated_at, operation.created_at, "import")
            try:
                book.apply_order(order, seen)
            except FactsRefused as error:
                log.warning("order_not_imported", shop_id=shop_id, order_id=order.order_id, reason=str(error))
    book.save()


def _batches(objects: Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]) -> Iterator[Batch]:
    while batch := list(itertools.islice(objects, FOLDED_AT_ONCE)):
        yield batch


def _show(run: Run, part: Part, operation: BulkOperation) -> None:
    """Say on the page how far Shopify is with the file, or how much there is to fold."""
    if operation.unfinished:
        _save(run, run.position, stage="ordering", total_count=None)
    else:
        _save(run, run.position, stage=part.name, total_count=operation.root_object_count)


def _save(run: Run, position: dict[str, Any], **shown: Any) -> None:
    with db.write() as session:
        _move(session, run, position, **shown)


def _move(session: Session, run: Run, position: dict[str, Any], **shown: Any) -> None:
    row = session.get_one(Run, (run.shop_id, run.id))
    row.position = run.position = position
    for name, value in shown.items():
        setattr(row, name, value)
