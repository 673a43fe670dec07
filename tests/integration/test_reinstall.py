"""Leaving and coming back: nothing is asked meanwhile, everything is picked up and put right afterwards, and what was
said about the time before is not taken for news.
"""

from datetime import timedelta

import pytest

from plugin.db import session as db
from plugin.db.models import Segment
from plugin.history import unlisted
from plugin.shop import installation
from plugin.standing import segment_store
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, open_app, segment
from tests.support.turmoil import before_call, calls, later
from workers import heed_notices, sync_tags, work_on_runs


def leave(shop: InstalledShop) -> None:
    """The merchant removes the app, and we hear of it."""
    shop.store.uninstall(shop.handle)
    shop.work()
    assert shop.row().uninstalled_at


def leave_at_once(shop: InstalledShop) -> None:
    """The same while other work is under way."""
    shop.store.uninstall(shop.handle)
    shop.receive()
    heed_notices.heed_notices(shop.id)


def come_back(shop: InstalledShop) -> None:
    """The merchant installs it again an hour later, when Shopify's lists show all there is."""
    later(shop, timedelta(hours=1))
    open_app(shop.store, shop.handle)
    shop.settle()


def test_orders_placed_refunded_and_deleted_while_away_are_made_good(shop):
    ordered, refunded, deleted = (shop.buy()["customer"]["id"] for _ in range(3))
    orders = {each: shop.buy(each)["id"] for each in (refunded, deleted)}
    shop.settle()
    assert shop.tagged("repeat") == [refunded, deleted]
    leave(shop)
    shop.buy(ordered)
    shop.store.refund_order(shop.handle, orders[refunded])
    shop.store.delete_order(shop.handle, orders[deleted])
    stranger = shop.buy()["customer"]["id"]
    come_back(shop)
    assert (shop.tagged("repeat"), shop.tagged("first-time")) == ([ordered], [refunded, deleted, stranger])


