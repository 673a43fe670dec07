"""How the Admin API finds records and writes tags. `fields` names these for each field of admin.graphql.

A resolver takes the record it belongs to, an `Asked` and the field's arguments; it looks at nothing else.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from graphql import GraphQLError

from dev_store import customers, ids, search
from dev_store.state import Collection, Customer, LineItem, Order, Product, Shop

VISIBLE_HISTORY = timedelta(days=60)


class Call(Protocol):
    """One Admin API request: whose shop, when, and what it may see."""

    shop: Shop
    now: datetime
    scopes: frozenset[str]
    bulk: Any
    files: Any
    announce: customers.Announce
    warnings: list[dict[str, Any]]


class Asked(Protocol):
    """Which field is being answered, in which call."""

    @property
    def context(self) -> Any: ...
    @property
    def field_name(self) -> str: ...


def require(asked: Asked, scope: str) -> None:
    """Refuse the field if the app was not granted `scope`."""
    if scope not in asked.context.scopes:
        raise GraphQLError(
            f"Access denied for {asked.field_name} field. Required access: `{scope}` access scope.",
            extensions={
                "code": "ACCESS_DENIED",
                "documentation": "https://shopify.dev/api/usage/access-scopes",
                "requiredAccess": f"`{scope}` access scope.",
            },
        )


def list_orders(_: Any, asked: Asked, query: str | None = None, **_paging: Any) -> list[Order]:
    """Every order the app may see that fits the search."""
    require(asked, "read_orders")
    return _visible(asked, asked.context.shop.orders, query)


def list_customer_orders(customer: Customer, asked: Asked, query: str | None = None, **_paging: Any) -> list[Order]:
    """The orders of one customer the app may see."""
    require(asked, "read_orders")
    return _visible(asked, customer.orders, query)


def list_customers(_: Any, asked: Asked, query: str | None = None, **_paging: Any) -> list[Customer]:
    """Every customer that fits the search."""
    require(asked, "read_customers")
    found = _search(asked, query, _CUSTOMER_FIELDS)
    return [customer for customer in asked.context.shop.customers.values() if found(customer)]


def list_customer_tags(shop: Shop, asked: Asked, first: int) -> list[str]:
    """Every tag that some customer carries; only so many, because there is no next page."""
    require(asked, "read_customers")
    return sorted({tag for customer in shop.customers.values() for tag in customer.tag_list()})[:first]


def list_lines(order: Order, _: Asked, **_options: Any) -> list[LineItem]:
    """The lines of an order."""
    return order.lines


def list_all_collections(_: Any, asked: Asked, **_options: Any) -> list[Collection]:
    """Every collection of the shop."""
    require(asked, "read_products")
    return list(asked.context.shop.collections.values())


def product_words(told: Callable[[Product], list[str]]) -> Callable[..., list[str]]:
    """What products say of themselves, each word once and in alphabetical order."""

    def resolve(_: Any, asked: Asked, first: int | None = None) -> list[str]:
        require(asked, "read_products")
        found = {word for product in asked.context.shop.products.values() for word in told(product) if word}
        return sorted(found)[:first]

    return resolve


def list_collections(product: Product, _: Asked, **_options: Any) -> list[Collection]:
    """The collections a product is in."""
    return list(product.collections.values())


def product_of(line: LineItem, asked: Asked) -> Product | None:
    """The product of a line, as long as there is one."""
    require(asked, "read_products")
    found: Product | None = asked.context.shop.products.get(line.product_id)
    return found


def list_bulk_operations(_: Any, asked: Asked, query: str | None = None, **_paging: Any) -> list[Any]:
    """The app's bulk operations that fit the search."""
    found = _search(asked, query, _BULK_FIELDS)
    return [operation for operation in asked.context.bulk.all() if found(operation)]


def find_node(_: Any, asked: Asked, id: str) -> Any:  # noqa: A002 - the argument's name in the API
    """The record with this global id, None if there is none."""
    kind, number = _parsed(id)
    shop: Shop = asked.context.shop
    match kind:
        case "Customer":
            require(asked, "read_customers")
            return shop.customers.get(number)
        case "Order":
            require(asked, "read_orders")
            order = shop.orders.get(number)
            return order if order and _may_see(asked, order) else None
        case "Product":
            require(asked, "read_products")
            return shop.products.get(number)
        case "Segment":
            require(asked, "read_customers")
            return shop.segments.get(number)
        case "BulkOperation":
            return asked.context.bulk.find(number)
        case "Shop":
            return shop if number == shop.id else None
    return None


