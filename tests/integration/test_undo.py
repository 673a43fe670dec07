"""Undoing a change of settings turns back exactly what we wrote for it, and leaves alone what others changed since."""

import pytest

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Run
from plugin.shop import settings_changes, shop_settings, shops
from plugin.standing import segment_store
from plugin.tagging import brake, tag_changes, undo
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, segment
from workers import work_on_runs

EVERYBODY, TWICE = segment("everybody"), segment("repeat", orders=2)


@pytest.fixture
def shop(new_shop) -> InstalledShop:
    """Four buyers, two of whom came back; one had the tag of a segment before us."""
    opened = new_shop()
    first, second, had_it, _ = opened.buyers(4)
    for who in (first, second):
        opened.buy(who)
    opened.store.tag_customer(opened.handle, had_it, add=["repeat", "wholesale"])
    opened.install()
    opened.save_segments(EVERYBODY)
    opened.settle()
    return opened


def save(shop: InstalledShop, *definitions: dict) -> Run:
    """Save as the merchant does, work until nothing is left to do; the run that did it."""
    with db.write() as session:
        segment_store.save(session, shop.id, list(definitions), clock.now())
        runs.start_refresh(session, shop.id, clock.now())
    shop.settle()
    return shop.runs()[-1]


def undone(shop: InstalledShop, run: Run) -> Run:
    with db.write() as session:
        undo.start(session, shop.id, run.id, clock.now())
    shop.settle()
    return shop.runs()[-1]


def refused(shop: InstalledShop, run: Run) -> str:
    with pytest.raises(undo.NotUndone) as why, db.write() as session:
        undo.start(session, shop.id, run.id, clock.now())
    return str(why.value)


def carried(shop: InstalledShop) -> dict[int, list[str]]:
    return {customer["id"]: sorted(customer["tags"]) for customer in shop.store.customers(shop.handle)}


def left(shop: InstalledShop, run: Run) -> list[tuple[int, list[str], list[str]]]:
    """What an undo left alone."""
    rows = [row for row in shop.changes() if row.run_id == run.id and row.outcome == tag_changes.LEFT]
    return [(row.customer_id, row.added, row.removed) for row in rows]


def definitions(shop: InstalledShop) -> list[dict]:
    with db.read() as session:
        return segment_store.definitions(session, shop.id)


def test_an_undone_change_leaves_the_store_as_it_was_before_it(shop):
    before = carried(shop)
    run = save(shop, segment("others", orders=2), TWICE)
    assert carried(shop) != before
    last = undone(shop, run)
    assert (carried(shop), definitions(shop)) == (before, [EVERYBODY])
    assert (last.position[runs.UNDOES], left(shop, last)) == (run.id, [])


def test_a_tag_that_was_there_before_us_stays_through_change_and_undo(shop):
    had_it = next(who for who, tags in carried(shop).items() if "wholesale" in tags)
    run = save(shop, EVERYBODY, segment("repeat", orders=1))
    undone(shop, run)
    assert carried(shop)[had_it] == ["everybody", "repeat", "wholesale"]


def test_what_others_changed_since_is_left_and_listed(shop):
    given, taken = shop.tagged("everybody")[0], shop.tagged("everybody")[3]
    with db.write() as session:
        shop_settings.change(session, shop.id, foreign_removal=shop_settings.RESPECT)
    run = save(shop, segment("fresh"))
    shop.store.tag_customer(shop.handle, given, add=["everybody"])
    shop.store.tag_customer(shop.handle, taken, remove=["fresh"])
    shop.settle()
    last = undone(shop, run)
    assert {who for who, tags in carried(shop).items() if "everybody" in tags} == set(carried(shop))
    assert shop.tagged("fresh") == []
    assert sorted(left(shop, last)) == [(given, ["everybody"], []), (taken, [], ["fresh"])]
    save(shop)
    assert shop.tagged("everybody") == [given], "what they gave is theirs, and we take off only ours"


