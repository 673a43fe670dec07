"""Mistakes that taggers are known to make, none of which may happen here: each from orders to tags in a store."""

from datetime import timedelta

import pytest

from plugin.segments import catalogue
from tests.support.installed import ON_ONE_DATABASE, InstalledShop
from tests.support.turmoil import later

pytestmark = ON_ONE_DATABASE

TIERS = ("bronze", "silver", "gold", "platinum")


def spent(tag: str, at_least: str) -> dict:
    condition = {"measure": "spend", "window": 365, "comparison": "at_least", "value": at_least}
    return {"name": tag, "tag": tag, "conditions": [condition]}


def tier_tags(shop: InstalledShop, buyer: int) -> list[str]:
    return [tag for tag in shop.tags(buyer) if tag in TIERS]


def test_what_is_tagged_by_one_measure_is_untagged_by_the_same(shop):
    shop.save_segments(spent("hundred", "100"))
    order = shop.buy(price="120")
    shop.settle()
    assert shop.tags(order["customer"]["id"]) == ["hundred"]
    shop.store.refund_order(shop.handle, order["id"], [{"index": 0, "quantity": 0, "amount": "30.00"}])
    shop.settle()
    assert shop.tags(order["customer"]["id"]) == []


def test_an_order_that_was_refunded_in_full_is_not_taken_off_a_second_time(shop):
    shop.save_segments(spent("hundred", "100"), spent("more", "100.01"))
    buyer = shop.buy(price="100")["customer"]["id"]
    back = shop.buy(buyer, "100")
    shop.settle()
    assert sorted(shop.tags(buyer)) == ["hundred", "more"]
    shop.store.refund_order(shop.handle, back["id"])
    shop.settle()
    assert shop.tags(buyer) == ["hundred"]


@pytest.mark.parametrize(
    ("price", "tier"),
    [("499.99", "bronze"), ("500", "silver"), ("999.50", "silver"), ("1499.99", "silver"), ("3000", "platinum")],
)
def test_no_amount_falls_between_two_tiers_and_the_highest_wins_however_they_are_listed(shop, price, tier):
    shop.save_segments(*reversed(catalogue.definitions(TIERS)))
    buyer = shop.buy(price=price)["customer"]["id"]
    shop.settle()
    assert tier_tags(shop, buyer) == [tier]


@pytest.mark.parametrize("kind", ["cut", "503", "timeout"])
@pytest.mark.parametrize("after", [True, False])
def test_a_swap_of_tiers_that_fails_half_way_ends_with_one_tier(shop, kind, after):
    shop.save_segments(*catalogue.definitions(TIERS))
    buyer = shop.buy(price="200")["customer"]["id"]
    shop.settle()
    shop.buy(buyer, "1000")
    shop.drain()
    shop.store.fault(kind, shop=shop.handle, after=after, remaining=3, seconds=0.1)
    shop.sync()
    assert len(tier_tags(shop, buyer)) == 1
    shop.settle()
    assert tier_tags(shop, buyer) == ["silver"]


def test_who_stops_buying_is_demoted_without_another_order(shop):
    steps = ("active", "at-risk", "lapsed", "lost")
    shop.save_segments(*catalogue.definitions(steps))
    ago = [shop.store.now() - timedelta(days=days) for days in (89, 179, 364)]
    buyers = [shop.buy(processed_at=at.isoformat())["customer"]["id"] for at in ago]
    shop.settle()
    assert [shop.tags(buyer) for buyer in buyers] == [[step] for step in steps[:3]]
    later(shop, timedelta(days=1, minutes=1))
    shop.settle()
    assert [shop.tags(buyer) for buyer in buyers] == [[step] for step in steps[1:]]
