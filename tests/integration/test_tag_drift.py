"""What others do to our tags: told from our own echoes, put back or left off as the shop chose, not fought for ever."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from plugin import cli, clock, runs
from plugin.db import session as db
from plugin.db.models import ForeignChange
from plugin.tagging import tag_comparison, tag_drift
from tests.support.installed import ON_ONE_DATABASE, InstalledShop
from tests.support.turmoil import later
from tests.support.webhook_receiver import Received
from workers import compare_tags, hear_tags, work_on_runs

FIRST = "first-time"


def choose(shop: InstalledShop, what: str) -> None:
    with db.write() as session:
        tag_drift.choose(session, shop.id, what)


def take_off(shop: InstalledShop, customer: int, tag: str = FIRST) -> None:
    shop.store.tag_customer(shop.handle, customer, remove=[tag])


def cancel_all(shop: InstalledShop, customer: int) -> None:
    for order in shop.store.orders(shop.handle, customer):
        shop.store.cancel_order(shop.handle, order["id"])


def contested(shop: InstalledShop) -> list[tuple[int, str, int]]:
    with db.read() as session:
        found = tag_drift.contested(session, shop.id)
        assert tag_drift.contested_count(session, shop.id) == len(found)
    return [(each.customer_id, each.tag, each.times) for each in found]


def standing(shop: InstalledShop) -> list[tuple]:
    return [
        (c.customer_id, c.wanted_tags, c.applied_tags, c.unsure_tags, c.foreign_tags, c.declined_tags)
        for c in shop.customers()
    ]


def with_new_id(delivery: Received) -> Received:
    return replace(delivery, headers=delivery.headers | {"x-shopify-webhook-id": str(uuid.uuid4())})


def statements_of(work: Callable[[], object], kind: str) -> int:
    """How many statements of a kind the work sends to the database."""
    seen = []
    event.listen(db.engine(), "before_cursor_execute", lambda *args: seen.append(args[2]))
    work()
    return sum(statement.startswith(kind) for statement in seen)


def compare(shop: InstalledShop) -> dict[str, int]:
    """Compare as the week's job does, long after the last change; returns what was found."""
    shop.store.set_clock((clock.now() + timedelta(hours=1)).isoformat())
    compare_tags.compare_tags()
    shop.settle()
    run = [run for run in shop.runs() if run.kind == runs.COMPARISON][-1]
    assert run.state == runs.DONE
    return tag_comparison.found(run)


def test_a_tag_of_ours_that_somebody_takes_off_is_put_back(shop):
    buyer, other = shop.buyers(2)
    shop.settle()
    take_off(shop, buyer)
    shop.settle()
    assert shop.tagged(FIRST) == [buyer, other]
    assert [change.outcome for change in shop.changes(buyer)] == ["written"] * 2
    assert contested(shop) == []


