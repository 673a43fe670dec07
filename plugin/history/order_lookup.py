"""Fetches single orders from the Admin API and folds them like any other message about them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from plugin import clock
from plugin.db import session as db
from plugin.db.models import STALE_ORDER, Order
from plugin.history import lines, versions
from plugin.history.ledger import FactsRefused, Ledger
from plugin.schemas import admin_objects
from plugin.shop import shops
from plugin.shopify import ids, line_items, places, throttle
from plugin.shopify.admin_api import AdminClient
from plugin.standing import refresh
from plugin.turns import Turn

log = structlog.get_logger()

# Shopify sends orders/updated beside most of what makes an order stale: give it time before asking.
PATIENCE = timedelta(minutes=5)
ORDERS_A_QUERY = 10
# So many lines of each come with the order; what ten orders with them cost, as Shopify counts it.
LINES, QUERY_COST = 50, 601
LINES_WITH_PRODUCTS, LINED_QUERY_COST = 20, 661


def refetch_stale(client: AdminClient, shop_id: int, turn: Turn) -> int:
    """Bring the shop's stale orders up to date; returns how many were asked for. Raises the ShopifyError tree."""
    fetched = 0
    with db.read() as session:
        stale = stale_orders(session, shop_id, clock.now())
        lined = lines.can_be_asked(shops.get(session, shop_id))
    for start in range(0, len(stale), ORDERS_A_QUERY):
        turn.renew()
        some = stale[start : start + ORDERS_A_QUERY]
        asked_at = clock.now()
        _fold(shop_id, some, _fetch(client, some, lined=lined), asked_at)
        fetched += len(some)
    return fetched


def stale_orders(session: Session, shop_id: int, now: datetime, limit: int = 200) -> list[int]:
    """Orders known to have changed a while ago, in a way no payload has told."""
    stale = (Order.shop_id == shop_id, STALE_ORDER, Order.stale_at <= now - PATIENCE)
    return list(session.scalars(select(Order.order_id).where(*stale).limit(limit)))


def shops_waiting(session: Session, now: datetime) -> list[int]:
    """Shops with stale orders, for the sweep."""
    return [shop_id for shop_id in shops.answering(session, now) if stale_orders(session, shop_id, now, limit=1)]


def _fetch(client: AdminClient, order_ids: Sequence[int], *, lined: bool) -> list[dict[str, Any]]:
    wanted = {"ids": [ids.gid("Order", order_id) for order_id in order_ids], "lines": LINES}
    text, cost = places.document("orders_by_id"), QUERY_COST
    if lined:
        text, cost, wanted["lines"] = line_items.with_products(text), LINED_QUERY_COST, LINES_WITH_PRODUCTS
    nodes = client.execute(text, wanted, cost=cost, leave=throttle.LEFT_FOR_OTHERS)["nodes"]
    return [{**node, "lines": line_items.all_of(client, node)} for node in nodes if node]


def _fold(shop_id: int, asked: Sequence[int], nodes: list[dict[str, Any]], asked_at: datetime) -> None:
    with db.write() as session:
        shops.hold(session, shop_id)
        book = Ledger(session, shop_id)
        for node in nodes:
            facts = admin_objects.order(node, node["lines"])
            try:
                book.apply_order(facts, versions.of(facts.updated_at, asked_at, "look-up"))
            except FactsRefused as error:
                log.warning("order_not_taken_over", shop_id=shop_id, order_id=facts.order_id, reason=str(error))
        touched = book.save()
        # Asked after the change: whatever Shopify shows now includes it, or the order is out of our sight.
        session.execute(
            update(Order)
            .where(Order.shop_id == shop_id, Order.order_id.in_(asked), Order.stale_at <= asked_at)
            .values(stale_at=None)
        )
        refresh.refresh_customers(session, shop_id, sorted(touched), clock.now(), "event")
