"""Segments of the development store: who fits, pages of members, who is told, and how asking can go wrong."""

import pytest

from dev_store.client import DevStoreRefused
from tests.integration.dev_store.conftest import Installed

MEMBERS = """query Members($id: ID!, $first: Int!, $after: String) {
  customerSegmentMembers(segmentId: $id, first: $first, after: $after) {
    totalCount edges { cursor node { id numberOfOrders } } pageInfo { hasNextPage endCursor }
  }
}"""
SEGMENTS = "{ segments(first: 5) { nodes { id name query } } }"


def gid(number: int) -> str:
    return f"gid://shopify/Segment/{number}"


def members(shop: Installed, segment: int) -> list[int]:
    found = shop.ask(MEMBERS, id=gid(segment), first=1000 - 100)["data"]["customerSegmentMembers"]
    assert found["totalCount"] == len(found["edges"])
    return [int(edge["node"]["id"].rpartition("/")[2]) for edge in found["edges"]]


@pytest.mark.parametrize(
    ("query", "fitting"),
    [
        ("number_of_orders = 0", [2]),
        ("number_of_orders >= 1 AND amount_spent > 49.99", [1]),
        ("amount_spent > 50", []),
        ("customer_tags CONTAINS 'vip'", [0, 2]),
        ("customer_tags NOT CONTAINS 'VIP'", [1]),
        ("email_subscription_status = 'SUBSCRIBED'", [1]),
    ],
)
def test_a_segment_holds_who_fits_its_query(shop, query, fitting):
    people = [shop.customer() for _ in range(3)]
    for number, price in ((0, "20.00"), (1, "50.00")):
        shop.dev.place_order(shop.handle, [{"price": price}], people[number])
    for number in (0, 2):
        shop.dev.tag_customer(shop.handle, people[number], add=["VIP"])
    shop.dev.set_consent(shop.handle, people[1], "SUBSCRIBED")
    segment = shop.dev.create_segment(shop.handle, "Some", query)
    assert members(shop, segment) == [people[number] for number in fitting]
    shown = {"id": gid(segment), "name": "Some", "query": query}
    assert shop.ask(SEGMENTS)["data"]["segments"]["nodes"] == [shown]


def test_members_come_by_pages_each_of_which_costs_a_point_a_member(shop):
    people = [shop.customer() for _ in range(5)]
    segment = shop.dev.create_segment(shop.handle, "All", "number_of_orders >= 0")
    found, after = [], None
    for _ in range(3):
        answer = shop.ask(MEMBERS, id=gid(segment), first=2, after=after)
        page = answer["data"]["customerSegmentMembers"]
        found += [int(edge["node"]["id"].rpartition("/")[2]) for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        assert answer["extensions"]["cost"]["requestedQueryCost"] == 4
    assert (found, page["pageInfo"]["hasNextPage"], page["totalCount"]) == (people, False, 5)


def test_a_segment_that_is_gone_or_fails_answers_with_an_error(shop):
    segment = shop.dev.create_segment(shop.handle, "All", "number_of_orders >= 0")
    shop.dev.fail_segment(shop.handle, segment, "'seen' filter cannot be found.")
    asked = {"id": gid(segment), "first": 2}
    assert shop.ask(MEMBERS, **asked)["errors"][0]["message"] == "'seen' filter cannot be found."
    shop.dev.delete_segment(shop.handle, segment)
    assert "errors" in shop.ask(MEMBERS, **asked)
    assert shop.ask("query S($id: ID!) { segment(id: $id) { id } }", id=gid(segment))["data"] == {"segment": None}


def test_a_query_it_does_not_understand_is_refused(shop):
    with pytest.raises(DevStoreRefused, match="filter cannot be found"):
        shop.dev.create_segment(shop.handle, "Odd", "shoe_size = 43")
