"""The part of the control API that plays a merchant's catalogue. `client_products` speaks it."""

from flask import Blueprint, Response, jsonify

from dev_store import payloads, products
from dev_store.control import given, store
from dev_store.products import Described

blueprint = Blueprint("control_products", __name__, url_prefix="/dev/shops/<handle>/products")


@blueprint.put("/<int:number>")
def put(handle: str, number: int) -> Response:
    """Make a product or describe it anew."""
    shop, body = store().shop(handle), given()
    described = Described(
        title=body.get("title", f"Product {number}"),
        product_type=body.get("product_type", ""),
        vendor=body.get("vendor", ""),
        tags=tuple(body.get("tags", ())),
        collections=tuple(body.get("collections", ())),
    )
    with store().acting(shop) as (at, announce):
        return jsonify(payloads.product(shop, products.put(shop, number, described, at, announce)))


@blueprint.put("/<int:number>/collections")
def collect(handle: str, number: int) -> Response:
    """Put a product into collections, in silence."""
    shop = store().shop(handle)
    with store().acting(shop):
        return jsonify(payloads.product(shop, products.collect(shop, number, given()["titles"])))


@blueprint.delete("/<int:number>")
def delete(handle: str, number: int) -> Response:
    """Remove a product for good."""
    shop = store().shop(handle)
    with store().acting(shop) as (_, announce):
        products.delete(shop, number, announce)
    return jsonify(ok=True)


@blueprint.get("/collections")
def collections(handle: str) -> Response:
    """The numbers of the shop's collections, by title."""
    shop = store().shop(handle)
    with shop.lock:
        return jsonify({each.title: each.id for each in shop.collections.values()})
