"""What a merchant or Shopify does that concerns the app as a whole: scopes, removal, the shop's own data, privacy.

`control_standing` and the admin page call it. `at` is when it happened: the webhook's triggered_at.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dev_store import shop_payloads
from dev_store.bucket import PLANS, Bucket
from dev_store.state import Shop
from dev_store.store import DevStore, with_implied

_CHANGES = frozenset({"name", "currency", "timezone", "plan"})


def grant_scopes(store: DevStore, shop: Shop, scopes: Iterable[str], at: datetime | None = None) -> None:
    """Replace what the app may do in this shop; it is told if that is something else than before."""
    with store.acting(shop, at) as (happened_at, announce):
        previous, shop.scopes = shop.scopes, with_implied(scopes)
        if shop.scopes != previous:
            announce("app/scopes_update", lambda: shop_payloads.scopes_update(shop, previous, happened_at))


def uninstall(store: DevStore, shop: Shop, at: datetime | None = None) -> None:
    """The merchant removes the app: its tokens end, and it is told."""
    with store.acting(shop, at) as (happened_at, announce):
        shop.access.revoke()
        store.bulk[shop.handle].cancel_all()
        announce("app/uninstalled", lambda: shop_payloads.shop(shop, happened_at))
        shop.access.installed = False


def update_shop(store: DevStore, shop: Shop, changes: dict[str, Any], at: datetime | None = None) -> None:
    """The merchant changes the shop's name, currency or time zone, or takes another plan."""
    unknown = changes.keys() - _CHANGES
    if unknown or changes.get("plan", shop.plan) not in PLANS:
        raise ValueError(f"Of a shop change {', '.join(sorted(_CHANGES))}; plans are {', '.join(PLANS)}")
    with store.acting(shop, at) as (happened_at, announce):
        if changes.get("plan", shop.plan) != shop.plan:
            shop.bucket = Bucket.of_plan(changes["plan"])
        for name, value in changes.items():
            setattr(shop, name, value)
        announce("shop/update", lambda: shop_payloads.shop(shop, happened_at))


def request_data(store: DevStore, shop: Shop, customer: int, at: datetime | None = None) -> int:
    """A customer asks what is stored about them; the number of the request."""
    number = next(store.data_requests)
    with store.acting(shop, at) as (_, announce):
        orders = _orders(shop, customer)
        announce("customers/data_request", lambda: shop_payloads.data_request(shop, customer, orders, number))
    return number


def redact_customer(store: DevStore, shop: Shop, customer: int, at: datetime | None = None) -> None:
    """A customer asks to be forgotten. The store itself forgets nothing, for it knows no persons."""
    with store.acting(shop, at) as (_, announce):
        orders = _orders(shop, customer)
        announce("customers/redact", lambda: shop_payloads.customer_redact(shop, customer, orders))


def redact_shop(store: DevStore, shop: Shop, at: datetime | None = None) -> None:
    """Two days have passed since the app was removed: it is to forget the shop."""
    with store.acting(shop, at) as (_, announce):
        announce("shop/redact", lambda: shop_payloads.shop_redact(shop))


def _orders(shop: Shop, customer: int) -> list[int]:
    known = shop.customers.get(customer)
    return [*known.orders] if known else []
