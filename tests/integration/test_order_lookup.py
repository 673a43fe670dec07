"""Orders that changed in a way no payload told: fetched anew after a while, and no sooner."""

import pytest

from plugin.db import session as db
from plugin.db.models import Order, Shop
from plugin.history import order_lookup
from tests.support.installed import ON_ONE_DATABASE, InstalledShop
from workers import refetch_orders

UNITS = {"name": "Bulk", "tag": "bulk", "conditions": [{"measure": "units", "comparison": "at_least", "value": 121}]}
# Instants have whole seconds: a change comes some after what is known, and the look-up five minutes later.
SOON, LATER = "+5", "+315"


def receive_only(shop: InstalledShop, *topics: str) -> None:
    """Let in deliveries of these topics; all others are lost."""
    shop.receive([each for each in shop.posted() if each.topic in topics])


def big_spender(shop: InstalledShop) -> tuple[int, int]:
    """Somebody who just reached the threshold, with the order that did it."""
    order = shop.buy(price="500.00")
    shop.settle()
    assert "high-spender" in shop.tags(order["customer"]["id"])
    return order["customer"]["id"], order["id"]


def refund_unheard(shop: InstalledShop, *order_ids: int) -> None:
    """Refund orders in full, and lose the orders/updated about it."""
    shop.store.set_clock(SOON)
    for order_id in order_ids:
        shop.store.refund_order(shop.handle, order_id)
    receive_only(shop, "refunds/create")
    shop.drain()


def stored(shop: InstalledShop, order_id: int) -> Order:
    with db.read() as session:
        return session.get_one(Order, (shop.id, order_id))


def test_a_refund_whose_update_never_came_is_found_after_five_minutes(shop):
    buyer, order_id = big_spender(shop)
    shop.store.set_clock(SOON)
    shop.store.refund_order(shop.handle, order_id, [{"index": 0, "quantity": 0, "amount": "0.01"}])
    receive_only(shop, "refunds/create")
    shop.settle()
    assert stored(shop, order_id).stale_at is not None
    assert "high-spender" in shop.tags(buyer)
    shop.store.set_clock("+290")
    shop.settle()
    assert "high-spender" in shop.tags(buyer)
    shop.store.set_clock(LATER)
    shop.settle()
    assert shop.tags(buyer) == ["first-time"]
    assert (stored(shop, order_id).total, stored(shop, order_id).stale_at) == (49_999, None)


@ON_ONE_DATABASE
def test_a_refund_whose_update_came_is_not_asked_about(shop):
    _, order_id = big_spender(shop)
    shop.store.set_clock(SOON)
    shop.store.refund_order(shop.handle, order_id)
    shop.settle()
    shop.store.set_clock(LATER)
    before = shop.store.stats()["requests"]
    shop.settle()
    assert (stored(shop, order_id).stale_at, shop.store.stats()["requests"]) == (None, before)


@ON_ONE_DATABASE
def test_an_order_known_only_by_its_refund_is_fetched_and_counts(shop):
    order = shop.store.place_order(shop.handle, [{"price": "30.00"}, {"price": "20.00"}], "new")
    shop.store.refund_order(shop.handle, order["id"], [{"index": 1, "quantity": 1}])
    receive_only(shop, "refunds/create")
    shop.settle()
    assert shop.tagged("first-time") == []
    shop.store.set_clock(LATER)
    shop.settle()
    assert shop.tagged("first-time") == [order["customer"]["id"]]
    assert stored(shop, order["id"]).total == 3_000


@ON_ONE_DATABASE
def test_an_edited_order_of_many_pages_is_read_to_its_last_line(shop):
    shop.save_segments(UNITS)
    order = shop.store.place_order(shop.handle, [{"price": "1.00"}] * 120, "new")
    shop.settle()
    assert shop.tagged("bulk") == []
    shop.store.set_clock(SOON)
    shop.store.edit_order(shop.handle, order["id"], added=[{"price": "1.00"}, {"price": "9.00", "gift_card": True}])
    receive_only(shop, "orders/edited")
    shop.drain()
    shop.store.set_clock(LATER)
    shop.settle()
    assert (stored(shop, order["id"]).units, shop.tagged("bulk")) == (121, [order["customer"]["id"]])


@ON_ONE_DATABASE
def test_an_order_with_more_lines_than_a_page_of_lines_holds_is_read_whole(shop):
    shop.save_segments(UNITS)
    order = shop.store.place_order(shop.handle, [{"price": "1.00"}] * 330, "new")
    shop.store.refund_order(shop.handle, order["id"], [{"index": 329, "quantity": 1}])
    receive_only(shop, "refunds/create")
    shop.drain()
    shop.store.set_clock(LATER)
    shop.settle()
    assert stored(shop, order["id"]).units == 329


@ON_ONE_DATABASE
def test_an_order_deleted_meanwhile_is_asked_about_once(shop):
    _, order_id = big_spender(shop)
    refund_unheard(shop, order_id)
    shop.store.delete_order(shop.handle, order_id)
    deletion = shop.posted()
    shop.store.set_clock(LATER)
    shop.settle()
    assert stored(shop, order_id).stale_at is None
    shop.receive(deletion)
    shop.settle()
    assert stored(shop, order_id).deleted_at is not None


@pytest.mark.parametrize("kind", ["503", "cut"])
@ON_ONE_DATABASE
def test_a_look_up_that_fails_is_tried_again_by_the_next_sweep(shop, kind):
    buyer, order_id = big_spender(shop)
    refund_unheard(shop, order_id)
    shop.store.set_clock(LATER)
    shop.store.fault(kind, shop=shop.handle, remaining=3)
    refetch_orders.refetch_orders(shop.id)
    assert stored(shop, order_id).stale_at is not None
    shop.store.clear_faults()
    shop.settle()
    assert (stored(shop, order_id).stale_at, shop.tags(buyer)) == (None, [])


@ON_ONE_DATABASE
def test_an_order_the_ledger_refuses_does_not_keep_the_others_stale(shop):
    orders = [big_spender(shop)[1] for _ in range(3)]
    refund_unheard(shop, *orders)
    with db.write() as session:
        session.get_one(Shop, shop.id).currency = "EUR"
    shop.store.set_clock(LATER)
    refetch_orders.refetch_orders(shop.id)
    with db.read() as session:
        assert order_lookup.shops_waiting(session, shop.store.now()) == []


@ON_ONE_DATABASE
def test_more_stale_orders_than_one_query_holds_are_all_fetched(shop):
    orders = [shop.buy(price="500.00")["id"] for _ in range(order_lookup.ORDERS_A_QUERY + 3)]
    shop.settle()
    refund_unheard(shop, *orders)
    shop.store.set_clock(LATER)
    shop.settle()
    assert shop.tagged("high-spender") == []
