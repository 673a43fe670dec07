"""Very many customers' tags by bulk mutations: the same tags in the end, whatever Shopify makes of the operation."""

import time
from collections import Counter
from datetime import timedelta

import pytest

from plugin import clock
from plugin.db import session as db
from plugin.db.models import BulkTagging, BulkTaggingLine
from plugin.tagging import bulk_groups, bulk_tagging, switch
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, segment
from workers import heed_notices

MUTATION = "MUTATION"


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULK_TAGS_FROM", "5")
    monkeypatch.setattr(bulk_groups, "SMALLEST", 3)
    monkeypatch.setattr(bulk_tagging, "LOOK_AGAIN", timedelta(0))


def mutations(shop: InstalledShop) -> list[dict]:
    return [each for each in shop.store.bulk_operations(shop.handle) if each["type"] == MUTATION]


def ends_right(shop: InstalledShop) -> bool:
    settled = all(c.applied_tags == c.wanted_tags and c.unsure_tags == c.bulk_tags == 0 for c in shop.customers())
    return settled and not shop.rows(BulkTagging, BulkTagging.id) and not shop.rows(BulkTaggingLine, "line")


def cancel_all(shop: InstalledShop, customer: int) -> None:
    for order in shop.store.orders(shop.handle, customer):
        shop.store.cancel_order(shop.handle, order["id"])


def turn(shop: InstalledShop, *, on: bool) -> None:
    with db.write() as session:
        switch.switch(session, shop.id, on, clock.now())


def written(shop: InstalledShop) -> Counter:
    """How often each customer was successfully written, and what."""
    return Counter((c.customer_id, *c.added, *(f"-{tag}" for tag in c.removed)) for c in shop.changes())


def test_many_customers_are_tagged_by_one_mutation_for_all_who_need_the_same(shop):
    buyers = shop.buyers(9)
    for buyer in buyers[:3]:
        shop.buy(buyer)
    shop.settle()
    assert (shop.tagged("repeat"), shop.tagged("first-time")) == (buyers[:3], buyers[3:])
    assert sorted(each["root_object_count"] for each in mutations(shop)) == [3, 6]
    assert set(written(shop).values()) == {1}
    assert len(shop.changes()) == 9
    assert ends_right(shop)


@ON_ONE_DATABASE
def test_small_groups_are_written_a_few_at_a_time(shop):
    buyers = shop.buyers(6)
    shop.buy(buyers[0])
    shop.settle()
    assert [each["root_object_count"] for each in mutations(shop)] == [5]
    assert shop.tagged("repeat") == buyers[:1]


@ON_ONE_DATABASE
def test_fewer_customers_than_the_setting_says_are_written_a_few_at_a_time(shop):
    buyers = shop.buyers(4)
    shop.settle()
    assert (shop.tagged("first-time"), mutations(shop)) == (buyers, [])


@ON_ONE_DATABASE
def test_of_two_changes_for_a_customer_removing_is_done_before_adding(shop):
    buyers = shop.buyers(5)
    shop.settle()
    for buyer in buyers:
        shop.store.tag_customer(shop.handle, buyer, add=[f"theirs-{i}" for i in range(249)])
        shop.buy(buyer)
    shop.settle()
    assert (shop.tagged("first-time"), shop.tagged("repeat")) == ([], buyers)
    assert ["tagsRemove" in each["query"] for each in mutations(shop)] == [False, True, False]
    assert ends_right(shop)


def test_a_wish_that_changes_while_the_mutation_runs_is_granted_right_afterwards(shop):
    buyers = shop.buyers(6)
    shop.store.bulk_conduct(shop.handle, held_after=2)
    shop.drain()
    shop.sync()
    cancel_all(shop, buyers[0])
    shop.buy(buyers[1])
    shop.drain()
    shop.sync()
    assert [(c.added, c.removed) for c in shop.changes(buyers[1])] == [(["repeat"], [])]
    shop.store.bulk_conduct(shop.handle)
    shop.settle()
    assert (shop.tags(buyers[0]), shop.tags(buyers[1])) == ([], ["repeat"])
    assert shop.tagged("first-time") == buyers[2:]
    assert ends_right(shop)


