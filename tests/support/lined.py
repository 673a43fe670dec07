"""Shops that keep the lines of orders, with products and categories of them, without asking a store for any."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from plugin.db.models import Category, Product
from plugin.history import products
from plugin.shop import shops
from plugin.standing import categories

TYPES = ("Coffee", "coffee ", "Tea", "")
NUMBERS = {"product_type:Coffee": 1, "vendor:Acme": 2, "product_tag:new": 3, "product:3": 4}


def usd(amount: str) -> dict[str, Any]:
    """A set of money, as webhooks have it."""
    return {"shop_money": {"amount": amount, "currency_code": "USD"}}


def line(product: int | None, price: str = "5.00", quantity: int = 1) -> dict[str, Any]:
    """One line of an order's payload."""
    return {"current_quantity": quantity, "quantity": quantity, "product_id": product, "price_set": usd(price)}


def keep_lines(session: Session, shop_id: int, now: datetime) -> None:
    """Let a shop keep lines, know products 1 to 4, and have the categories NUMBERS packed while nothing was there."""
    shop = shops.get(session, shop_id)
    shop.lines_from = shop.lines_at = now
    shop.scopes += ",read_products"
    for key, category in NUMBERS.items():
        kind, value = categories.Key.of(key)
        row = {"number": category, "kind": kind, "value": value, "packed_after": products.LARGEST_ID, "packed_at": now}
        session.add(Category(shop_id=shop_id, **row))
    for number in range(1, 5):
        known = {"product_type": TYPES[number % 4], "vendor": "Acme", "fetched_at": now, "to_fetch": False}
        session.add(Product(shop_id=shop_id, product_id=number, tags=["new"], **known))
