"""Which tags the customers of a shop carry at all: whoever names a new one may find it taken.

Reference: https://shopify.dev/docs/api/admin-graphql/latest/objects/Shop#field-Shop.fields.customerTags
"""

from plugin.shopify.admin_api import AdminClient, document

# The list has no second page.
MOST = 250
COST = 1 + 2 + MOST


def all_of(client: AdminClient) -> list[str]:
    """Tags of customers, ours among them; of a shop with more than MOST not all. Raises the ShopifyError tree."""
    shop = client.execute(document("customer_tags_in_use"), {"most": MOST}, cost=COST)["shop"]
    return [str(tag) for tag in shop["customerTags"]["nodes"]]
