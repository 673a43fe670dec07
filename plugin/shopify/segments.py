"""The customer segments a merchant keeps in Shopify: which there are, and who is in one, a page at a time.

Reference: https://shopify.dev/docs/api/admin-graphql/latest/queries/customerSegmentMembers
"""

from dataclasses import dataclass

from plugin.shopify import ids, throttle
from plugin.shopify.admin_api import AdminClient, document

# Shopify would show a thousand, but counts a point for each and refuses what may cost more than a thousand in all.
MEMBERS_A_PAGE = 500
PAGE_COST = MEMBERS_A_PAGE + 2
SEGMENTS_LISTED = 250


@dataclass(frozen=True, slots=True)
class ShopifySegment:
    """`query` is written in Shopify's segment language; empty where it was not asked for."""

    segment_id: int
    name: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Members:
    """One page of customers' numbers; `cursor` is where the next begins, None behind the last."""

    customer_ids: tuple[int, ...]
    total: int
    cursor: str | None


def listed(client: AdminClient) -> tuple[list[ShopifySegment], bool]:
    """The shop's segments, those changed last first, and whether there are more. Raises the ShopifyError tree."""
    found = client.execute(document("segments"), {"first": SEGMENTS_LISTED}, cost=SEGMENTS_LISTED + 2)["segments"]
    shown = [ShopifySegment(ids.number("Segment", e["id"]), e["name"], e["query"]) for e in found["nodes"]]
    return shown, bool(found["pageInfo"]["hasNextPage"])


def find(client: AdminClient, segment_id: int) -> ShopifySegment | None:
    """One of them; None if the merchant has deleted it. Raises the ShopifyError tree."""
    found = client.execute(document("segment"), {"id": ids.gid("Segment", segment_id)})["segment"]
    return ShopifySegment(segment_id, str(found["name"])) if found else None


def members(client: AdminClient, segment_id: int, after: str | None) -> Members:
    """The next page of those who are in a segment. Raises the ShopifyError tree."""
    asked = {"id": ids.gid("Segment", segment_id), "first": MEMBERS_A_PAGE, "after": after}
    answer = client.execute(document("segment_members"), asked, cost=PAGE_COST, leave=throttle.LEFT_FOR_OTHERS)
    page = answer["customerSegmentMembers"]
    # Shopify does not say what kind of id a member has; the number at its end is the customer's.
    numbers = tuple(ids.any_number(edge["node"]["id"]) for edge in page["edges"])
    ends = page["pageInfo"]
    return Members(numbers, int(page["totalCount"]), ends["endCursor"] if ends["hasNextPage"] else None)
