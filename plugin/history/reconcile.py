"""Compares recently changed orders with Shopify's, for the webhooks that never came: what is missing here, or older, is
folded and counted. Every night for every shop, or on demand after an outage (`regulars reconcile`).

A deleted order is not listed and cannot be found missing this way; the next import finds it.
"""

import itertools
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import PENDING_EVENT, InboxEvent, Order, Run
from plugin.db.types import from_microseconds, to_microseconds
from plugin.history import lines, listing, versions
from plugin.history.ledger import FactsRefused, Ledger
from plugin.history.listing import Batch, Place
from plugin.schemas import admin_objects
from plugin.schemas.facts import OrderFacts
from plugin.shop import shops
from plugin.standing import refresh
from plugin.turns import Turn

log = structlog.get_logger()

# Shopify's lists may be made from a copy that is a little behind: what changed shortly before the last comparison is
# compared again.
OVERLAP = timedelta(hours=1)
# What changed so lately may still be on its way to us, and is not lost. It is folded all the same.
ON_ITS_WAY = timedelta(minutes=10)
# So many orders cost less page by page than a bulk operation takes to get going.
FEW = 1_000
COMPARED_AT_ONCE = 500


def start(session: Session, shop_id: int, now: datetime) -> bool:
    """Ask for a comparison; False for a shop whose history is not here yet, which the import compares anyway."""
    if shops.get(session, shop_id).imported_at is None:
        return False
    runs.start(session, shop_id, runs.RECONCILIATION, now)
    return True


def advance(run: Run, turn: Turn, until: float) -> bool:
    """Take a comparison further for as long as time.monotonic() is below `until`; True when all is compared.

    Raises the ShopifyError tree, and listing.BeingPrepared when there is nothing to do but to wait.
    """
    if "since" not in run.position:
        _save(run, _beginning(run.shop_id))
    search = f"updated_at:>='{from_microseconds(run.position['since']):%Y-%m-%dT%H:%M:%SZ}'"
    client = shops.admin_client(run.shop_id)
    if "lines" not in run.position:
        with db.read() as session:
            _save(run, {"lines": lines.can_be_asked(shops.get(session, run.shop_id))})
    kind = listing.LINED_ORDERS if run.position["lines"] else listing.ORDERS
    if "place" not in run.position:
        count = listing.count(client, listing.ORDERS, search)
        _save(run, {"place": listing.by_pages(count) if count <= FEW else {}})
    shops.note_answered(run.shop_id)
    for batch in listing.batches(client, kind, search, run.position["place"], lambda p: _keep(run, p)):
        objects = iter(batch.objects)
        while some := [admin_objects.order(node, lines) for node, lines in itertools.islice(objects, COMPARED_AT_ONCE)]:
            turn.renew()
            _compare(run, batch, some)
        _save(run, {"place": batch.place})
        if time.monotonic() >= until:
            return False
    _finish(run)
    return True


def lost(session: Session, shop_id: int, since: datetime) -> int:
    """How many orders' webhooks never came, as far as comparisons since an instant have found."""
    mine = (Run.shop_id == shop_id, Run.kind == runs.RECONCILIATION, Run.created_at >= since)
    return sum(int(position.get("lost", 0)) for position in session.scalars(select(Run.position).where(*mine)))


def _beginning(shop_id: int) -> Place:
    """From when on to compare, and until when Shopify must have told us of every change."""
    now = clock.now()
    with db.read() as session:
        shop = shops.get(session, shop_id)
        last = shop.reconciled_at or shop.imported_at or now
        waiting = select(func.min(InboxEvent.triggered_at)).where(InboxEvent.shop_id == shop_id, PENDING_EVENT)
        told_until = min(now - ON_ITS_WAY, session.scalar(waiting) or now).replace(microsecond=0)  # as orders tell it
    return {
        "since": to_microseconds(last - OVERLAP),
        "began": to_microseconds(now),
        "told_until": to_microseconds(told_until),
        "compared": 0,
        "lost": 0,
    }


def _compare(run: Run, batch: Batch, listed: Sequence[OrderFacts]) -> None:
    """Fold what is newer than ours, and judge whom it is about; count what we should have been told."""
    with db.write() as session:
        shops.hold(session, run.shop_id)
        before = _known(session, run.shop_id, listed)
        newer = [facts for facts in listed if facts.order_id not in before or _is_newer(facts, before[facts.order_id])]
        book = Ledger(session, run.shop_id)
        book.load((facts.order_id for facts in newer), (facts.customer_id or 0 for facts in newer))
        for facts in newer:
            try:
                book.apply_order(facts, versions.of(facts.updated_at, batch.seen_at, "reconciliation"))
            except FactsRefused as error:
                log.warning("order_not_taken_over", order_id=facts.order_id, reason=str(error))
        touched = book.save()
        refresh.refresh_customers(session, run.shop_id, sorted(touched), clock.now(), "event")
        told_until = from_microseconds(run.position["told_until"])
        after = _known(session, run.shop_id, newer)
        # Some are not ours to store: of erased customers, in another currency.
        found = [facts for facts in newer if after.get(facts.order_id) == facts.updated_at < told_until]
        position = run.position
        counts = {"compared": position["compared"] + len(listed), "lost": position["lost"] + len(found)}
        _move(session, run, counts, batch.total)


def _known(session: Session, shop_id: int, listed: Iterable[OrderFacts]) -> dict[int, datetime | None]:
    """When the orders that are here changed last; None for deleted ones, and those we only know to have changed."""
    theirs = (Order.shop_id == shop_id, Order.order_id.in_([facts.order_id for facts in listed]))
    rows = session.execute(select(Order.order_id, Order.updated_at, Order.deleted_at).where(*theirs))
    return {order_id: datetime.max.replace(tzinfo=UTC) if gone else updated_at for order_id, updated_at, gone in rows}


def _is_newer(facts: OrderFacts, known_at: datetime | None) -> bool:
    return known_at is None or facts.updated_at > known_at


def _finish(run: Run) -> None:
    with db.write() as session:
        shops.hold(session, run.shop_id)
        shops.get(session, run.shop_id).reconciled_at = from_microseconds(run.position["began"])
        _move(session, run, {})
    counts: dict[str, Any] = {name: run.position[name] for name in ("compared", "lost")}
    (log.warning if run.position["lost"] else log.info)("orders_reconciled", shop_id=run.shop_id, **counts)


def _keep(run: Run, place: Place) -> None:
    _save(run, {"place": place})


def _save(run: Run, moved: Place) -> None:
    with db.write() as session:
        _move(session, run, moved)


def _move(session: Session, run: Run, moved: Place, total: int | None = None) -> None:
    row = session.get_one(Run, (run.shop_id, run.id))
    row.position = run.position = {**run.position, **moved}
    row.done_count, row.total_count = run.position.get("compared", 0), total or row.total_count
