"""The bodies of webhooks, in the shapes of Shopify's REST resources. `commerce` names them, `webhooks` sends them.

No names, addresses or mail: the store has none, and Shopify sends null to an app without leave to see them.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dev_store import ids, metafields, money
from dev_store.state import Customer, LineItem, Order, Product, Refund, RefundLine, Shop


def encode(payload: Any) -> bytes:
    """A body as it is signed and sent."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def order(shop: Shop, order: Order) -> dict[str, Any]:
    """orders/create, updated, paid and cancelled."""
    cancelled = _at(shop, order.cancelled_at)
    shown: dict[str, Any] = {
        "id": order.id,
        "admin_graphql_api_id": ids.gid("Order", order.id),
        "app_id": 580111,
        "cancel_reason": order.cancel_reason,
        "cancelled_at": cancelled,
        "closed_at": cancelled,
        "confirmed": True,
        "created_at": _at(shop, order.created_at),
        "currency": order.currency,
        "email": None,
        "financial_status": order.financial_status,
        "fulfillment_status": None,
        "location_id": None,
        "name": f"#{order.number}",
        "note": None,
        "order_number": order.number,
        "phone": None,
        "presentment_currency": order.currency,
        "processed_at": _at(shop, order.processed_at),
        "source_name": "web",
        "tags": "",
        "test": order.test,
        "updated_at": _at(shop, order.updated_at),
        "user_id": None,
        "customer": customer(shop, order.customer) if order.customer else None,
        "shipping_address": _address(order),
        "billing_address": None,
        "line_items": [_line(line, order.currency) for line in order.lines],
        "refunds": [refund(shop, order, each) for each in order.refunds],
        "returns": [],
        "shipping_lines": [],
        "discount_codes": [],
        "payment_gateway_names": [],
    }
    for name, amount in _order_amounts(order):
        shown[name] = money.in_rest(amount, order.currency)
        shown[f"{name}_set"] = _money_set(amount, order.currency)
    return shown


def refund(shop: Shop, order: Order, refund: Refund) -> dict[str, Any]:
    """refunds/create, and each of an order's refunds."""
    at = _at(shop, refund.created_at)
    return {
        "id": refund.id,
        "admin_graphql_api_id": ids.gid("Refund", refund.id),
        "order_id": order.id,
        "created_at": at,
        "processed_at": at,
        "note": refund.note,
        "restock": False,
        "user_id": None,
        "duties": [],
        "order_adjustments": [],
        "refund_line_items": [_refund_line(line, order.currency) for line in refund.lines],
        "refund_shipping_lines": [],
        "return": None,
        "total_duties_set": _money_set(0, order.currency),
        "transactions": [
            {
                "id": refund.id + 1_000_000_000_000,
                "amount": money.in_rest(refund.amount, order.currency),
                "created_at": at,
                "currency": order.currency,
                "gateway": "manual",
                "kind": "refund",
                "status": "success",
            }
        ],
    }


