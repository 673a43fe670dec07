"""The line items of orders that were asked for page by page: few orders have more than the first page shows."""

from typing import Any

from plugin.shopify import throttle
from plugin.shopify.admin_api import AdminClient, document

PAGE_COST, PRODUCTS_PAGE_COST = 260, 760
BEHIND = "isGiftCard\n"
PRODUCTS = """
quantity
product { id }
originalTotalSet { shopMoney { amount } }
discountAllocations { allocatedAmountSet { shopMoney { amount } } }
"""


def with_products(text: str) -> str:
    """A document that asks for lines of orders, asking each for its product and what was paid for it.

    Shopify answers it only where the scope read_products was granted.
    """
    return text.replace(BEHIND, BEHIND + PRODUCTS, 1)


def all_of(client: AdminClient, node: dict[str, Any]) -> list[dict[str, Any]]:
    """Every line of an `Order` whose first lines are in `lineItems`; with their products if those have them.

    Raises the ShopifyError tree.
    """
    page = node["lineItems"]
    lines = list(page["nodes"])
    text, cost = document("order_line_items"), PAGE_COST
    if lines and "product" in lines[0]:
        text, cost = with_products(text), PRODUCTS_PAGE_COST
    while page["pageInfo"]["hasNextPage"]:
        after = {"id": node["id"], "after": page["pageInfo"]["endCursor"]}
        answer = client.execute(text, after, cost=cost, leave=throttle.LEFT_FOR_OTHERS)
        order = answer["order"]
        if order is None:  # deleted between two pages; orders/delete says so too
            break
        page = order["lineItems"]
        lines += page["nodes"]
    return lines
