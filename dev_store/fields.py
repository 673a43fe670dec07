"""Which resolver answers which field of admin.graphql, on one screen. `admin_schema` hangs them on the schema,
`bulk_plan` calls the same ones without the executor. Changes nothing.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from dev_store import connections, field_shapes, ids, metafields, money, names, resolvers, segment_fields
from dev_store.field_shapes import Resolver
from dev_store.resolvers import Asked
from dev_store.state import Customer, Order


def _order_money(field: str) -> Resolver:
    return lambda order, _: (getattr(order, field), order.currency)


def _money(amount: int, asked: Asked) -> tuple[int, str]:
    return amount, asked.context.shop.currency


def _metafield(name: str) -> Resolver:
    return lambda source, _: metafields.shown(source, name)


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
    "CREATION_DATE": lambda record: (record.created_at, record.id),
    "LAST_EDIT_DATE": lambda record: (record.edited_at, record.id),
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
    ("QueryRoot", "segments"): segment_fields.list_segments,
    ("Customer", "orders"): resolvers.list_customer_orders,
    ("QueryRoot", "collections"): resolvers.list_all_collections,
    ("Order", "lineItems"): resolvers.list_lines,
    ("Product", "collections"): resolvers.list_collections,
}

_CONNECTION: dict[str, Resolver] = {
    "edges": field_shapes.edges,
    "nodes": field_shapes.attribute("nodes"),
    "pageInfo": field_shapes.same,
}
_EDGE: dict[str, Resolver] = {
    "cursor": lambda edge, _: edge[0].cursor(edge[1]),
    "node": lambda edge, _: edge[1],
}
_PAYLOAD: dict[str, Resolver] = {"node": field_shapes.item("node"), "userErrors": field_shapes.item("userErrors")}
_USER_ERROR: dict[str, Resolver] = {name: field_shapes.item(name) for name in ("code", "field", "message")}
_BULK_PAYLOAD: dict[str, Resolver] = {
    "bulkOperation": field_shapes.item("bulkOperation"),
    "userErrors": field_shapes.item("userErrors"),
}

FIELDS: dict[str, dict[str, Resolver]] = {
    "QueryRoot": {
        "bulkOperation": field_shapes.found("BulkOperation"),
        "bulkOperations": _bulk_operations,
        "currentAppInstallation": lambda _, asked: asked.context,
        "customer": field_shapes.found("Customer"),
        "customersCount": field_shapes.count(resolvers.list_customers),
        "node": resolvers.find_node,
        "nodes": field_shapes.find_all,
        "order": field_shapes.found("Order"),
        "ordersCount": field_shapes.count(resolvers.list_orders),
        "product": field_shapes.found("Product"),
        "productTags": resolvers.product_words(lambda product: product.tags),
        "productTypes": resolvers.product_words(lambda product: [product.product_type]),
        "productVendors": resolvers.product_words(lambda product: [product.vendor]),
        "segment": field_shapes.found("Segment"),
        "shop": lambda _, asked: asked.context.shop,
        "customerSegmentMembers": segment_fields.members,
    },
    "Shop": {
        "currencyCode": field_shapes.attribute("currency"),
        "customerTags": resolvers.list_customer_tags,
        "ianaTimezone": field_shapes.attribute("timezone"),
        "id": field_shapes.attribute("gid"),
        "myshopifyDomain": field_shapes.attribute("domain"),
        "name": field_shapes.attribute("name"),
        "plan": field_shapes.same,
    },
    "StringConnection": {"nodes": field_shapes.same},
    "ShopPlan": {
        "partnerDevelopment": lambda *_: True,
        "publicDisplayName": field_shapes.attribute("plan_title"),
        "shopifyPlus": lambda shop, _: shop.plan_title == "Plus",
    },
    "AppInstallation": {
        "accessScopes": lambda call, _: sorted(call.scopes),
        "id": lambda call, _: ids.gid("AppInstallation", call.shop.id),
    },
    "AccessScope": {"description": lambda scope, _: scope.replace("_", " ").capitalize(), "handle": field_shapes.same},
    "Customer": {
        "amountSpent": lambda customer, asked: (customer.amount_spent(), asked.context.shop.currency),
        "createdAt": lambda customer, _: field_shapes.instant(customer.created_at),
        "defaultEmailAddress": field_shapes.same,
        "displayName": lambda customer, _: names.of(customer.id),
        "id": field_shapes.gid("Customer"),
        "lastOrder": _last_order,
        "legacyResourceId": lambda customer, _: str(customer.id),
        "metafield": lambda customer, _, key, namespace=None: metafields.of(customer, key, namespace),
        "numberOfOrders": lambda customer, _: str(customer.number_of_orders()),
        "statistics": field_shapes.same,
        "tags": lambda customer, _: customer.tag_list(),
        "updatedAt": lambda customer, _: field_shapes.instant(customer.updated_at),
    },
    "CustomerEmailAddress": {
        "marketingOptInLevel": lambda customer, _: "SINGLE_OPT_IN" if customer.email_marketing_at else None,
        "marketingState": field_shapes.attribute("email_marketing"),
        "marketingUpdatedAt": lambda customer, _: field_shapes.instant(customer.email_marketing_at),
    },
    "Metafield": {name: _metafield(name) for name in metafields.FIELDS},
    "CustomerConnection": _CONNECTION,
    "CustomerEdge": _EDGE,
    "Order": {
        "cancelReason": lambda order, _: order.cancel_reason and order.cancel_reason.upper(),
        "cancelledAt": lambda order, _: field_shapes.instant(order.cancelled_at),
        "createdAt": lambda order, _: field_shapes.instant(order.created_at),
        "currencyCode": field_shapes.attribute("currency"),
        "currentSubtotalPriceSet": _order_money("current_subtotal"),
        "currentTotalPriceSet": _order_money("current_total"),
        "customer": _shown_customer,
        "displayAddress": field_shapes.attribute("place"),
        "displayFinancialStatus": lambda order, _: order.financial_status.upper(),
        "id": field_shapes.gid("Order"),
        "legacyResourceId": lambda order, _: str(order.id),
        "name": lambda order, _: f"#{order.number}",
        "processedAt": lambda order, _: field_shapes.instant(order.processed_at),
        "subtotalPriceSet": _order_money("subtotal"),
        "test": field_shapes.attribute("test"),
        "totalPriceSet": _order_money("total"),
        "updatedAt": lambda order, _: field_shapes.instant(order.updated_at),
    },
    "MailingAddress": {
        "countryCodeV2": field_shapes.attribute("country"),
        "provinceCode": field_shapes.attribute("province"),
    },
    "OrderConnection": _CONNECTION,
    "OrderEdge": _EDGE,
    "LineItem": {
        "currentQuantity": field_shapes.attribute("current_quantity"),
        "discountAllocations": lambda line, asked: [_money(line.discount, asked)] if line.discount else [],
        "id": field_shapes.gid("LineItem"),
        "isGiftCard": field_shapes.attribute("gift_card"),
        "originalTotalSet": lambda line, asked: _money(line.unit_price * line.quantity, asked),
        "product": resolvers.product_of,
        "quantity": field_shapes.attribute("quantity"),
        "title": field_shapes.attribute("title"),
    },
    "LineItemConnection": _CONNECTION,
    "LineItemEdge": _EDGE,
    "DiscountAllocation": {"allocatedAmountSet": field_shapes.same},
    "Product": {
        "id": field_shapes.gid("Product"),
        "legacyResourceId": lambda product, _: str(product.id),
        "productType": field_shapes.attribute("product_type"),
        "tags": field_shapes.attribute("tags"),
        "title": field_shapes.attribute("title"),
        "updatedAt": lambda product, _: field_shapes.instant(product.updated_at),
        "vendor": field_shapes.attribute("vendor"),
    },
    "Collection": {"id": field_shapes.gid("Collection"), "title": field_shapes.attribute("title")},
    "CollectionConnection": _CONNECTION,
    "CollectionEdge": _EDGE,
    "PageInfo": {
        "endCursor": field_shapes.last_cursor,
        "hasNextPage": field_shapes.attribute("has_next"),
        "hasPreviousPage": field_shapes.attribute("has_previous"),
        "startCursor": field_shapes.first_cursor,
    },
    "MoneyBag": {"presentmentMoney": field_shapes.same, "shopMoney": field_shapes.same},
    "MoneyV2": {
        "amount": lambda amount, _: money.in_graphql(*amount),
        "currencyCode": lambda amount, _: amount[1],
    },
    "Count": {"count": lambda count, _: count[0], "precision": lambda count, _: count[1]},
    "BulkOperation": {
        "completedAt": lambda operation, _: field_shapes.instant(operation.completed_at),
        "createdAt": lambda operation, _: field_shapes.instant(operation.created_at),
        "errorCode": field_shapes.attribute("error_code"),
        "fileSize": lambda operation, _: str(operation.file_size) if operation.file_size else None,
        "id": field_shapes.gid("BulkOperation"),
        "objectCount": lambda operation, _: str(operation.object_count),
        "partialDataUrl": _result_of(lambda status: status != "COMPLETED"),
        "query": field_shapes.attribute("query"),
        "rootObjectCount": lambda operation, _: str(operation.root_object_count),
        "status": field_shapes.attribute("status"),
        "type": field_shapes.attribute("type"),
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
    "StagedUploadsCreatePayload": {
        "stagedTargets": field_shapes.item("stagedTargets"),
        "userErrors": field_shapes.item("userErrors"),
    },
    "StagedMediaUploadTarget": {name: field_shapes.item(name) for name in ("parameters", "resourceUrl", "url")},
    "StagedUploadParameter": {"name": field_shapes.item("name"), "value": field_shapes.item("value")},
    "UserError": {"field": field_shapes.item("field"), "message": field_shapes.item("message")},
}
FIELDS |= segment_fields.FIELDS | {
    "CustomerSegmentMemberEdge": _EDGE,
    "SegmentConnection": _CONNECTION,
    "SegmentEdge": _EDGE,
}
for (_type, _name), _list_all in CONNECTIONS.items():
    FIELDS[_type][_name] = _connection(_list_all)