def edited(
    shop: Shop,
    order: Order,
    number: int,
    additions: Sequence[LineItem],
    removals: Sequence[tuple[LineItem, int]],
    at: datetime,
) -> dict[str, Any]:
    """orders/edited: what changed, without totals and without the customer."""
    return {
        "order_edit": {
            "id": number,
            "app_id": None,
            "order_id": order.id,
            "created_at": _at(shop, at),
            "committed_at": _at(shop, at),
            "notify_customer": False,
            "staff_note": "",
            "user_id": None,
            "line_items": {
                "additions": [{"id": line.id, "delta": line.quantity} for line in additions],
                "removals": [{"id": line.id, "delta": quantity} for line, quantity in removals],
            },
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def customer(shop: Shop, customer: Customer) -> dict[str, Any]:
    """The customer of an order, and most of customers/create and update: no tags and no totals since 2025-01."""
    return {
        "id": customer.id,
        "admin_graphql_api_id": ids.gid("Customer", customer.id),
        "created_at": _at(shop, customer.created_at),
        "updated_at": _at(shop, customer.updated_at),
        "first_name": None,
        "last_name": None,
        "email": None,
        "phone": None,
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "tax_exemptions": [],
        "currency": shop.currency,
        "addresses": [],
        "default_address": None,
    }


def changed_customer(shop: Shop, changed: Customer) -> dict[str, Any]:
    """customers/create and update, with all metafields: a subscription says which it is sent."""
    return customer(shop, changed) | {"metafields": metafields.in_message(changed.metafields.values())}


def customer_deleted(customer: Customer) -> dict[str, Any]:
    """customers/delete."""
    return {
        "id": customer.id,
        "admin_graphql_api_id": ids.gid("Customer", customer.id),
        "tax_exemptions": [],
    }


def merged(kept: Customer, gone: Customer) -> dict[str, Any]:
    """customers/merge that went through."""
    return {
        "admin_graphql_api_customer_kept_id": ids.gid("Customer", kept.id),
        "admin_graphql_api_customer_deleted_id": ids.gid("Customer", gone.id),
        "admin_graphql_api_job_id": None,
        "status": "completed",
        "errors": [],
    }


def merge_failed(kept: Customer, gone: Customer, message: str) -> dict[str, Any]:
    """customers/merge that did not."""
    error = {"customer_ids": [kept.id, gone.id], "field": "tags", "message": message}
    return {**merged(kept, gone), "status": "failed", "errors": [error]}


def tags_changed(shop: Shop, customer: Customer, tags: Sequence[str], at: datetime) -> dict[str, Any]:
    """customer.tags_added and customer.tags_removed: of the newer topics, whose names are camel case."""
    return {"customerId": ids.gid("Customer", customer.id), "tags": [*tags], "occurredAt": _at(shop, at)}


def segment_changed(shop: Shop, segment: int, customer: int) -> dict[str, Any]:
    """customer.joined_segment and customer.left_segment."""
    numbers = {"customer_id": ("Customer", customer), "segment_id": ("Segment", segment), "shop_id": ("Shop", shop.id)}
    return {name: ids.gid(*number) for name, number in numbers.items()}


def purchasing_summary(shop: Shop, customer: Customer, at: datetime) -> dict[str, Any]:
    """customers/purchasing_summary: what a customer bought in all, as Shopify counts it."""
    last = customer.last_order()
    amount = money.in_graphql(customer.amount_spent(), shop.currency)
    return {
        "customerId": ids.gid("Customer", customer.id),
        "numberOfOrders": customer.number_of_orders(),
        "amountSpent": {"amount": amount, "currencyCode": shop.currency},
        "lastOrderId": ids.gid("Order", last.id) if last else None,
        "occurredAt": _at(shop, at),
    }


def consent(shop: Shop, customer: Customer) -> dict[str, Any]:
    """customers_email_marketing_consent/update; the address is kept from apps without leave to see it."""
    return {
        "customer_id": customer.id,
        "email_address": None,
        "email_marketing_consent": {
            "state": customer.email_marketing.lower(),
            "opt_in_level": "single_opt_in",
            "consent_updated_at": _at(shop, customer.email_marketing_at),
        },
    }


def product(shop: Shop, product: Product) -> dict[str, Any]:
    """products/create and update: tags as one text, and nothing about collections."""
    return {
        "id": product.id,
        "admin_graphql_api_id": ids.gid("Product", product.id),
        "title": product.title,
        "product_type": product.product_type,
        "vendor": product.vendor,
        "tags": ", ".join(product.tags),
        "updated_at": _at(shop, product.updated_at),
        "status": "active",
        "variants": [],
    }


def _address(order: Order) -> dict[str, Any] | None:
    if order.place is None:
        return None
    nobody = dict.fromkeys(("first_name", "last_name", "address1", "address2", "city", "zip", "phone", "company"))
    return {**nobody, "country_code": order.place.country, "province_code": order.place.province}


def _order_amounts(order: Order) -> tuple[tuple[str, int], ...]:
    return (
        ("current_subtotal_price", order.current_subtotal),
        ("current_total_discounts", 0),
        ("current_total_price", order.current_total),
        ("current_total_tax", 0),
        ("subtotal_price", order.subtotal),
        ("total_discounts", 0),
        ("total_line_items_price", order.subtotal),
        ("total_price", order.total),
        ("total_shipping_price", order.shipping),
        ("total_tax", 0),
    )


def _line(line: LineItem, currency: str) -> dict[str, Any]:
    price, off = line.unit_price, {"amount": money.in_rest(line.discount, currency)}
    return {
        "id": line.id,
        "admin_graphql_api_id": ids.gid("LineItem", line.id),
        "current_quantity": line.current_quantity,
        "fulfillable_quantity": line.current_quantity,
        "gift_card": line.gift_card,
        "name": line.title,
        "price": money.in_rest(price, currency),
        "price_set": _money_set(price, currency),
        "product_exists": line.product_id is not None,
        "product_id": line.product_id,
        "quantity": line.quantity,
        "requires_shipping": not line.gift_card,
        "selling_plan_id": None,
        "sku": None,
        "taxable": True,
        "title": line.title,
        "total_discount": money.in_rest(0, currency),
        "variant_id": None,
        "vendor": None,
        "discount_allocations": [off | {"amount_set": _money_set(line.discount, currency)}] if line.discount else [],
    }


def _refund_line(line: RefundLine, currency: str) -> dict[str, Any]:
    return {
        "id": line.id,
        "line_item_id": line.line.id,
        "location_id": None,
        "quantity": line.quantity,
        "restock_type": "no_restock",
        "subtotal": float(money.in_rest(line.amount, currency)),  # a JSON number, as Shopify sends it
        "subtotal_set": _money_set(line.amount, currency),
        "total_tax": 0.0,
        "total_tax_set": _money_set(0, currency),
        "line_item": _line(line.line, currency),
    }


def _money_set(amount: int, currency: str) -> dict[str, Any]:
    shown = {"amount": money.in_rest(amount, currency), "currency_code": currency}
    return {"shop_money": shown, "presentment_money": shown}


def _at(shop: Shop, at: datetime | None) -> str | None:
    return at.astimezone(shop.zone).isoformat(timespec="seconds") if at else None
