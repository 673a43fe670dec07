"""Pinned customers keep or lose the tag in the store, through everything that judges anybody."""

from datetime import UTC, datetime, timedelta

import pytest

from plugin import clock, queues, runs
from plugin.db import session as db
from plugin.shop import shops
from plugin.standing import pinning
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, segment

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
BUYER, REPEAT = segment("buyer"), segment("repeat", 2)


@pytest.fixture
def shop(new_shop) -> InstalledShop:
    """An installed shop with three customers of one order each: all buyers, nobody repeat."""
    shop = new_shop()
    shop.store.set_clock(START - timedelta(days=1))
    shop.people = shop.buyers(3)
    shop.store.set_clock(START)
    shop.install()
    save(shop, BUYER, REPEAT)
    return shop


def save(shop: InstalledShop, *definitions: dict) -> None:
    shop.save_segments(*definitions)
    shop.settle()


def pin(shop: InstalledShop, customer: int, tag: str, into: bool, days: float | None = None) -> None:
    """Pin as the page does, and let the tags be written."""
    until = clock.now() + timedelta(days=days) if days else None
    with db.write() as session:
        shops.hold(session, shop.id)
        pinning.put(session, shop.id, customer, tag, into, until, "", now=clock.now(), cause="page")
    queues.wake("sync", shop.id)
    shop.settle()


def unpin(shop: InstalledShop, customer: int) -> None:
    with db.write() as session:
        shops.hold(session, shop.id)
        pinning.remove(session, shop.id, customer, None, now=clock.now())
    queues.wake("sync", shop.id)
    shop.settle()


def later(shop: InstalledShop, **time: float) -> None:
    shop.store.set_clock(clock.now() + timedelta(**time))
    shop.settle()


def test_a_pin_shows_in_the_store_at_once_and_its_end_undoes_it(shop):
    anna, ben, carl = shop.people
    pin(shop, anna, "repeat", into=True)
    pin(shop, ben, "buyer", into=False)
    assert (shop.tagged("repeat"), shop.tagged("buyer")) == ([anna], sorted([anna, carl]))
    unpin(shop, anna)
    unpin(shop, ben)
    assert (shop.tagged("repeat"), shop.tagged("buyer")) == ([], shop.people)


def test_a_pin_ends_at_its_instant_by_time_alone(shop):
    anna, ben, _ = shop.people
    pin(shop, anna, "repeat", into=True, days=2)
    pin(shop, ben, "buyer", into=False, days=1)
    later(shop, days=1, seconds=-1)
    assert (shop.tagged("repeat"), ben in shop.tagged("buyer")) == ([anna], False)
    later(shop, seconds=1)
    assert (shop.tagged("repeat"), ben in shop.tagged("buyer")) == ([anna], True)
    later(shop, days=1)
    assert shop.tagged("repeat") == []


@ON_ONE_DATABASE
def test_orders_refunds_and_a_change_of_settings_do_not_move_the_pinned(shop):
    anna, ben, carl = shop.people
    pin(shop, anna, "repeat", into=False)
    pin(shop, ben, "buyer", into=True)
    for customer in (anna, carl):
        shop.buy(customer)
    shop.store.refund_order(shop.handle, shop.store.orders(shop.handle, ben)[0]["id"])
    later(shop, hours=1)
    assert (shop.tagged("repeat"), ben in shop.tagged("buyer")) == ([carl], True)
    save(shop, segment("buyer", 3), REPEAT)
    assert (shop.tagged("buyer"), shop.tagged("repeat")) == ([ben], [carl])


@ON_ONE_DATABASE
def test_a_refresh_of_the_whole_shop_and_an_import_do_not_move_the_pinned(shop):
    anna, ben, carl = shop.people
    pin(shop, anna, "repeat", into=True)
    pin(shop, ben, "buyer", into=False)
    for start in (runs.start_refresh, runs.start_import):
        with db.write() as session:
            start(session, shop.id, clock.now())
        queues.wake("run", shop.id)
        later(shop, hours=1)
        assert (shop.tagged("repeat"), shop.tagged("buyer")) == ([anna], sorted([anna, carl]))


@ON_ONE_DATABASE
def test_when_customers_merge_the_kept_one_is_pinned_as_both_were_and_its_own_pin_goes_first(shop):
    anna, ben, carl = shop.people
    pin(shop, anna, "buyer", into=False)
    pin(shop, carl, "repeat", into=False)
    shop.store.merge_customers(shop.handle, ben, anna)
    later(shop, hours=1)
    assert (shop.tagged("buyer"), shop.tagged("repeat")) == ([carl], [ben])  # who has the orders of both
    unpin(shop, ben)
    pin(shop, ben, "repeat", into=True)
    assert shop.tagged("buyer") == [ben, carl]
    shop.store.merge_customers(shop.handle, carl, ben)
    later(shop, hours=1)
    assert (shop.tagged("buyer"), shop.tagged("repeat")) == ([carl], [])


@ON_ONE_DATABASE
def test_a_segment_that_is_removed_and_comes_back_has_no_pins(shop):
    anna = shop.people[0]
    pin(shop, anna, "repeat", into=True)
    save(shop, BUYER)
    assert shop.tagged("repeat") == []
    save(shop, BUYER, REPEAT)
    assert shop.tagged("repeat") == []


@ON_ONE_DATABASE
def test_a_tag_that_the_merchant_takes_off_the_pinned_is_put_back(shop):
    anna = shop.people[0]
    pin(shop, anna, "repeat", into=True)
    later(shop, minutes=5)
    shop.store.tag_customer(shop.handle, anna, remove=["repeat"])
    later(shop, hours=1)
    assert shop.tagged("repeat") == [anna]


@ON_ONE_DATABASE
def test_pins_are_in_the_answer_to_a_data_request_and_gone_with_the_customer(shop):
    anna = shop.people[0]
    pin(shop, anna, "repeat", into=True)
    shop.store.redact_customer(shop.handle, anna)
    later(shop, hours=1)
    with db.read() as session:
        assert list(pinning.of_shop(session, shop.id, clock.now())) == []
