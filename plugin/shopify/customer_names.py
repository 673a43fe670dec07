"""What customers are called, asked for at the moment they are shown: protected data, which nothing stores or logs.

Only where CUSTOMER_NAMES says that Shopify approved the app for names.
Reference: https://shopify.dev/docs/api/admin-graphql/latest/objects/Customer#field-Customer.fields.displayName
"""

from collections.abc import Sequence

from plugin.shopify import ids
from plugin.shopify.admin_api import AdminClient, document


def fetch(client: AdminClient, customer_ids: Sequence[int]) -> dict[int, str]:
    """Names by number, of those who are there and have one; a page's worth at a time. Raises the ShopifyError tree."""
    wanted = {"ids": [ids.gid("Customer", customer_id) for customer_id in customer_ids]}
    nodes = client.execute(document("customer_names"), wanted, cost=1 + len(customer_ids))["nodes"]
    found = zip(customer_ids, nodes, strict=True)
    return {customer_id: node["displayName"] for customer_id, node in found if node and node["displayName"]}