@ON_ONE_DATABASE
def test_other_tags_of_a_customer_are_written_while_the_mutation_runs(shop):
    shop.save_segments(segment("buyer"), segment("regular", 2))
    buyers = shop.buyers(6)
    shop.store.bulk_conduct(shop.handle, held_after=0)
    shop.drain()
    shop.sync()
    shop.buy(buyers[0])
    shop.drain()
    shop.sync()
    assert shop.tags(buyers[0]) == ["regular"]
    shop.store.bulk_conduct(shop.handle)
    shop.settle()
    assert (shop.tags(buyers[0]), shop.tagged("buyer")) == (["buyer", "regular"], buyers)
    assert ends_right(shop)


@ON_ONE_DATABASE
def test_a_tag_taken_off_while_the_mutation_adds_it_is_put_back(shop):
    buyers = shop.buyers(6)
    shop.store.bulk_conduct(shop.handle, held_after=4)
    shop.drain()
    shop.sync()
    while len(shop.tagged("first-time")) < 4:
        time.sleep(0.01)
    shop.store.tag_customer(shop.handle, shop.tagged("first-time")[0], remove=["first-time"])
    shop.drain()
    shop.store.bulk_conduct(shop.handle)
    shop.settle()
    assert (shop.tagged("first-time"), ends_right(shop)) == (buyers, True)


@ON_ONE_DATABASE
def test_what_shopify_refuses_is_told_of_the_customer_it_is_about(shop):
    full, gone, *others = shop.buyers(7)
    shop.store.tag_customer(shop.handle, full, add=[f"theirs-{i}" for i in range(250)])
    shop.drain()
    shop.store.delete_customer(shop.handle, gone, force=True)
    shop.sync()
    shop.settle()
    assert shop.tagged("first-time") == others
    assert "250" in shop.customer(full).sync_error
    assert shop.customer(gone).deleted_at is not None
    outcomes = {change.customer_id: change.outcome for change in shop.changes()}
    assert outcomes == {full: "refused", gone: "missing"} | dict.fromkeys(others, "written")
    assert shop.row().bulk_tags_refused is None


@pytest.mark.parametrize(
    "conduct",
    [{"refused": "403"}, {"refused": "INVALID_MUTATION"}, {"refused": "INVALID_STAGED_UPLOAD_FILE"}, {"disallowed": 1}],
    ids=str,
)
@ON_ONE_DATABASE
def test_refused_mutations_rest_for_a_day_and_the_tags_are_written_all_the_same(shop, conduct):
    buyers = shop.buyers(6)
    shop.store.bulk_conduct(shop.handle, MUTATION, **conduct)
    shop.settle()
    assert (shop.tagged("first-time"), mutations(shop), ends_right(shop)) == (buyers, [], True)
    assert bulk_tagging.note(shop.row(), clock.now())
    assert (shop.row().trouble, shop.row().paused_until) == (None, None)
    shop.store.bulk_conduct(shop.handle)
    shop.store.set_clock("+86401")
    assert bulk_tagging.note(shop.row(), clock.now()) is None
    shop.buyers(6)
    shop.settle()
    assert len(mutations(shop)) == 1


@ON_ONE_DATABASE
def test_while_all_places_are_taken_tags_are_written_a_few_at_a_time(shop):
    buyers = shop.buyers(6)
    shop.store.bulk_conduct(shop.handle, MUTATION, refused="OPERATION_IN_PROGRESS")
    shop.settle()
    assert (shop.tagged("first-time"), ends_right(shop)) == (buyers, True)
    assert bulk_tagging.note(shop.row(), clock.now()) is None
    shop.store.bulk_conduct(shop.handle)
    shop.store.set_clock("+601")
    shop.buyers(6)
    shop.settle()
    assert len(mutations(shop)) == 1


@pytest.mark.parametrize("status", ["FAILED", "CANCELED", "EXPIRED"])
@pytest.mark.parametrize("after", [0, 4])
@ON_ONE_DATABASE
def test_what_an_operation_left_undone_is_written_a_few_at_a_time(shop, status, after):
    buyers = shop.buyers(7)
    shop.store.fail_next_bulk(shop.handle, "TIMEOUT", status=status, after=after, kind=MUTATION)
    shop.settle()
    assert (shop.tagged("first-time"), ends_right(shop)) == (buyers, True)
    assert status in shop.row().bulk_tags_refused
    assert sorted(written(shop)) == [(buyer, "first-time") for buyer in buyers]
    assert set(written(shop).values()) == {1}


