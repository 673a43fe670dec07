"""The line items of orders that were asked for page by page: few orders have more than the first page shows."""

from typing import Any

from plugin.shopify import throttle
from plugin.shopify.admin_api import AdminClient, document

PAGE_COST = 260


def all_of(client: AdminClient, node: dict[str, Any]) -> list[dict[str, Any]]:
    """Every line of an `Order` whose first lines are in `lineItems`. Raises the ShopifyError tree."""
    page = node["lineItems"]
    lines = list(page["nodes"])
    while page["pageInfo"]["hasNextPage"]:
        after = {"id": node["id"], "after": page["pageInfo"]["endCursor"]}
        answer = client.execute(document("order_line_items"), after, cost=PAGE_COST, leave=throttle.LEFT_FOR_OTHERS)
        order = answer["order"]
        if order is None:  # deleted between two pages; orders/delete says so too
            break
        page = order["lineItems"]
        lines += page["nodes"]
    return lines