def test_writes_that_did_not_reach_the_store_do_not_happen(shop):
    before = carried(shop)
    with db.write() as session:
        segment_store.save(session, shop.id, [EVERYBODY, segment("late")], clock.now())
        runs.start_refresh(session, shop.id, clock.now())

    work_on_runs.work_on_runs(shop.id)
    shop.store.forget_calls()
    undone(shop, shop.runs()[-1])
    assert (carried(shop), shop.store.calls(shop.handle, "admin")) == (before, [])


def test_whom_a_lower_bar_or_a_stay_would_keep_leaves_with_the_undo(shop):
    strict = {**segment("vip", orders=2), "keep": segment("x", orders=1)["conditions"], "minimum_stay": 30}
    save(shop, strict)
    before = carried(shop)
    easy = {**strict, "conditions": segment("x", orders=1)["conditions"]}
    easy.pop("keep")
    run = save(shop, easy)
    assert len(shop.tagged("vip")) == 4
    undone(shop, run)
    assert carried(shop) == before


@ON_ONE_DATABASE
def test_orders_that_came_since_are_counted_and_not_undone(shop):
    run = save(shop, EVERYBODY, TWICE)
    (newcomer,) = shop.buyers(1)
    shop.settle()
    undone(shop, run)
    assert shop.tags(newcomer) == ["everybody"]


@ON_ONE_DATABASE
def test_an_undo_can_be_undone_and_nothing_twice(shop):
    run = save(shop, EVERYBODY, TWICE)
    after = carried(shop)
    back = undone(shop, run)
    assert refused(shop, run) == undo.ALREADY
    undone(shop, back)
    assert carried(shop) == after


@ON_ONE_DATABASE
def test_what_cannot_be_undone_is_refused_with_the_reason(shop):
    imported, first = shop.runs()[0], save(shop, EVERYBODY, TWICE)
    second = save(shop, EVERYBODY)
    assert refused(shop, imported) == undo.NO_CHANGE
    assert refused(shop, first) == undo.CHANGED_SINCE
    with db.write() as session:
        runs.start_refresh(session, shop.id, clock.now())
    assert refused(shop, second) == undo.BUSY
    shop.settle()
    assert refused(shop, shop.runs()[-1]) == undo.NO_CHANGE
    undone(shop, second)
    assert definitions(shop) == [EVERYBODY, TWICE]


@ON_ONE_DATABASE
def test_an_undo_waits_only_if_it_changes_more_than_the_merchant_has_seen(shop):
    run = save(shop, segment("fresh"))
    with db.write() as session:
        shop_settings.change(session, shop.id, brake_share=0.1, brake_least=1)
    back = undone(shop, run)
    assert (back.state, brake.numbers(back)) == (runs.DONE, None)
    shop.buyers(3)
    shop.settle()
    again = undone(shop, back)
    assert (again.state, brake.numbers(again)["customers"]) == (runs.WAITING, 7)


def test_other_orders_that_came_to_count_count_no_more_after_the_undo(shop):
    owing = shop.buy(financial_status="pending")["customer"]["id"]
    shop.settle()
    before = carried(shop)
    with db.write() as session:
        counted = frozenset(shop_settings.COUNTABLE_STATUSES)
        settings_changes.make(session, shop.id, clock.now(), counted_statuses=counted)
    shop.settle()
    assert (before[owing], shop.tags(owing)) == ([], ["everybody"])
    undone(shop, [run for run in shop.runs() if run.kind == runs.REFRESH][-1])
    (back,) = [run for run in shop.runs() if runs.UNDOES in run.position]
    assert (carried(shop), back.state, runs.SUPERSEDED in back.position) == (before, runs.DONE, False)
    with db.read() as session:
        assert "pending" not in shop_settings.ShopSettings.of(shops.get(session, shop.id).settings).counted_statuses
