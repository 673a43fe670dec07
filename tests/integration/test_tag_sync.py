"""From what is wanted to the tags in the store: written once, only ours, whatever Shopify answers meanwhile."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from plugin import clock, turns
from plugin.turns import TurnLost
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, open_app, segment

SYNC = "import sys; from plugin import app; from workers import sync_tags; app.start(); sync_tags.sync_tags(1)"


def cancel_all(shop: InstalledShop, customer: int) -> None:
    for order in shop.store.orders(shop.handle, customer):
        shop.store.cancel_order(shop.handle, order["id"])


def consistent(shop: InstalledShop) -> bool:
    return all(c.applied_tags == c.wanted_tags and c.unsure_tags == 0 for c in shop.customers())


def test_wanted_tags_are_written_once_with_one_row_a_write(shop):
    buyers = shop.buyers(3)
    shop.settle()
    assert shop.tagged("first-time") == buyers
    assert [(c.customer_id, c.added, c.removed, c.outcome) for c in shop.changes()] == [
        (number, ["first-time"], [], "written") for number in buyers
    ]
    shop.settle()
    assert len(shop.changes()) == 3
    assert consistent(shop)


@ON_ONE_DATABASE
def test_adding_and_removing_for_one_customer_is_one_row(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    shop.buy(buyer)
    shop.settle()
    assert shop.tags(buyer) == ["repeat"]
    change = shop.changes(buyer)[-1]
    assert (change.added, change.removed, change.outcome) == (["repeat"], ["first-time"], "written")


@ON_ONE_DATABASE
def test_tags_of_merchants_and_other_apps_stay(shop):
    (buyer,) = shop.buyers(1)
    shop.store.tag_customer(shop.handle, buyer, add=["wholesale", "other-app:gold"])
    shop.settle()
    cancel_all(shop, buyer)
    shop.settle()
    assert shop.tags(buyer) == ["other-app:gold", "wholesale"]


def test_a_tag_spelt_like_ours_that_was_there_before_us_is_never_touched(new_shop):
    shop = new_shop()
    theirs, ours = shop.buyers(2)
    shop.store.tag_customer(shop.handle, theirs, add=["FIRST-Time"])
    shop.install()
    assert sorted(shop.tagged("FIRST-Time")) == [theirs, ours]
    for buyer in (theirs, ours):
        cancel_all(shop, buyer)
    shop.settle()
    assert (shop.tags(theirs), shop.tags(ours)) == (["FIRST-Time"], [])
    assert shop.changes(theirs) == []


@ON_ONE_DATABASE
def test_a_merchants_tag_does_not_become_ours_along_with_others(new_shop):
    shop = new_shop()
    (buyer,) = shop.buyers(1)
    for _ in range(2):
        shop.buy(buyer)
    shop.store.tag_customer(shop.handle, buyer, add=["repeat"])
    shop.install()
    assert shop.changes(buyer)[-1].added == ["frequent"]
    cancel_all(shop, buyer)
    shop.settle()
    assert shop.tags(buyer) == ["repeat"]


def test_a_merge_does_not_make_a_merchants_tag_ours(new_shop):
    shop = new_shop()
    kept, gone = shop.buyers(2)
    shop.store.tag_customer(shop.handle, kept, add=["first-time"])
    shop.install()
    assert shop.changes(gone)[-1].added == ["first-time"]
    shop.store.merge_customers(shop.handle, kept, gone)
    shop.settle()
    assert shop.tags(kept) == ["first-time", "repeat"]
    assert shop.changes(kept)[-1].removed == []


@ON_ONE_DATABASE
def test_a_merge_into_a_customer_we_tagged_keeps_the_merchants_tag(new_shop):
    shop = new_shop()
    kept, gone = shop.buyers(2)
    shop.store.tag_customer(shop.handle, gone, add=["first-time"])
    shop.install()
    shop.store.merge_customers(shop.handle, kept, gone)
    shop.settle()
    assert shop.tags(kept) == ["first-time", "repeat"]


@ON_ONE_DATABASE
def test_tags_of_a_merged_customer_are_ours_to_take_off(shop):
    kept, gone = shop.buyers(2)
    shop.settle()
    shop.store.merge_customers(shop.handle, kept, gone)
    shop.settle()
    assert shop.tags(kept) == ["repeat"]
    assert shop.customer(gone).applied_tags == 0


@ON_ONE_DATABASE
def test_a_customer_deleted_meanwhile_is_dropped_and_the_others_are_tagged(shop):
    first, deleted, last = shop.buyers(3)
    shop.drain()
    shop.store.delete_customer(shop.handle, deleted, force=True)
    shop.sync()
    assert shop.tagged("first-time") == [first, last]
    assert shop.changes(deleted)[-1].outcome == "missing"
    assert shop.customer(deleted).deleted_at is not None
    before = shop.store.stats()["requests"]
    shop.sync()
    assert shop.store.stats()["requests"] == before
    shop.settle()
    assert len(shop.changes(deleted)) == 1


@ON_ONE_DATABASE
def test_a_customer_with_250_tags_is_set_aside_and_tried_again_after_a_day(shop):
    full, other = shop.buyers(2)
    shop.store.tag_customer(shop.handle, full, add=[f"theirs-{i}" for i in range(250)])
    shop.settle()
    assert shop.tagged("first-time") == [other]
    assert "250" in shop.customer(full).sync_error
    assert shop.changes(full)[-1].outcome == "refused"
    shop.store.tag_customer(shop.handle, full, remove=["theirs-0"])
    shop.store.set_clock("+86000")
    shop.settle()
    assert (shop.tagged("first-time"), len(shop.changes(full))) == ([other], 1)
    shop.store.set_clock("+86410")
    shop.settle()
    assert shop.tagged("first-time") == [full, other]
    assert shop.customer(full).sync_error is None


@ON_ONE_DATABASE
def test_with_250_tags_one_of_ours_makes_room_for_another(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    shop.store.tag_customer(shop.handle, buyer, add=[f"theirs-{i}" for i in range(249)])
    shop.buy(buyer)
    shop.settle()
    assert (shop.tagged("first-time"), shop.tagged("repeat")) == ([], [buyer])


def test_a_removed_segments_tag_comes_off_everybody(shop):
    shop.save_segments(segment("buyer"), segment("other"))
    buyers = shop.buyers(3)
    shop.settle()
    assert shop.tagged("other") == buyers
    shop.save_segments(segment("buyer"))
    shop.settle()
    assert (shop.tagged("other"), shop.tagged("buyer")) == ([], buyers)
    assert consistent(shop)


@ON_ONE_DATABASE
def test_a_renamed_tag_replaces_the_old_one(shop):
    shop.save_segments(segment("buyer"))
    buyers = shop.buyers(2)
    shop.settle()
    shop.save_segments(segment("customer"))
    shop.settle()
    assert (shop.tagged("buyer"), shop.tagged("customer")) == ([], buyers)
    shop.save_segments(segment("buyer"))
    shop.settle()
    assert (shop.tagged("buyer"), shop.tagged("customer")) == (buyers, [])


@ON_ONE_DATABASE
def test_throttled_answers_are_waited_out(shop):
    buyers = shop.buyers(2)
    shop.drain()
    shop.store.fault("throttled", shop=shop.handle, remaining=2)
    shop.sync()
    assert shop.tagged("first-time") == buyers


@ON_ONE_DATABASE
def test_a_small_shops_budget_is_used_up_without_a_single_refusal(new_shop):
    shop = new_shop(plan="standard")
    buyers = shop.buyers(230)
    before = shop.store.stats()["throttled"]
    shop.install()
    assert shop.tagged("first-time") == buyers
    assert shop.store.stats()["throttled"] == before


def test_an_answer_lost_after_the_work_is_made_up_for(shop):
    buyers = shop.buyers(2)
    shop.drain()
    shop.store.fault("cut", shop=shop.handle, after=True, remaining=3)
    shop.sync()
    assert shop.tagged("first-time") == buyers
    assert all(c.unsure_tags and not c.applied_tags for c in shop.customers())
    assert shop.changes() == []
    shop.settle()
    assert consistent(shop)
    assert [change.outcome for change in shop.changes()] == ["written"] * 2


@pytest.mark.parametrize("kind", ["503", "timeout", "cut"])
@ON_ONE_DATABASE
def test_what_a_lost_answer_did_is_undone_when_it_is_no_longer_wanted(shop, kind):
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.store.fault(kind, shop=shop.handle, after=True, remaining=3, seconds=0.1)
    shop.sync()
    assert shop.tags(buyer) == ["first-time"]
    cancel_all(shop, buyer)
    shop.settle()
    assert shop.tags(buyer) == []
    assert consistent(shop)


def test_a_wish_that_changes_during_the_call_is_granted_afterwards(shop):
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.store.fault("timeout", shop=shop.handle, after=True, remaining=1, seconds=1)
    writing = threading.Thread(target=shop.sync)
    writing.start()
    while not shop.tags(buyer):
        time.sleep(0.01)
    cancel_all(shop, buyer)
    shop.drain()
    writing.join()
    shop.settle()
    assert shop.tags(buyer) == []
    assert consistent(shop)


@ON_ONE_DATABASE
def test_a_merge_during_the_call_forgets_nothing_that_the_call_did(shop):
    kept, gone = shop.buyers(2)
    shop.buy(kept)
    shop.drain()
    shop.store.fault("timeout", shop=shop.handle, after=True, remaining=1, seconds=1)
    writing = threading.Thread(target=shop.sync)
    writing.start()
    while not shop.tags(gone):
        time.sleep(0.01)
    shop.store.merge_customers(shop.handle, kept, gone)
    shop.drain()
    writing.join()
    shop.settle()
    assert shop.tags(kept) == ["frequent", "repeat"]


def test_a_writer_killed_before_it_recorded_the_answer_is_made_up_for(shop, monkeypatch):
    monkeypatch.setenv("LEASE_SECONDS", "3")
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.store.fault("timeout", shop=shop.handle, after=True, remaining=1, seconds=20)
    writer = subprocess.Popen([sys.executable, "-c", SYNC], env=dict(os.environ))
    while shop.tags(buyer) == []:
        time.sleep(0.02)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    cancel_all(shop, buyer)
    shop.drain()
    assert turns.take(shop.id, "sync") is None
    while not (turn := turns.take(shop.id, "sync")):
        time.sleep(0.1)
    with turn:
        pass
    shop.settle()
    assert shop.tags(buyer) == []
    assert consistent(shop)


@ON_ONE_DATABASE
def test_while_one_process_writes_a_shops_tags_another_leaves(shop):
    (buyer,) = shop.buyers(1)
    shop.drain()
    with turns.take(shop.id, "sync"):
        shop.sync()
        assert shop.tags(buyer) == []
    shop.sync()
    assert shop.tags(buyer) == ["first-time"]


@pytest.mark.parametrize("kind", ["503", "cut"])
@ON_ONE_DATABASE
def test_after_a_failure_the_next_writer_need_not_wait(shop, kind):
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.store.fault(kind, shop=shop.handle, remaining=3)
    shop.sync()
    assert shop.tags(buyer) == []
    shop.store.clear_faults()
    shop.sync()
    assert shop.tags(buyer) == ["first-time"]


@pytest.mark.parametrize(("kind", "pause"), [("402", 3600), ("404", 21_600), ("403", 300)])
@ON_ONE_DATABASE
def test_a_shop_that_refuses_us_is_left_alone_and_says_so_until_it_answers(shop, kind, pause):
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.store.fault(kind, shop=shop.handle, rate=1.0)
    shop.sync()
    asked = shop.store.stats()["requests"]
    shop.sync()
    assert (shop.store.stats()["requests"], kind in shop.row().api_error) == (asked, True)
    shop.store.clear_faults()
    shop.store.set_clock(f"+{pause + 1}")
    shop.settle()
    assert (shop.tags(buyer), shop.row().api_error) == (["first-time"], None)


@ON_ONE_DATABASE
def test_opening_the_app_tries_a_shop_that_refused_us_again_at_once(shop):
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.store.fault("402", shop=shop.handle, remaining=1)
    shop.sync()
    open_app(shop.store, shop.handle)
    shop.settle()
    assert shop.tags(buyer) == ["first-time"]


@ON_ONE_DATABASE
def test_a_process_whose_time_ran_out_neither_goes_on_nor_ends_the_next_ones_turn(shop, monkeypatch):
    monkeypatch.setattr(turns, "_end", lambda: clock.wall() - timedelta(seconds=1))
    ran_out = turns.take(shop.id, "sync")
    monkeypatch.undo()
    assert turns.take(shop.id, "sync")
    with pytest.raises(TurnLost), ran_out:
        ran_out.renew()
    assert turns.take(shop.id, "sync") is None
