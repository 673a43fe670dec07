"""What tag writing leaves of a shop's budget to others, and how it takes being told to go slower."""

import threading
import time

import httpx
import pytest

from plugin.shop import shops
from plugin.shopify import http, throttle
from plugin.shopify.admin_api import AdminClient, document
from plugin.shopify.throttle import LEFT_FOR_OTHERS, Throttle
from tests.support.installed import ON_ONE_DATABASE
from tests.support.scripted import ScriptedShop

STATUS = {"maximumAvailable": 2000, "currentlyAvailable": 1000, "restoreRate": 100}
GOOD = {"data": {"shop": {"id": "gid://shopify/Shop/1"}}}
EXPENSIVE = "{ customers(first: 250) { nodes { id } } }"


def throttled(requested: int, available: int) -> dict:
    status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": 100}
    cost = {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": status}
    return {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost": cost}}


@pytest.mark.parametrize(
    ("cost", "leave", "seconds"),
    [
        (1000, 0, 0),
        (1050, 0, 0.5),
        (600, LEFT_FOR_OTHERS, 0),
        (950, LEFT_FOR_OTHERS, 3.5),
        # More than there is room for is waited for until the bucket is full, and no longer.
        (1900, LEFT_FOR_OTHERS, 10),
    ],
)
def test_what_is_left_to_others_is_waited_for_beside_ones_own(cost, leave, seconds):
    bucket = Throttle()
    bucket.learn(STATUS)
    assert bucket.seconds_until(cost, leave) == pytest.approx(seconds, abs=0.05)


def test_nobody_waits_before_anything_is_known():
    assert Throttle().seconds_until(1000, LEFT_FOR_OTHERS) == 0


@pytest.mark.parametrize(("requested", "available", "seconds"), [(160, 10, 1.5), (20, 10, 1.0)])
def test_who_is_told_to_wait_waits_exactly_as_long_as_needed_and_asks_once_more(requested, available, seconds):
    throttle.of.cache_clear()
    with ScriptedShop(throttled(requested, available), GOOD) as shop:
        client = httpx.Client(transport=http.DevelopmentStore(shop.url))
        began = time.monotonic()
        AdminClient(client, "scripted.myshopify.com", "token", "2026-10").execute("{ shop { id } }", cost=10)
        assert seconds <= time.monotonic() - began < seconds + 0.9
    assert len(shop.requests) == 2


@ON_ONE_DATABASE
def test_while_tags_are_written_others_find_a_fifth_of_the_budget(new_shop):
    shop = new_shop(plan="standard")
    shop.install()
    buyers = shop.buyers(200)
    shop.drain()
    before = shop.store.stats()["throttled"]
    writing = threading.Thread(target=shop.sync)
    writing.start()
    found = []
    while writing.is_alive():
        other = shops.admin_client(shop.id)
        other.throttle = Throttle()
        other.execute(document("shop"))
        # Its own calls, which the writer does not hear of while it waits, come out of what was left.
        found.append(other.throttle.seconds_until(300))
        time.sleep(0.3)
    shop.settle()
    assert shop.tagged("first-time") == buyers
    assert set(found) == {0}
    assert shop.store.stats()["throttled"] == before


@ON_ONE_DATABASE
def test_points_that_somebody_else_spent_cost_one_refusal_and_no_more(new_shop):
    shop = new_shop(plan="standard")
    shop.install()
    buyers = shop.buyers(100)
    shop.drain()
    before, other = shop.store.stats()["throttled"], shops.admin_client(shop.id)
    other.throttle = Throttle()
    while other.throttle.seconds_until(300) == 0:
        other.execute(EXPENSIVE, cost=0)
    shop.settle()
    assert shop.tagged("first-time") == buyers
    assert shop.store.stats()["throttled"] - before <= 1
