"""A shop in the database, and deliveries as Shopify would post them."""

import base64
import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from plugin import clock, config
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.history.ledger import Ledger
from plugin.schemas.facts import CustomersMerged
from plugin.segments import presets
from plugin.shop import shops
from plugin.standing import segment_store

DOMAIN = "demo.myshopify.com"


def make_shop(domain: str = DOMAIN, definitions: list[dict] | None = None, **columns: Any) -> int:
    """A shop with its history imported and the default segments; returns its id."""
    now = clock.now()
    with db.write() as session:
        usual = {"currency": "USD", "imported_at": now, "settings": {}, "scopes": "read_orders,write_customers"}
        shop = Shop(domain=domain, installed_at=now, **{**usual, **columns})
        session.add(shop)
        session.flush()
        segment_store.save(session, shop.id, presets.DEFAULTS if definitions is None else definitions, now)
        return shop.id


def merge(shop_id: int, kept: int, gone: int) -> None:
    """Two customers become one."""
    with db.write() as session:
        shops.hold(session, shop_id)
        book = Ledger(session, shop_id)
        book.merge_customers(CustomersMerged(kept, gone, completed=True))
        book.save()


def order(order_id: int, customer: int | None = 7, at: str = "2026-01-01T10:00:00Z", total: str = "100.00", **fields):
    """An orders/* payload."""
    money = {"shop_money": {"amount": total, "currency_code": "USD"}, "presentment_money": {"amount": "1.00"}}
    return {
        "id": order_id,
        "customer": {"id": customer, "email": None} if customer else None,
        "processed_at": at,
        "updated_at": at,
        "cancelled_at": None,
        "test": False,
        "financial_status": "paid",
        "current_total_price_set": money,
        "current_subtotal_price_set": money,
        "line_items": [{"current_quantity": 1, "gift_card": False, "title": "x"}],
    } | fields


def headers(topic: str, body: bytes, **changes: str | None) -> dict[str, str]:
    """The headers Shopify sends with a body; a change of None leaves one out."""
    secret = config.current().client_secret.encode()
    signature = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
    sent = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-Webhook-Id": str(uuid.uuid4()),
        "X-Shopify-Triggered-At": datetime.now(UTC).isoformat(),
    } | changes
    return {name: value for name, value in sent.items() if value is not None}


def post(client, topic: str, payload: Any, **changes: str | None):
    """Post a payload to the app's door."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return client.post("/webhooks", data=body, headers=headers(topic, body, **changes))
