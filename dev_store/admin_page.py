"""The admin a merchant sees: shops, and customers with their tags. `admin_app` is its page with the app.

`server.create_app` registers the blueprint. Looks at the store and presses its buttons; holds no state of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from dev_store import commerce, money
from dev_store.commerce import NewLine, NewOrder, Returned
from dev_store.customers import NotPossible
from dev_store.state import Customer, Order, Shop
from dev_store.store import DevStore, UnknownShop
from plugin import clock

PAGE_SIZE = 50
MOST_DAYS = 3650

blueprint = Blueprint("admin", __name__, static_folder="static", static_url_path="/static", template_folder="templates")


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as the list shows them."""

    id: int
    tags: list[str]
    order_count: int
    spent: str
    last_order_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as the customer's page shows it."""

    id: int
    number: int
    processed_at: datetime
    status: str
    items: int
    total: str
    cancelled: bool
    refundable: bool


@blueprint.before_request
def refuse_other_sites() -> None:
    """No web page elsewhere may press the buttons of a server on this machine."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        abort(403)


@blueprint.get("/")
def shops() -> str:
    """Every shop."""
    return render_template("admin_shops.html", shops=_store().shops())


@blueprint.get("/store/<handle>/customers")
def customers(handle: str) -> str:
    """Customers, all or with one tag, the latest buyers first."""
    shop = _shop(handle)
    tag = request.args.get("tag", "").strip()
    with shop.lock:
        found = [each for each in shop.customers.values() if not tag or tag.casefold() in each.tags]
        found.sort(key=lambda each: (_last_order_at(each) or each.created_at, each.id), reverse=True)
        pages = max(1, -(-len(found) // PAGE_SIZE))
        page = min(max(1, request.args.get("page", 1, int)), pages)
        rows = [_customer_row(shop, each) for each in found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]]
    return _page(
        "admin_customers.html",
        shop,
        here="customers",
        rows=rows,
        tag=tag,
        all_tags=sorted(_store().tags(shop)),
        total=len(found),
        page=page,
        pages=pages,
    )


@blueprint.get("/store/<handle>/customers/<int:number>")
def customer(handle: str, number: int) -> str:
    """One customer's tags and orders."""
    shop = _shop(handle)
    with shop.lock:
        row = _customer_row(shop, _found(shop.customers, number))
        orders = sorted(shop.customers[number].orders.values(), key=lambda order: order.processed_at, reverse=True)
        order_rows = [_order_row(order) for order in orders]
    return _page("admin_customer.html", shop, here="customers", customer=row, orders=order_rows)


@blueprint.post("/store/<handle>/customers/<int:number>/orders")
def place_order(handle: str, number: int) -> Any:
    """The customer buys."""
    shop = _shop(handle)
    _found(shop.customers, number)
    try:
        total = money.minor(request.form["amount"], shop.currency)
    except (ValueError, ArithmeticError):
        abort(400, "The amount is not a number of this currency.")
    items = request.form.get("items", 1, int)
    if total < 0 or items < 1:
        abort(400, "An order has at least one item and costs nothing or more.")
    with _store().acting(shop) as (at, announce):
        commerce.place_order(shop, NewOrder([NewLine("Something nice", items, total)], number), at, announce)
    return redirect(url_for(".customer", handle=handle, number=number))


@blueprint.post("/store/<handle>/orders/<int:number>/refund")
def refund(handle: str, number: int) -> Any:
    """All the money for an order goes back."""
    shop = _shop(handle)
    with _store().acting(shop) as (at, announce):
        order = _found(shop.orders, number)
        commerce.refund_order(shop, order, _all_that_is_left(order), at, announce)
    return _back_to_customer(handle, order)


@blueprint.post("/store/<handle>/orders/<int:number>/cancel")
def cancel(handle: str, number: int) -> Any:
    """An order is called off."""
    shop = _shop(handle)
    with _store().acting(shop) as (at, announce):
        order = _found(shop.orders, number)
        commerce.cancel_order(shop, order, "customer", at, announce)
    return _back_to_customer(handle, order)


@blueprint.post("/store/<handle>/clock")
def move_clock(handle: str) -> Any:
    """Time passes: what was to come until then happens, then every shop lives so many days later."""
    store, days = _store(), request.form.get("days", 0, int)
    if store.settings.clock_file is None:
        abort(409, "This development store was started without a clock file.")
    if not 1 <= days <= MOST_DAYS:
        abort(400, f"The clock moves ahead by 1 to {MOST_DAYS} days.")
    goes_on = not _stands_still(store.settings.clock_file)
    to = store.now() + timedelta(days=days)
    current_app.extensions["dev_store_timeline"].advance(to)
    if goes_on:
        store.set_clock(f"+{(to - clock.wall()).total_seconds():.0f}")
    return redirect(url_for(".customers", handle=handle))


@blueprint.errorhandler(HTTPException)
def refuse(error: HTTPException) -> Any:
    """Say on a page what HTTP says."""
    return render_template("admin_message.html", message=error.description), error.code or 500


@blueprint.errorhandler(UnknownShop)
def unknown_shop(_error: UnknownShop) -> Any:
    """No shop of that name."""
    return render_template("admin_message.html", message="There is no such shop."), 404


@blueprint.errorhandler(NotPossible)
def not_possible(error: NotPossible) -> Any:
    """The store says why it cannot be done."""
    return render_template("admin_message.html", message=str(error)), 409


def _store() -> DevStore:
    store: DevStore = current_app.extensions["dev_store"]
    return store


def _shop(handle: str) -> Shop:
    return _store().shop(handle)


def _found(things: dict[int, Any], number: int) -> Any:
    if number not in things:
        abort(404)
    return things[number]


def _page(template: str, shop: Shop, **values: Any) -> str:
    return render_template(template, shop=shop, now=_store().now(), **values)


def _stands_still(clock_file: Path) -> bool:
    setting = clock_file.read_text().strip() if clock_file.exists() else ""
    return bool(setting) and setting[0] not in "+-"


def _customer_row(shop: Shop, customer: Customer) -> CustomerRow:
    spent = sum(order.current_total for order in customer.orders.values() if not order.cancelled_at)
    return CustomerRow(
        customer.id,
        customer.tag_list(),
        len(customer.orders),
        _amount(spent, shop.currency),
        _last_order_at(customer),
    )


def _order_row(order: Order) -> OrderRow:
    return OrderRow(
        id=order.id,
        number=order.number,
        processed_at=order.processed_at,
        status=order.financial_status.replace("_", " "),
        items=sum(line.current_quantity for line in order.lines),
        total=_amount(order.current_total, order.currency),
        cancelled=order.cancelled_at is not None,
        refundable=order.current_total > 0 and order.financial_status not in commerce.UNPAID,
    )


def _last_order_at(customer: Customer) -> datetime | None:
    return max((order.processed_at for order in customer.orders.values()), default=None)


def _amount(minor: int, currency: str) -> str:
    return f"{money.in_rest(minor, currency)} {currency}"


def _all_that_is_left(order: Order) -> list[Returned]:
    # Shipping belongs to no line: it goes back with the first one.
    spare = order.current_total - sum(line.current_total for line in order.lines)
    return [
        Returned(index, line.current_quantity, line.current_total + (spare if index == 0 else 0))
        for index, line in enumerate(order.lines)
    ]


def _back_to_customer(handle: str, order: Order) -> Any:
    if order.customer is None:
        return redirect(url_for(".customers", handle=handle))
    return redirect(url_for(".customer", handle=handle, number=order.customer.id))
