"""The part of the control API that plays merchants and buyers: orders and customers of one shop. `client` speaks it."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from dev_store import commerce, money, payloads, places
from dev_store import customers as people
from dev_store.commerce import NewLine, NewOrder, Returned
from dev_store.control import given, store
from dev_store.metafields import Metafield
from dev_store.places import Place
from dev_store.state import Customer, Order, Shop

blueprint = Blueprint("control_commerce", __name__, url_prefix="/dev/shops/<handle>")


@blueprint.get("/tags")
def tags(handle: str) -> Response:
    """Every tag in use, with the numbers of the customers who carry it."""
    return jsonify(store().tags(store().shop(handle)))


@blueprint.get("/orders")
def orders(handle: str) -> Response:
    """All orders, or one customer's."""
    shop = store().shop(handle)
    with shop.lock:
        of = request.args.get("customer", type=int)
        found = shop.orders if of is None else _customer(shop, of).orders
        return jsonify([payloads.order(shop, order) for order in found.values()])


@blueprint.get("/orders/<int:number>")
def order(handle: str, number: int) -> Response:
    """One order."""
    shop = store().shop(handle)
    with shop.lock:
        return jsonify(payloads.order(shop, _order(shop, number)))


@blueprint.post("/orders")
def place_order(handle: str) -> Response:
    """Place an order: customer is a number, "new", or null for a guest."""
    shop, body = store().shop(handle), given()
    customer = body.get("customer", "new")
    number = next(shop.numbers) if customer == "new" else customer
    new = NewOrder(
        lines=[_new_line(shop, line) for line in body["lines"]],
        customer_id=number,
        financial_status=body.get("financial_status", "paid"),
        test=body.get("test", False),
        shipping=money.minor(body.get("shipping", 0), shop.currency),
        processed_at=datetime.fromisoformat(body["processed_at"]) if "processed_at" in body else None,
        place=_place(body) if "country" in body else places.of_customer(number),
    )
    with store().acting(shop) as (at, announce):
        return jsonify(payloads.order(shop, commerce.place_order(shop, new, at, announce)))


@blueprint.post("/orders/<int:number>/<action>")
def change_order(handle: str, number: int, action: str) -> Response:
    """Pay, refund, cancel or edit an order, or correct where it goes."""
    shop, body = store().shop(handle), given()
    with store().acting(shop) as (at, announce):
        order = _order(shop, number)
        match action:
            case "pay":
                commerce.pay_order(shop, order, at, announce)
            case "refund":
                commerce.refund_order(shop, order, _returned(shop, order, body), at, announce, body.get("note"))
            case "cancel":
                commerce.cancel_order(shop, order, body.get("reason", "customer"), at, announce)
            case "address":
                commerce.send_elsewhere(shop, order, _place(body), at, announce)
            case "edit":
                added = [_new_line(shop, line) for line in body.get("added", ())]
                removed = [(part["index"], part["quantity"]) for part in body.get("removed", ())]
                commerce.edit_order(shop, order, added, removed, at, announce)
            case _:
                abort(404)
        return jsonify(payloads.order(shop, order))


@blueprint.delete("/orders/<int:number>")
def delete_order(handle: str, number: int) -> Response:
    """Remove an order for good."""
    shop = store().shop(handle)
    with store().acting(shop) as (at, announce):
        commerce.delete_order(shop, _order(shop, number), at, announce)
    return jsonify(ok=True)


@blueprint.get("/customers")
def customers(handle: str) -> Response:
    """Every customer."""
    shop = store().shop(handle)
    with shop.lock:
        return jsonify([_shown(shop, customer) for customer in shop.customers.values()])


@blueprint.get("/customers/<int:number>")
def customer(handle: str, number: int) -> Response:
    """One customer."""
    shop = store().shop(handle)
    with shop.lock:
        return jsonify(_shown(shop, _customer(shop, number)))


@blueprint.post("/customers")
def create_customer(handle: str) -> Response:
    """Somebody signs up."""
    shop = store().shop(handle)
    with store().acting(shop) as (at, announce):
        return jsonify(_shown(shop, people.create(shop, at, announce)))


@blueprint.post("/customers/<int:number>/<action>")
def change_customer(handle: str, number: int, action: str) -> Response:
    """Touch a customer, merge another into it, change its consent, or its tags as the merchant."""
    shop, body = store().shop(handle), given()
    with store().acting(shop) as (at, announce):
        customer = _customer(shop, number)
        match action:
            case "update":
                people.update(shop, customer, at, announce)
            case "merge":
                people.merge(shop, customer, _customer(shop, body["gone"]), at, announce)
            case "metafield":
                told = _metafield(shop, body, at)
                people.set_metafield(shop, customer, told, announce, touches=body.get("touches", True))
            case "consent":
                people.set_consent(shop, customer, body["state"], at, announce)
            case "tags":
                people.remove_tags(shop, customer, body.get("remove", ()), at, announce)
                problem = people.add_tags(shop, customer, body.get("add", ()), at, announce)
                if problem:
                    raise people.NotPossible(problem)
                people.update(shop, customer, at, announce)
            case _:
                abort(404)
        return jsonify(_shown(shop, customer))


@blueprint.delete("/customers/<int:number>")
def delete_customer(handle: str, number: int) -> Response:
    """Remove a customer; ?force=1 also one with orders."""
    shop = store().shop(handle)
    with store().acting(shop) as (_, announce):
        force = request.args.get("force") == "1"
        people.delete(shop, _customer(shop, number), announce, force=force)
    return jsonify(ok=True)


def _order(shop: Shop, number: int) -> Order:
    return shop.orders.get(number) or abort(404, f"No order {number}")


def _customer(shop: Shop, number: int) -> Customer:
    return shop.customers.get(number) or abort(404, f"No customer {number}")


def _place(body: dict[str, Any]) -> Place | None:
    return places.of_codes(body["country"], body.get("province"))


def _new_line(shop: Shop, line: dict[str, Any]) -> NewLine:
    quantity, discount = line.get("quantity", 1), money.minor(line.get("discount", 0), shop.currency)
    return NewLine(
        title=line.get("title", "Goods"),
        quantity=quantity,
        total=quantity * money.minor(line["price"], shop.currency) - discount,
        gift_card=line.get("gift_card", False),
        product_id=line.get("product"),
        discount=discount,
    )


def _metafield(shop: Shop, body: dict[str, Any], at: datetime) -> Metafield:
    at = datetime.fromisoformat(body["updated_at"]) if "updated_at" in body else people.whole_second(at)
    kind = body.get("type", "number_integer")
    return Metafield(next(shop.numbers), body["namespace"], body["key"], str(body["value"]), kind, at, at)


def _returned(shop: Shop, order: Order, body: dict[str, Any]) -> list[Returned]:
    if "lines" not in body:  # nothing named: everything that is left
        return commerce.all_that_is_left(order)
    parts = []
    for part in body["lines"]:
        line = order.lines[part["index"]]
        quantity = part.get("quantity", line.current_quantity)
        share = line.current_total * quantity // line.current_quantity if line.current_quantity else 0
        amount = money.minor(part["amount"], shop.currency) if "amount" in part else share
        parts.append(Returned(part["index"], quantity, amount))
    return parts


def _shown(shop: Shop, customer: Customer) -> dict[str, Any]:
    shown = payloads.customer(shop, customer)
    return shown | {"tags": customer.tag_list(), "order_ids": list(customer.orders)}