def test_or_left_off_until_the_customer_comes_back_into_the_segment(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    choose(shop, "respect")
    take_off(shop, buyer)
    shop.settle()
    assert (shop.tags(buyer), shop.customer(buyer).declined_tags != 0) == ([], True)
    shop.store.update_customer(shop.handle, buyer)
    shop.settle()
    assert shop.tags(buyer) == []
    cancel_all(shop, buyer)
    shop.settle()
    assert shop.customer(buyer).declined_tags == 0
    shop.buy(buyer)
    shop.settle()
    assert shop.tags(buyer) == [FIRST]


@ON_ONE_DATABASE
def test_who_chooses_to_have_tags_put_back_gets_all_of_them_back(shop):
    buyers = shop.buyers(2)
    shop.settle()
    choose(shop, "respect")
    for buyer in buyers:
        take_off(shop, buyer)
    shop.settle()
    assert shop.tagged(FIRST) == []
    choose(shop, "repair")
    shop.settle()
    assert shop.tagged(FIRST) == buyers


@ON_ONE_DATABASE
def test_a_declined_tag_that_somebody_puts_back_is_kept_again(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    choose(shop, "respect")
    take_off(shop, buyer)
    shop.settle()
    shop.store.tag_customer(shop.handle, buyer, add=[FIRST])
    shop.settle()
    cancel_all(shop, buyer)
    shop.settle()
    assert shop.tags(buyer) == []


def test_a_tag_taken_off_more_than_three_times_in_a_month_is_reported_and_left_off(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    for _ in range(3):
        take_off(shop, buyer)
        shop.settle()
        assert (shop.tags(buyer), contested(shop)) == ([FIRST], [])
    take_off(shop, buyer)
    shop.settle()
    assert (shop.tags(buyer), contested(shop)) == ([], [(buyer, FIRST, 4)])


@ON_ONE_DATABASE
def test_fights_of_long_ago_do_not_count(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    for days in (0, 0, 0, 31):
        shop.store.set_clock(f"+{days * 86_400}")
        take_off(shop, buyer)
        shop.settle()
    assert (shop.tags(buyer), contested(shop)) == ([FIRST], [])


@ON_ONE_DATABASE
def test_a_tag_given_to_a_customer_outside_its_segment_is_not_ours(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    shop.store.tag_customer(shop.handle, buyer, add=["Repeat", "wholesale"])
    shop.settle()
    shop.buy(buyer)
    shop.settle()
    cancel_all(shop, buyer)
    shop.settle()
    assert shop.tags(buyer) == ["Repeat", "wholesale"]


@ON_ONE_DATABASE
def test_a_merchants_own_tag_that_they_take_off_is_free_for_us(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    shop.store.tag_customer(shop.handle, buyer, add=["repeat"])
    shop.drain()
    take_off(shop, buyer, "repeat")
    shop.buy(buyer)
    shop.settle()
    assert shop.tags(buyer) == ["repeat"]
    cancel_all(shop, buyer)
    shop.settle()
    assert shop.tags(buyer) == []


@ON_ONE_DATABASE
def test_a_tag_we_want_that_somebody_adds_first_becomes_ours(shop):
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.store.tag_customer(shop.handle, buyer, add=[FIRST])
    shop.settle()
    cancel_all(shop, buyer)
    shop.settle()
    assert shop.tags(buyer) == []


def test_the_echoes_of_our_own_writes_change_nothing_in_any_order(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    shop.posted()
    for _ in range(2):
        shop.buy(buyer)
        shop.drain()
        shop.sync()
    cancel_all(shop, buyer)
    shop.drain()
    shop.sync()
    echoes = [each for each in shop.door.of(shop.handle) if each.topic.startswith("customer.tags_")]
    before = standing(shop)
    for delivery in [*echoes, *reversed(echoes)]:
        shop.receive([with_new_id(delivery)])
    shop.settle()
    assert (standing(shop), shop.rows(ForeignChange, ForeignChange.at)) == (before, [])


@ON_ONE_DATABASE
def test_many_echoes_take_no_more_looks_into_the_database_than_one(shop):
    looks = []
    for buyers in (1, 30):
        shop.buyers(buyers)
        shop.drain()
        shop.sync()
        shop.receive()
        looks.append(statements_of(lambda: hear_tags.hear_batch(shop.id), "SELECT"))
    assert looks[0] == looks[1]


@pytest.mark.parametrize("refused", [None, "403"])
def test_a_comparison_finds_and_mends_what_nobody_told(shop, refused):
    gone, extra, theirs, right = shop.buyers(4)
    shop.store.tag_customer(shop.handle, theirs, add=["repeat"])
    shop.settle()
    take_off(shop, gone)
    shop.store.tag_customer(shop.handle, extra, add=["repeat"])
    take_off(shop, theirs, "repeat")
    shop.posted()
    if refused:
        shop.store.bulk_conduct(shop.handle, "QUERY", refused=refused)
    found = compare(shop)
    assert found == {"compared": 4, "put_back": 1, "left_off": 0, "theirs": 1}
    assert shop.tagged(FIRST) == [gone, extra, theirs, right]
    assert [bool(shop.customer(number).foreign_tags) for number in (gone, extra, theirs, right)] == [0, 1, 0, 0]
    assert compare(shop) == {"compared": 4, "put_back": 0, "left_off": 0, "theirs": 0}


@ON_ONE_DATABASE
def test_a_comparison_leaves_off_what_the_shop_wants_left_off(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    choose(shop, "respect")
    take_off(shop, buyer)
    shop.posted()
    assert compare(shop)["left_off"] == 1
    assert shop.tags(buyer) == []


@ON_ONE_DATABASE
def test_a_comparison_does_not_take_old_news_for_new(shop, monkeypatch):
    late, _ = shop.buyers(2)
    shop.settle()
    shop.store.set_clock((clock.now() + timedelta(hours=1)).isoformat())
    # The list is made at once and handed out later than the worker waits for it.
    shop.store.bulk_conduct(shop.handle, "QUERY", seconds=2)
    compare_tags.compare_tags()
    with monkeypatch.context() as patch:
        patch.setattr(work_on_runs, "POLLS_A_JOB", 1)
        work_on_runs.work_on_runs(shop.id)
    assert shop.runs()[-1].finished_at is None
    shop.buy(late)
    shop.drain()
    shop.sync()
    shop.settle()
    assert shop.tagged("repeat") == [late]
    assert (shop.customer(late).foreign_tags, shop.rows(ForeignChange, ForeignChange.at)) == (0, [])


@ON_ONE_DATABASE
def test_other_runs_overtake_a_comparison(shop):
    with db.write() as session:
        runs.start(session, shop.id, runs.COMPARISON, clock.now())
        runs.start_refresh(session, shop.id, clock.now() + timedelta(seconds=1))
        assert runs.next_run(session, shop.id).kind == runs.REFRESH


@ON_ONE_DATABASE
def test_both_can_be_done_from_the_command_line(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    take_off(shop, buyer)
    shop.posted()
    shop.store.set_clock((clock.now() + timedelta(hours=1)).isoformat())
    run = CliRunner().invoke
    assert run(cli.cli, ["tags", "foreign-removal", shop.domain, "respect"]).output == "Done.\n"
    told = run(cli.cli, ["tags", "compare", shop.domain]).output
    assert told.startswith("1 customers compared. Tags that were gone: 0 put back, 1 left off.")


@ON_ONE_DATABASE
def test_tags_that_come_by_a_merge_are_ours_even_if_they_are_heard_of_before_the_merge(shop):
    kept, gone = shop.buyers(2)
    shop.settle()
    shop.store.place_order(shop.handle, [{"price": "10.00"}], kept)
    shop.settle()
    assert (shop.tags(kept), shop.tags(gone)) == (["repeat"], [FIRST])
    shop.store.merge_customers(shop.handle, kept, gone)
    told = shop.posted()
    shop.receive(each for each in told if each.topic == "customer.tags_added")
    shop.drain()
    assert shop.customer(kept).foreign_tags
    shop.receive(each for each in told if each.topic != "customer.tags_added")
    shop.settle()
    assert shop.tags(kept) == ["frequent", "repeat"]
    assert shop.rows(ForeignChange, ForeignChange.at) == []


@ON_ONE_DATABASE
def test_a_tag_that_a_merchant_gave_before_a_merge_stays_the_merchants(shop):
    kept, gone = shop.buyers(2)
    shop.settle()
    shop.store.place_order(shop.handle, [{"price": "10.00"}], kept)
    shop.settle()
    shop.store.tag_customer(shop.handle, kept, add=[FIRST])
    shop.settle()
    later(shop, timedelta(minutes=1))
    shop.store.merge_customers(shop.handle, kept, gone)
    shop.settle()
    assert shop.tags(kept) == [FIRST, "frequent", "repeat"]
