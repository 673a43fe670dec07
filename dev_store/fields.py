"""Which resolver answers which field of admin.graphql, on one screen. `admin_schema` hangs them on the schema,
`bulk_plan` calls the same ones without the executor. Changes nothing.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from dev_store import connections, ids, metafields, money, resolvers
from dev_store.resolvers import Asked
from dev_store.state import Customer, Order

Resolver = Callable[..., Any]

COUNT_LIMIT = 10_000


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z" if at else None


def _order_money(field: str) -> Resolver:
    return lambda order, _: (getattr(order, field), order.currency)


def _money(amount: int, asked: Asked) -> tuple[int, str]:
    return amount, asked.context.shop.currency


def _same(source: Any, _: Asked) -> Any:
    return source


def _item(name: str) -> Resolver:
    return lambda source, _: source[name]


def _attribute(name: str) -> Resolver:
    return lambda source, _: getattr(source, name)


def _metafield(name: str) -> Resolver:
    return lambda source, _: metafields.shown(source, name)


def _gid(kind: str) -> Resolver:
    return lambda source, _: ids.gid(kind, source.id)


def _edges(page: connections.Page, _: Asked) -> list[tuple[connections.Page, Any]]:
    return [(page, node) for node in page.nodes]


def _first_cursor(page: connections.Page, _: Asked) -> str | None:
    return page.cursor(page.nodes[0]) if page.nodes else None


def _last_cursor(page: connections.Page, _: Asked) -> str | None:
    return page.cursor(page.nodes[-1]) if page.nodes else None


def _count(list_all: Resolver) -> Resolver:
    def resolve(
        source: Any, asked: Asked, limit: int | None = COUNT_LIMIT, query: str | None = None, **_: Any
    ) -> tuple[int, str]:
        count = len(list_all(source, asked, query=query))
        return (limit, "AT_LEAST") if limit is not None and count > limit else (count, "EXACT")

    return resolve


def _found(kind: str) -> Resolver:
    def resolve(source: Any, asked: Asked, id: str) -> Any:  # noqa: A002 - the argument's name in the API
        parsed = ids.parse(id)
        if parsed is None or parsed[0] != kind:
            raise GraphQLError("invalid id", extensions={"code": "RESOURCE_NOT_FOUND"})
        return resolvers.find_node(source, asked, id)

    return resolve


def _find_all(source: Any, asked: Asked, ids: list[str]) -> list[Any]:
    return [resolvers.find_node(source, asked, each) for each in ids]


def _shown_customer(order: Order, asked: Asked) -> Customer | None:
    resolvers.require(asked, "read_customers")
    return order.customer


def _last_order(customer: Customer, asked: Asked) -> Order | None:
    orders = resolvers.list_customer_orders(customer, asked)
    return max(orders, key=lambda order: (order.processed_at, order.id), default=None)


def _bulk_operations(
    source: Any,
    asked: Asked,
    query: str | None = None,
    reverse: bool = False,
    sortKey: str = "CREATED_AT",  # noqa: N803 - the argument's name in the API
    **paging: Any,
) -> connections.Page:
    # Unlike everything else these come with the newest first.
    nodes = resolvers.list_bulk_operations(source, asked, query=query)
    return connections.page(nodes, _SORTED_BY[sortKey], reverse=not reverse, **paging)


def _result_of(is_shown: Callable[[str], bool]) -> Resolver:
    def resolve(operation: Any, asked: Asked) -> str | None:
        address: str | None = asked.context.files.signed(operation.result)
        return address if operation.completed_at and is_shown(operation.status) else None

    return resolve


_SORTED_BY: dict[str, Callable[[Any], tuple[Any, int]]] = {
    "ID": lambda record: (record.id, record.id),
    "CREATED_AT": lambda record: (record.created_at, record.id),
    "PROCESSED_AT": lambda record: (record.processed_at, record.id),
    "TITLE": lambda record: (record.title, record.id),
    "UPDATED_AT": lambda record: (record.updated_at, record.id),
    "COMPLETED_AT": lambda record: (record.completed_at or datetime.max.replace(tzinfo=UTC), record.id),
}


def _connection(list_all: Resolver) -> Resolver:
    def resolve(source: Any, asked: Asked, query: str | None = None, **paging: Any) -> connections.Page:
        if paging.pop("savedSearchId", None):
            raise GraphQLError("The development store keeps no saved searches")
        key = _SORTED_BY[paging.pop("sortKey", "ID")]
        return connections.page(list_all(source, asked, query=query), key, **paging)

    return resolve


# Every connection, by what lists all its nodes: a page is cut out of the list, a bulk query walks the whole of it.
CONNECTIONS: dict[tuple[str, str], Resolver] = {
    ("QueryRoot", "customers"): resolvers.list_customers,
    ("QueryRoot", "orders"): resolvers.list_orders,
    ("Customer", "orders"): resolvers.list_customer_orders,
    ("Order", "lineItems"): resolvers.list_lines,
    ("Product", "collections"): resolvers.list_collections,
}

_CONNECTION: dict[str, Resolver] = {"edges": _edges, "nodes": _attribute("nodes"), "pageInfo": _same}
_EDGE: dict[str, Resolver] = {
    "cursor": lambda edge, _: edge[0].cursor(edge[1]),
    "node": lambda edge, _: edge[1],
}
_PAYLOAD: dict[str, Resolver] = {"node": _item("node"), "userErrors": _item("userErrors")}
_USER_ERROR: dict[str, Resolver] = {name: _item(name) for name in ("code", "field", "message")}
_BULK_PAYLOAD: dict[str, Resolver] = {
    "bulkOperation": _item("bulkOperation"),
    "userErrors": _item("userErrors"),
}

FIELDS: dict[str, dict[str, Resolver]] = {
    "QueryRoot": {
        "bulkOperation": _found("BulkOperation"),
        "bulkOperations": _bulk_operations,
        "currentAppInstallation": lambda _, asked: asked.context,
        "customer": _found("Customer"),
        "customersCount": _count(resolvers.list_customers),
        "node": resolvers.find_node,
        "nodes": _find_all,
        "order": _found("Order"),
        "ordersCount": _count(resolvers.list_orders),
        "product": _found("Product"),
        "shop": lambda _, asked: asked.context.shop,
    },
    "Shop": {
        "currencyCode": _attribute("currency"),
        "customerTags": resolvers.list_customer_tags,
        "ianaTimezone": _attribute("timezone"),
        "id": _attribute("gid"),
        "myshopifyDomain": _attribute("domain"),
        "name": _attribute("name"),
        "plan": _same,
    },
    "StringConnection": {"nodes": _same},
    "ShopPlan": {
        "partnerDevelopment": lambda *_: True,
        "publicDisplayName": _attribute("plan_title"),
        "shopifyPlus": lambda shop, _: shop.plan_title == "Plus",
    },
    "AppInstallation": {
        "accessScopes": lambda call, _: sorted(call.scopes),
        "id": lambda call, _: ids.gid("AppInstallation", call.shop.id),
    },
    "AccessScope": {"description": lambda scope, _: scope.replace("_", " ").capitalize(), "handle": _same},
    "Customer": {
        "amountSpent": lambda customer, asked: (customer.amount_spent(), asked.context.shop.currency),
        "createdAt": lambda customer, _: _instant(customer.created_at),
        "defaultEmailAddress": _same,
        "id": _gid("Customer"),
        "lastOrder": _last_order,
        "legacyResourceId": lambda customer, _: str(customer.id),
        "metafield": lambda customer, _, key, namespace=None: metafields.of(customer, key, namespace),
        "numberOfOrders": lambda customer, _: str(customer.number_of_orders()),
        "tags": lambda customer, _: customer.tag_list(),
        "updatedAt": lambda customer, _: _instant(customer.updated_at),
    },
    "CustomerEmailAddress": {
        "marketingOptInLevel": lambda customer, _: "SINGLE_OPT_IN" if customer.email_marketing_at else None,
        "marketingState": _attribute("email_marketing"),
        "marketingUpdatedAt": lambda customer, _: _instant(customer.email_marketing_at),
    },
    "Metafield": {name: _metafield(name) for name in metafields.FIELDS},
    "CustomerConnection": _CONNECTION,
    "CustomerEdge": _EDGE,
    "Order": {
        "cancelReason": lambda order, _: order.cancel_reason and order.cancel_reason.upper(),
        "cancelledAt": lambda order, _: _instant(order.cancelled_at),
        "createdAt": lambda order, _: _instant(order.created_at),
        "currencyCode": _attribute("currency"),
        "currentSubtotalPriceSet": _order_money("current_subtotal"),
        "currentTotalPriceSet": _order_money("current_total"),
        "customer": _shown_customer,
        "displayFinancialStatus": lambda order, _: order.financial_status.upper(),
        "id": _gid("Order"),
        "legacyResourceId": lambda order, _: str(order.id),
        "name": lambda order, _: f"#{order.number}",
        "processedAt": lambda order, _: _instant(order.processed_at),
        "subtotalPriceSet": _order_money("subtotal"),
        "test": _attribute("test"),
        "totalPriceSet": _order_money("total"),
        "updatedAt": lambda order, _: _instant(order.updated_at),
    },
    "OrderConnection": _CONNECTION,
    "OrderEdge": _EDGE,
    "LineItem": {
        "currentQuantity": _attribute("current_quantity"),
        "discountAllocations": lambda line, asked: [_money(line.discount, asked)] if line.discount else [],
        "id": _gid("LineItem"),
        "isGiftCard": _attribute("gift_card"),
        "originalTotalSet": lambda line, asked: _money(line.unit_price * line.quantity, asked),
        "product": resolvers.product_of,
        "quantity": _attribute("quantity"),
        "title": _attribute("title"),
    },
    "LineItemConnection": _CONNECTION,
    "LineItemEdge": _EDGE,
    "DiscountAllocation": {"allocatedAmountSet": _same},
    "Product": {
        "id": _gid("Product"),
        "legacyResourceId": lambda product, _: str(product.id),
        "productType": _attribute("product_type"),
        "tags": _attribute("tags"),
        "title": _attribute("title"),
        "updatedAt": lambda product, _: _instant(product.updated_at),
        "vendor": _attribute("vendor"),
    },
    "Collection": {"id": _gid("Collection"), "title": _attribute("title")},
    "CollectionConnection": _CONNECTION,
    "CollectionEdge": _EDGE,
    "PageInfo": {
        "endCursor": _last_cursor,
        "hasNextPage": _attribute("has_next"),
        "hasPreviousPage": _attribute("has_previous"),
        "startCursor": _first_cursor,
    },
    "MoneyBag": {"presentmentMoney": _same, "shopMoney": _same},
    "MoneyV2": {
        "amount": lambda amount, _: money.in_graphql(*amount),
        "currencyCode": lambda amount, _: amount[1],
    },
    "Count": {"count": lambda count, _: count[0], "precision": lambda count, _: count[1]},
    "BulkOperation": {
        "completedAt": lambda operation, _: _instant(operation.completed_at),
        "createdAt": lambda operation, _: _instant(operation.created_at),
        "errorCode": _attribute("error_code"),
        "fileSize": lambda operation, _: str(operation.file_size) if operation.file_size else None,
        "id": _gid("BulkOperation"),
        "objectCount": lambda operation, _: str(operation.object_count),
        "partialDataUrl": _result_of(lambda status: status != "COMPLETED"),
        "query": _attribute("query"),
        "rootObjectCount": lambda operation, _: str(operation.root_object_count),
        "status": _attribute("status"),
        "type": _attribute("type"),
        "url": _result_of(lambda status: status == "COMPLETED"),
    },
    "BulkOperationConnection": _CONNECTION,
    "BulkOperationEdge": _EDGE,
    "BulkMutationUserError": _USER_ERROR,
    "BulkOperationUserError": _USER_ERROR,
    "BulkOperationRunQueryPayload": _BULK_PAYLOAD,
    "BulkOperationRunMutationPayload": _BULK_PAYLOAD,
    "BulkOperationCancelPayload": _BULK_PAYLOAD,
    "TagsAddPayload": _PAYLOAD,
    "TagsRemovePayload": _PAYLOAD,
    "StagedUploadsCreatePayload": {"stagedTargets": _item("stagedTargets"), "userErrors": _item("userErrors")},
    "StagedMediaUploadTarget": {name: _item(name) for name in ("parameters", "resourceUrl", "url")},
    "StagedUploadParameter": {"name": _item("name"), "value": _item("value")},
    "UserError": {"field": _item("field"), "message": _item("message")},
}
for (_type, _name), _list_all in CONNECTIONS.items():
    FIELDS[_type][_name] = _connection(_list_all)
