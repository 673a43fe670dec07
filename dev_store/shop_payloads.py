"""The bodies of webhooks about a shop, the app's standing in it, and what the law lets people ask for.

`standing` and `store` send them. Privacy requests carry a made-up mail address and phone, as Shopify's carry real ones.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dev_store import access, ids
from dev_store.bulk_operations import BulkOperation
from dev_store.state import Shop

_INSTALLATIONS = 500_000_000_000  # what sets an installation's number apart from its shop's


def shop(shop: Shop, at: datetime) -> dict[str, Any]:
    """app/uninstalled and shop/update: the shop itself."""
    return {
        "id": shop.id,
        "name": shop.name,
        "domain": shop.domain,
        "myshopify_domain": shop.domain,
        "email": f"owner@{shop.handle}.test",
        "shop_owner": "Olive Owner",
        "created_at": _at(shop, shop.created_at),
        "updated_at": _at(shop, at),
        "currency": shop.currency,
        "enabled_presentment_currencies": [shop.currency],
        "iana_timezone": shop.timezone,
        "timezone": _described_zone(shop, at),
        "plan_name": {"Basic": "basic", "Advanced": "unlimited", "Plus": "shopify_plus"}[shop.plan_title],
        "plan_display_name": shop.plan_title,
        "primary_locale": "en",
        "taxes_included": False,
    }


def scopes_update(shop: Shop, previous: frozenset[str], at: datetime) -> dict[str, Any]:
    """app/scopes_update: what the app might do, and what it may do now."""
    return {
        "id": shop.id + _INSTALLATIONS,
        "previous": access.granted(previous).split(","),
        "current": access.granted(shop.scopes).split(","),
        "shop_id": shop.gid,
        "updated_at": _at(shop, at),
    }


def data_request(shop: Shop, customer: int, orders: Sequence[int], number: int) -> dict[str, Any]:
    """customers/data_request: somebody wants to know what is stored about them."""
    return {
        "shop_id": shop.id,
        "shop_domain": shop.domain,
        "orders_requested": [*orders],
        "customer": _person(customer),
        "data_request": {"id": number},
    }


def customer_redact(shop: Shop, customer: int, orders: Sequence[int]) -> dict[str, Any]:
    """customers/redact: everything about somebody is to go."""
    return {
        "shop_id": shop.id,
        "shop_domain": shop.domain,
        "customer": _person(customer),
        "orders_to_redact": [*orders],
    }


def shop_redact(shop: Shop) -> dict[str, Any]:
    """shop/redact: everything about a shop is to go."""
    return {"shop_id": shop.id, "shop_domain": shop.domain}


def bulk_finished(shop: Shop, operation: BulkOperation, at: datetime) -> dict[str, Any]:
    """bulk_operations/finish: no address, which must be queried."""
    return {
        "admin_graphql_api_id": ids.gid("BulkOperation", operation.id),
        "created_at": _at(shop, operation.created_at),
        "completed_at": _at(shop, at),
        "error_code": operation.error_code and operation.error_code.lower(),
        "status": operation.status.lower(),
        "type": operation.type.lower(),
    }


def _person(customer: int) -> dict[str, Any]:
    digits = f"{customer:07}"[-7:]
    return {"id": customer, "email": f"buyer.{customer}@mail.test", "phone": f"+1555{digits}"}


def _described_zone(shop: Shop, at: datetime) -> str:
    offset = at.astimezone(shop.zone).strftime("%z")
    return f"(GMT{offset[:3]}:{offset[3:]}) {shop.timezone}"


def _at(shop: Shop, at: datetime) -> str:
    return at.astimezone(shop.zone).isoformat(timespec="seconds")
