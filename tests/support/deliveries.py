"""Deliveries of a made-up shop, for tests that shuffle and repeat them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from plugin import clock
from plugin.db import session as db
from plugin.deliveries import inbox
from plugin.deliveries.inbox import Delivery
from tests.support import shop as shops
from workers import drain_inbox

START = datetime(2026, 1, 1, tzinfo=UTC)
CUSTOMERS = (1, 2, 3, 4)
ADDRESSES = tuple(
    codes and dict(zip(("country_code", "province_code"), codes, strict=True))
    for codes in (None, None, ("CA", "ON"), ("CA", "AB"), ("US", None), ("JP", "JP-13"))
)
STATUSES = ("pending", "authorized", "paid", "partially_refunded", "refunded", "voided", None)


@dataclass(frozen=True)
class Posted:
    """A delivery before it has its id."""

    topic: str
    payload: Any
    triggered_at: datetime


def instants(first: int = 0, last: int = 30) -> st.SearchStrategy[datetime]:
    """Few and whole seconds: ties are what is interesting."""
    return st.integers(first, last).map(lambda seconds: START + timedelta(seconds=seconds))


@st.composite
def order_payloads(draw: st.DrawFn) -> Posted:
    updated_at = draw(instants())
    payload = shops.order(
        draw(st.integers(1, 4)),
        draw(st.sampled_from((*CUSTOMERS, None))),
        at=draw(instants()).isoformat(),
        total=draw(st.sampled_from(("0.00", "10.00", "499.99", "500.00"))),
        updated_at=updated_at.isoformat(),
        financial_status=draw(st.sampled_from(STATUSES)),
        cancelled_at=draw(st.sampled_from((None, None, None, START.isoformat()))),
        test=draw(st.sampled_from((False, False, False, True))),
        shipping_address=draw(st.sampled_from(ADDRESSES)),
        billing_address=draw(st.sampled_from(ADDRESSES)),
    )
    topic = draw(st.sampled_from(("orders/create", "orders/updated", "orders/paid", "orders/cancelled")))
    return Posted(topic, payload, updated_at + timedelta(milliseconds=draw(st.integers(0, 2))))


def changes() -> st.SearchStrategy[Posted]:
    """Messages that say that an order changed, or is gone."""
    ids = st.integers(1, 4)
    refunds = st.builds(
        lambda i, at: Posted("refunds/create", {"order_id": i, "created_at": at.isoformat()}, at), ids, instants()
    )
    edits = st.builds(
        lambda i, at: Posted("orders/edited", {"order_edit": {"order_id": i, "committed_at": at.isoformat()}}, at),
        ids,
        instants(),
    )
    deletions = st.builds(lambda i, at: Posted("orders/delete", {"id": i}, at), ids, instants())
    return st.one_of(refunds, edits, deletions)


def customers() -> st.SearchStrategy[Posted]:
    """Messages about customers. Each signed up once; any may be deleted."""
    signed_up = {customer: (START - timedelta(days=customer)).isoformat() for customer in CUSTOMERS}
    ids = st.sampled_from(CUSTOMERS)
    seen = st.builds(
        lambda i, at: Posted("customers/update", {"id": i, "created_at": signed_up[i]}, at), ids, instants()
    )
    deletions = st.builds(lambda at: Posted("customers/delete", {"id": 4}, at), instants())
    return st.one_of(seen, deletions)


@st.composite
def merges(draw: st.DrawFn) -> list[Posted]:
    """Merges as Shopify allows them: a customer goes once, and only into one that is still there or goes later."""
    found = []
    for gone in (1, 2):
        kept = draw(st.sampled_from((None, *range(gone + 1, 4))))
        if kept:
            payload = {
                "admin_graphql_api_customer_kept_id": f"gid://shopify/Customer/{kept}",
                "admin_graphql_api_customer_deleted_id": f"gid://shopify/Customer/{gone}",
                "status": draw(st.sampled_from(("completed", "completed", "failed"))),
            }
            found.append(Posted("customers/merge", payload, draw(instants())))
    return found


@st.composite
def histories(draw: st.DrawFn) -> list[Posted]:
    """All that happened in a shop, in no order."""
    orders = draw(st.lists(order_payloads(), max_size=10))
    return orders + draw(st.lists(changes(), max_size=3)) + draw(st.lists(customers(), max_size=3)) + draw(merges())


def deliver(shop_id: int, posted: list[tuple[int, Posted]], batch: int) -> None:
    """Hand numbered messages to the inbox, so many at a time, and fold each batch."""
    for start in range(0, len(posted), batch):
        with db.write() as session:
            for number, message in posted[start : start + batch]:
                body = json.dumps(message.payload).encode()
                delivery = Delivery(str(number), message.topic, None, message.triggered_at, body)
                inbox.accept(session, shop_id, delivery, clock.now())
        while drain_inbox.drain_batch(shop_id):
            pass
