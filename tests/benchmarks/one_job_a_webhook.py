"""The plain way to handle webhooks, as a baseline: one RQ job each, one customer read, judged and saved in each.

Clear and usual app code over the same tables: it has no batches, no packed histories and no engine.
"""

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from plugin.db import session as db
from plugin.db.models import Customer, Order

DAY = timedelta(days=1)
COUNTED = ("paid", "partially_paid", "partially_refunded", "authorized")


def handle(shop_id: int, body: str, now: datetime | None = None) -> None:
    """Save the order, then work out its customer's segments from all their orders."""
    payload = json.loads(body)
    now = now or datetime.now(UTC)
    with db.write() as session:
        order = session.get(Order, (shop_id, payload["id"])) or Order(
            shop_id=shop_id, order_id=payload["id"], version=""
        )
        order.customer_id = payload["customer"]["id"]
        order.processed_at = datetime.fromisoformat(payload["processed_at"])
        order.total = round(float(payload["current_total_price_set"]["shop_money"]["amount"]) * 100)
        order.financial_status, order.test = payload["financial_status"], False
        session.add(order)
        session.flush()
        customer = session.get(Customer, (shop_id, order.customer_id))
        if customer is None:
            customer = Customer(shop_id=shop_id, customer_id=order.customer_id)
            customer.wanted_tags = customer.applied_tags = customer.unsure_tags = customer.foreign_tags = 0
            session.add(customer)
        mine = select(Order).where(Order.shop_id == shop_id, Order.customer_id == order.customer_id)
        customer.wanted_tags = segments(list(session.scalars(mine)), now)


def segments(orders: list[Order], now: datetime) -> int:
    """The default segments' bits."""
    orders = [order for order in orders if order.financial_status in COUNTED and order.cancelled_at is None]
    placed = sorted(order.processed_at for order in orders if order.processed_at)
    recent = [at for at in placed if now - at < 90 * DAY]
    spent = sum(o.total or 0 for o in orders if o.processed_at and now - o.processed_at < 365 * DAY)
    days = (now - placed[-1]) // DAY if placed else -1
    truths = [len(placed) == 1, len(placed) >= 2, len(recent) >= 3, spent >= 50_000, 90 <= days < 180, days >= 180]
    return sum(bit << position for position, bit in enumerate(truths))