def add_tags(_: Any, asked: Asked, id: str, tags: list[str]) -> dict[str, Any]:  # noqa: A002 - as above
    """tagsAdd: all of the tags or, with the reason in userErrors, none."""
    customer, refusal = _taggable(asked, id)
    if customer is None:
        return refusal
    call: Call = asked.context
    problem = customers.add_tags(call.shop, customer, tags, call.now, call.announce)
    if problem:
        return {"node": None, "userErrors": [{"field": ["tags"], "message": problem}]}
    return {"node": customer, "userErrors": []}


def remove_tags(_: Any, asked: Asked, id: str, tags: list[str]) -> dict[str, Any]:  # noqa: A002 - as above
    """tagsRemove: whatever is there of the tags."""
    customer, refusal = _taggable(asked, id)
    if customer is None:
        return refusal
    call: Call = asked.context
    customers.remove_tags(call.shop, customer, tags, call.now, call.announce)
    return {"node": customer, "userErrors": []}


def _taggable(asked: Asked, text: str) -> tuple[Customer | None, dict[str, Any]]:
    kind, number = _parsed(text)
    require(asked, f"write_{kind.lower()}s")
    customer = asked.context.shop.customers.get(number) if kind == "Customer" else None
    missing = {"field": ["id"], "message": f"{kind} does not exist"}
    return customer, {"node": None, "userErrors": [missing]}


def _parsed(text: str) -> tuple[str, int]:
    found = ids.parse(text)
    if found is None:
        raise GraphQLError("invalid id", extensions={"code": "RESOURCE_NOT_FOUND"})
    return found


def _visible(asked: Asked, orders: Mapping[int, Order], query: str | None) -> list[Order]:
    fits = _search(asked, query, _ORDER_FIELDS)
    return [order for order in orders.values() if _may_see(asked, order) and fits(order)]


def _may_see(asked: Asked, order: Order) -> bool:
    call: Call = asked.context
    return "read_all_orders" in call.scopes or order.created_at >= call.now - VISIBLE_HISTORY


def _search(asked: Asked, query: str | None, fields: Mapping[str, search.Field]) -> Callable[[Any], bool]:
    if not query:
        return lambda _: True
    try:
        found = search.compile_query(query, fields, asked.context.shop.zone)
    except search.UnsupportedSearch as error:
        raise GraphQLError(str(error)) from error
    path = getattr(asked, "path", None)  # a bulk query has none, and nowhere to show warnings either
    for warned in found.warnings:
        asked.context.warnings.append(
            {
                "path": path.as_list() if path else [asked.field_name],
                "query": query,
                "parsed": {"field": warned.field, "match_all": warned.value},
                "warnings": [
                    {
                        "field": warned.field,
                        "message": "Invalid search field for this query.",
                        "code": "invalid_field",
                    }
                ],
            }
        )
    return found.matches


def _order_status(order: Order) -> frozenset[str]:
    return frozenset({"cancelled", "closed"} if order.cancelled_at else {"open", "not_closed"})


_ORDER_FIELDS: dict[str, search.Field] = {
    "id": lambda o: o.id,
    "created_at": lambda o: o.created_at,
    "processed_at": lambda o: o.processed_at,
    "updated_at": lambda o: o.updated_at,
    "customer_id": lambda o: o.customer.id if o.customer else None,
    "financial_status": lambda o: o.financial_status,
    "status": _order_status,
    "test": lambda o: o.test,
}
_CUSTOMER_FIELDS: dict[str, search.Field] = {
    "id": lambda c: c.id,
    "created_at": lambda c: c.created_at,
    "updated_at": lambda c: c.updated_at,
    "tag": lambda c: frozenset(c.tags),
}
_BULK_FIELDS: dict[str, search.Field] = {
    "id": lambda o: o.id,
    "created_at": lambda o: o.created_at,
    "operation_type": lambda o: o.type,
    "status": lambda o: o.status,
}