@ON_ONE_DATABASE
def test_orders_that_arrive_while_the_list_is_made_are_not_taken_for_deleted(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    leave(shop)
    open_app(shop.store, shop.handle)
    before_call(2, lambda: (shop.buy(buyer), shop.drain()), part=b"bulkOperationRunQuery")
    shop.store.bulk_conduct(shop.handle, "QUERY", seconds=0.1)
    shop.settle()
    assert shop.tags(buyer) == ["repeat"]
    assert len(shop.store.orders(shop.handle)) == 2


@ON_ONE_DATABASE
@pytest.mark.parametrize(("most", "tag"), [(2, "first-time"), (1, "repeat")])
def test_a_list_that_lacks_very_many_orders_is_doubted_rather_than_they(shop, monkeypatch, most, tag):
    monkeypatch.setattr(unlisted, "MOST_UNLISTED", most)
    monkeypatch.setattr(unlisted, "MOST_UNLISTED_SHARE", 0.1)
    buyers = shop.buyers(5)
    orders = [shop.buy(buyer)["id"] for buyer in buyers]
    shop.settle()
    leave(shop)
    for order in orders[:2]:
        shop.store.delete_order(shop.handle, order)
    come_back(shop)
    assert [shop.tags(buyer) for buyer in buyers[:2]] == [[tag]] * 2


@ON_ONE_DATABASE
def test_thresholds_and_segments_are_as_they_were(shop):
    shop.save_segments(segment("loyal", orders=2), segment("known", orders=1))
    before = [(row.bit, row.definition, row.version) for row in shop.rows(Segment, Segment.bit)]
    buyer = shop.buy()["customer"]["id"]
    shop.buy(buyer)
    shop.settle()
    leave(shop)
    come_back(shop)
    assert [(row.bit, row.definition, row.version) for row in shop.rows(Segment, Segment.bit)] == before
    assert shop.tags(buyer) == ["known", "loyal"]


def test_tags_a_merchant_removed_or_gave_while_away_end_right(shop):
    robbed, honoured, both = shop.buyers(3)
    shop.settle()
    leave(shop)
    shop.store.tag_customer(shop.handle, robbed, remove=["first-time"])
    shop.store.tag_customer(shop.handle, honoured, add=["repeat"])
    shop.store.tag_customer(shop.handle, both, add=["repeat"], remove=["first-time"])
    come_back(shop)
    assert shop.tagged("first-time") == [robbed, honoured, both]
    for buyer in (robbed, honoured, both):
        shop.buy(buyer)
    shop.settle()
    assert [shop.tags(buyer) for buyer in (robbed, honoured, both)] == [["repeat"]] * 3
    shop.store.refund_order(shop.handle, shop.store.orders(shop.handle, honoured)[-1]["id"])
    shop.settle()
    assert shop.tags(honoured) == ["first-time", "repeat"]


@ON_ONE_DATABASE
def test_tags_still_to_be_written_at_leaving_wait_for_the_list_of_customers(shop):
    buyer = shop.buy()["customer"]["id"]
    second = shop.buy(buyer)["id"]
    shop.settle()
    shop.store.refund_order(shop.handle, second)
    shop.drain()  # "repeat" is to go now, and the app goes first
    leave(shop)
    later(shop, timedelta(hours=1))
    open_app(shop.store, shop.handle)
    before_call(2, lambda: sync_tags.sync_tags(shop.id))  # the list is being made, and shows "repeat"
    shop.settle()
    assert shop.tags(buyer) == ["first-time"]
    shop.buy(buyer)
    shop.settle()
    assert shop.tags(buyer) == ["repeat"]


def test_uninstalling_during_an_import_ends_it_and_nothing_more_is_asked(new_shop):
    shop = new_shop()
    buyers = shop.buyers(3)
    shop.id = open_app(shop.store, shop.handle)
    before_call(3, lambda: leave_at_once(shop))
    work_on_runs.work_on_runs(shop.id)
    shop.store.forget_calls()
    for _ in range(3):
        shop.work()
    assert (shop.runs()[-1].state, shop.row().access_token) == ("failed", None)
    assert calls(shop) == []
    come_back(shop)
    assert shop.tagged("first-time") == buyers


@ON_ONE_DATABASE
def test_uninstalling_while_tags_are_written_costs_one_refused_call_at_most(new_shop):
    shop = new_shop(plan="plus")
    buyers = shop.buyers(200)
    shop.id = open_app(shop.store, shop.handle)
    before_call(2, lambda: leave_at_once(shop), part=b"tagsAdd")
    for _ in range(5):
        shop.work()
    assert [status for _, status in calls(shop)].count(401) == 1
    assert 0 < len(shop.tagged("first-time")) < 200
    come_back(shop)
    assert shop.tagged("first-time") == buyers


def resent(shop: InstalledShop, topic: str, at, **payload) -> None:
    shop.store.send_webhook(shop.handle, topic, payload, triggered_at=at.isoformat())


@ON_ONE_DATABASE
def test_late_notices_from_before_the_reinstallation_change_nothing(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    leave(shop)
    away = shop.store.now()
    come_back(shop)
    named = {"domain": shop.domain, "myshopify_domain": shop.domain, "id": shop.row().shopify_id}
    resent(shop, "app/uninstalled", away, **named)
    resent(shop, "shop/redact", away, shop_domain=shop.domain, shop_id=shop.row().shopify_id)
    shop.buy(buyer)
    shop.settle()
    assert shop.row().uninstalled_at is None
    assert (shop.tags(buyer), {run.kind for run in shop.runs()}) == (["repeat"], {"import"})


@ON_ONE_DATABASE
def test_news_of_leaving_that_waits_while_the_merchant_is_back_already_is_not_taken_for_leaving_again(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    shop.store.uninstall(shop.handle)
    shop.receive()  # the workers are behind
    shop.buy(buyer)
    later(shop, timedelta(minutes=1))
    open_app(shop.store, shop.handle)
    shop.settle()
    assert shop.row().uninstalled_at is None
    assert shop.tags(buyer) == ["repeat"]


@ON_ONE_DATABASE
def test_news_of_leaving_that_comes_after_a_healed_token_changes_nothing(shop):
    (buyer,) = shop.buyers(1)
    shop.store.uninstall(shop.handle)
    *rest, left = shop.posted()
    assert left.topic == "app/uninstalled"
    shop.receive(rest)
    open_app(shop.store, shop.handle)  # nothing tells that the token is dead
    shop.work()
    assert shop.row().token_error
    later(shop, timedelta(minutes=1))
    open_app(shop.store, shop.handle)
    shop.receive([left])
    shop.settle()
    assert (shop.row().uninstalled_at, shop.tags(buyer)) == (None, ["first-time"])


def test_what_is_erased_after_the_shop_left_is_everything_and_it_may_come_back_as_new(shop):
    buyers = shop.buyers(2)
    shop.settle()
    leave(shop)
    shop.store.redact_shop(shop.handle)
    shop.receive()
    heed_notices.heed_notices(shop.id)
    with pytest.raises(installation.errors.ShopUnavailable):
        open_app(shop.store, shop.handle)
    work_on_runs.work_on_runs(shop.id)
    shop.install()
    assert shop.tagged("first-time") == buyers
    with db.read() as session:
        assert len(segment_store.active(session, shop.id)) == 6
