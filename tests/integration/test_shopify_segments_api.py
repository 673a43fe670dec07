"""Which segments of Shopify's the page offers, and what it says of one that cannot be read."""

from typing import Any

from tests.integration.test_mirrors import mirrored
from tests.support.installed import ON_ONE_DATABASE, InstalledShop

pytestmark = ON_ONE_DATABASE


def asked(shop: InstalledShop, what: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {shop.store.id_token(shop.handle)}"}
    answer = shop.app.test_client().get(f"/app/api/{what}", headers=headers)
    assert answer.status_code == 200
    return answer.get_json()


def test_the_segments_kept_in_shopify_are_listed(shop):
    number = shop.store.create_segment(shop.handle, "Came back", "number_of_orders >= 2")
    found = asked(shop, "shopify-segments")
    came_back = {"value": str(number), "name": "Came back", "query": "number_of_orders >= 2"}
    assert found == {"segments": [came_back], "complete": True, "answered": True}


def test_where_shopify_does_not_answer_none_are_listed(shop):
    shop.store.create_segment(shop.handle, "Came back", "number_of_orders >= 2")
    shop.store.fault("503", shop=shop.handle)
    assert asked(shop, "shopify-segments") == {"segments": [], "complete": False, "answered": False}


def test_the_page_says_that_a_segment_cannot_be_read(shop):
    number = shop.store.create_segment(shop.handle, "Came back", "number_of_orders >= 2")
    shop.store.delete_segment(shop.handle, number)
    shop.save_segments(mirrored(number))
    shop.settle()
    (problem,) = asked(shop, "status")["problems"]
    assert problem["heading"] == f"Your Shopify segment number {number} cannot be read"
    assert "no longer exists" in problem["text"]
