"""Products from the Admin API: many by their numbers, with the collections they are in where those matter.

Asked only where the shop granted `read_products`. Called by history.products, which reads what it returns, and by
standing.category_choices.
Reference: https://shopify.dev/docs/api/admin-graphql/latest/objects/Product
"""

from collections.abc import Sequence
from typing import Any

from plugin.shopify import ids, throttle
from plugin.shopify.admin_api import AdminClient, document

# As many as one query may name. With collections so many that it fits were each of them charged by itself.
A_QUERY, WITH_COLLECTIONS_A_QUERY = 250, 40
MOST_WORDS = 250
# A thousand points at most: what a query may cost at all.
COST, WITH_COLLECTIONS_COST, PAGE_COST = 251, 961, 252


def fetch(client: AdminClient, product_ids: Sequence[int], *, collections: bool) -> dict[int, dict[str, Any] | None]:
    """`Product`s by number, None for one that is no longer there; at most as many as one query takes.

    Leaves a share of the shop's points to others. Raises the ShopifyError tree.
    """
    name, cost = ("products_with_collections", WITH_COLLECTIONS_COST) if collections else ("products_by_id", COST)
    wanted = {"ids": [ids.gid("Product", product_id) for product_id in product_ids]}
    leave = throttle.LEFT_FOR_OTHERS
    nodes = client.execute(document(name), wanted, cost=cost, leave=leave)["nodes"]
    found = dict(zip(product_ids, nodes, strict=True))
    return {product_id: _whole(client, node) if node else None for product_id, node in found.items()}


def words(client: AdminClient) -> dict[str, tuple[str, ...]]:
    """The shop's productTypes, productVendors and productTags; of very many not all. Raises the ShopifyError tree."""
    found = client.execute(document("product_words"), {"most": MOST_WORDS}, cost=3 * (2 + MOST_WORDS))
    return {name: tuple((page or {"nodes": []})["nodes"]) for name, page in found.items()}


def collections(client: AdminClient) -> dict[str, str]:
    """Titles of collections by number; of very many not all. Raises the ShopifyError tree."""
    found = client.execute(document("collections_by_title"), {"most": MOST_WORDS}, cost=2 + MOST_WORDS)
    return {str(ids.number("Collection", node["id"])): node["title"] for node in found["collections"]["nodes"]}


def _whole(client: AdminClient, node: dict[str, Any]) -> dict[str, Any]:
    """The product with all of its collections: few are in more than the first page shows."""
    if "collections" not in node:
        return node
    page = node["collections"]
    listed = list(page["nodes"])
    while page["pageInfo"]["hasNextPage"]:
        after = {"id": node["id"], "after": page["pageInfo"]["endCursor"]}
        product = client.execute(document("product_collections"), after, cost=PAGE_COST)["product"]
        if product is None:
            break
        page = product["collections"]
        listed += page["nodes"]
    return {**node, "collections": {"nodes": listed}}