@ON_ONE_DATABASE
def test_a_result_that_is_gone_leaves_every_customer_to_be_written_again(shop):
    buyers = shop.buyers(6)
    shop.drain()
    shop.sync()
    while mutations(shop)[0]["status"] != "COMPLETED":
        pass
    shop.store.expire_results(shop.handle, gone=True)
    shop.settle()
    assert (shop.tagged("first-time"), ends_right(shop)) == (buyers, True)
    assert shop.row().bulk_tags_refused


@ON_ONE_DATABASE
def test_an_address_that_has_expired_is_asked_for_anew(shop):
    buyers = shop.buyers(6)
    shop.drain()
    shop.sync()
    shop.store.expire_results(shop.handle)
    shop.settle()
    assert (shop.tagged("first-time"), ends_right(shop)) == (buyers, True)
    assert shop.row().bulk_tags_refused is None


@pytest.mark.parametrize(("kind", "times", "rests"), [("503", 1, False), ("cut", 2, False), ("503", 9, True)])
@pytest.mark.parametrize("target", ["uploads", "files"])
@ON_ONE_DATABASE
def test_a_storage_host_that_fails_for_a_while_is_tried_again(shop, target, kind, times, rests):
    buyers = shop.buyers(6)
    shop.store.fault(kind, target=target, remaining=times)
    shop.settle()
    shop.store.clear_faults()
    assert (shop.tagged("first-time"), ends_right(shop)) == (buyers, True)
    assert bool(shop.row().bulk_tags_refused) is rests
    assert shop.row().trouble is None


@ON_ONE_DATABASE
def test_an_upload_that_is_refused_is_not_tried_again(shop):
    buyers = shop.buyers(6)
    shop.store.fault("403", target="uploads", remaining=1)
    shop.settle()
    assert (shop.tagged("first-time"), mutations(shop), ends_right(shop)) == (buyers, [], True)


def test_a_start_whose_answer_was_lost_is_found_again(shop):
    buyers = shop.buyers(6)
    shop.drain()
    # By this seed the first call, for the file's place, is answered, and the answer to the second, the start, is not.
    shop.store.fault("cut", shop=shop.handle, after=True, remaining=1, rate=0.5, seed=10)
    shop.sync()
    (tagging,) = shop.rows(BulkTagging, BulkTagging.id)
    assert (tagging.attempted_at is not None, tagging.operation_id, len(mutations(shop))) == (True, None, 1)
    shop.settle()
    assert (shop.tagged("first-time"), ends_right(shop)) == (buyers, True)
    assert len(mutations(shop)) == 1


@ON_ONE_DATABASE
def test_tags_that_are_to_come_off_meanwhile_stop_being_added_and_come_off(shop):
    shop.buyers(8)
    shop.store.bulk_conduct(shop.handle, held_after=3)
    shop.drain()
    shop.sync()
    turn(shop, on=False)
    shop.work()
    shop.store.bulk_conduct(shop.handle)
    shop.settle()
    assert (shop.tagged("first-time"), ends_right(shop)) == ([], True)
    assert mutations(shop)[0]["status"] == "CANCELED"
    assert shop.row().bulk_tags_refused is None


@ON_ONE_DATABASE
def test_tags_come_off_in_bulk(shop):
    shop.buyers(8)
    shop.settle()
    turn(shop, on=False)
    shop.settle()
    assert (shop.tagged("first-time"), ends_right(shop), len(mutations(shop))) == ([], True, 2)


@ON_ONE_DATABASE
def test_a_shop_that_left_and_came_back_forgets_what_was_under_way(shop):
    buyers = shop.buyers(6)
    shop.store.bulk_conduct(shop.handle, held_after=2)
    shop.drain()
    shop.sync()
    shop.store.uninstall(shop.handle)
    shop.receive()
    heed_notices.heed_notices(shop.id)
    shop.store.bulk_conduct(shop.handle)
    shop.install()
    assert (shop.tagged("first-time"), ends_right(shop)) == (buyers, True)


@ON_ONE_DATABASE
def test_a_customer_erased_while_chosen_leaves_the_others_right(shop, monkeypatch):
    erased, *others = shop.buyers(6)
    shop.drain()
    shop.store.fault("503", target="uploads", remaining=1)
    shop.sync()
    shop.store.redact_customer(shop.handle, erased)
    shop.settle()
    assert set(others) <= set(shop.tagged("first-time"))
    assert ends_right(shop)
