"""A shop that shows us the orders of 60 days only: nobody is called what an older order could belie, and what waits for
more history begins when it is there.
"""

from datetime import timedelta

import pytest

from plugin.db import session as db
from plugin.db.models import Shop
from plugin.shop import shops
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, open_app
from tests.support.turmoil import before_call, later
from workers import look_deeper

SCOPES = ["read_orders", "write_customers"]
ALL_SCOPES = [*SCOPES, "read_all_orders"]
WINDOWED = {"measure": "orders", "window": 90, "comparison": "between", "value": [1, 2]}
# At most one order in 90 days: an older one that we cannot see could be the second.
ONCE = {"name": "Once", "tag": "once", "conditions": [WINDOWED]}


def ago(shop: InstalledShop, days: float) -> None:
    shop.store.set_clock(f"{-days * 86_400:+.0f}")


@pytest.fixture
def shop(new_shop) -> InstalledShop:
    """A shop without read_all_orders, not installed yet, a hundred days ago."""
    opened = new_shop(scopes=SCOPES)
    ago(opened, 100)
    return opened


def bought(shop: InstalledShop, *days_ago: float) -> int:
    """A new customer with orders so many days ago; their number."""
    customer = "new"
    for days in sorted(days_ago, reverse=True):
        ago(shop, days)
        customer = shop.buy(customer)["customer"]["id"]
    return int(customer)


def a_day(shop: InstalledShop) -> None:
    """What the timetable does once a day, and all that follows."""
    look_deeper.look_deeper()
    shop.settle()


def let_die_and_open(shop: InstalledShop) -> None:
    """The tokens die, and the merchant opens the app: the history is imported anew."""
    shop.store.revoke_tokens(shop.handle)
    with db.write() as session:
        session.get_one(Shop, shop.id).token_error = "dead"
    open_app(shop.store, shop.handle)
    shop.settle()


def test_shopifys_own_count_says_who_bought_once_where_older_orders_are_hidden(shop):
    hidden, regular, fresh = bought(shop, 90, 10), bought(shop, 20, 10), bought(shop, 5)
    ago(shop, 0)
    shop.install()
    newcomer = shop.buy()["customer"]["id"]
    a_day(shop)
    assert shop.tagged("first-time") == sorted([fresh, int(newcomer)])
    assert shop.tagged("repeat") == sorted([hidden, regular])
    shop.buy(hidden)
    shop.buy(fresh)
    shop.settle()
    assert shop.tagged("repeat") == sorted([hidden, regular, fresh])
    assert shop.tags(newcomer) == ["first-time"]


def test_the_whole_history_is_read_once_it_may_be(shop):
    hidden, fresh = bought(shop, 90, 10), bought(shop, 5)
    ago(shop, 0)
    shop.install()
    shop.store.grant_scopes(shop.handle, ALL_SCOPES)
    shop.settle()
    assert (shop.tagged("first-time"), shop.tagged("repeat")) == ([fresh], [hidden])
    assert shop.row().history_from is None


@ON_ONE_DATABASE
def test_a_window_is_judged_from_the_day_on_that_it_is_seen_in_full(shop):
    ago(shop, 0)
    shop.install()
    shop.save_segments(ONCE)
    later(shop, timedelta(days=28))
    buyer = shop.buy()["customer"]["id"]
    later(shop, timedelta(days=1))
    a_day(shop)
    assert shop.tagged("once") == []
    later(shop, timedelta(days=1))
    a_day(shop)
    assert shop.tagged("once") == [buyer]


@ON_ONE_DATABASE
def test_the_scope_is_noticed_when_a_renewed_token_brings_it_and_the_news_is_lost_or_old(shop):
    hidden = bought(shop, 90, 10)
    ago(shop, 0)
    shop.install()
    shop.store.grant_scopes(shop.handle, ALL_SCOPES)
    (news,) = (each for each in shop.posted() if each.topic == "app/scopes_update")
    shop.store.set_clock("+3400")
    shops.admin_client(shop.id)
    assert (shop.row().history_from is None, "read_all_orders" in shop.row().scopes) == (False, True)
    shop.receive([news])
    shop.settle()
    assert (shop.tagged("repeat"), shop.row().history_from) == ([hidden], None)


@ON_ONE_DATABASE
def test_a_scope_granted_while_the_history_is_read_is_made_use_of_within_a_day(shop):
    fresh = bought(shop, 10)
    ago(shop, 0)
    shop.id = open_app(shop.store, shop.handle)
    before_call(1, lambda: shop.store.grant_scopes(shop.handle, ALL_SCOPES), part=b"orders")
    shop.settle()
    assert (shop.tagged("first-time"), shop.row().history_from is None) == ([fresh], False)
    a_day(shop)
    assert (shop.tagged("first-time"), shop.row().history_from) == ([fresh], None)


@pytest.mark.parametrize("away", [let_die_and_open, None])
@ON_ONE_DATABASE
def test_history_that_was_seen_once_is_not_forgotten_after_an_interruption(shop, away):
    shop.install()
    shop.save_segments(ONCE)
    ago(shop, 50)
    buyer = shop.buy()["customer"]["id"]
    ago(shop, 20)
    a_day(shop)
    assert shop.tagged("once") == [buyer]
    if away is None:
        shop.store.uninstall(shop.handle)
        shop.work()
        later(shop, timedelta(days=1))
        open_app(shop.store, shop.handle)
        a_day(shop)
    else:
        away(shop)
    assert shop.tagged("once") == [buyer]


@ON_ONE_DATABASE
def test_who_comes_back_after_longer_than_we_can_see_has_a_hole_in_their_history(shop):
    shop.install()
    shop.save_segments(ONCE)
    shop.store.uninstall(shop.handle)
    shop.work()
    ago(shop, 30)
    shop.install()
    assert shop.store.now() - shop.row().history_from < timedelta(days=61)


@ON_ONE_DATABASE
def test_orders_going_out_of_sight_are_not_taken_for_deleted(shop):
    shop.install()
    shop.save_segments({**ONCE, "conditions": [{**WINDOWED, "comparison": "at_least", "value": 1}]})
    ago(shop, 61)
    entered_before = shop.buy(processed_at=(shop.store.now() + timedelta(days=2)).isoformat())["customer"]["id"]
    ago(shop, 30)
    deleted = shop.buy()
    shop.settle()
    assert shop.tagged("once") == sorted([entered_before, deleted["customer"]["id"]])
    shop.store.delete_order(shop.handle, deleted["id"])
    shop.posted()  # lost
    ago(shop, 0)
    let_die_and_open(shop)
    assert shop.tagged("once") == [entered_before]
