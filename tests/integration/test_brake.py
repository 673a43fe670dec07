"""A run that would change very many customers' tags waits, with its numbers, and nothing is written meanwhile."""

import pytest

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Movement, Run
from plugin.shop import settings_changes, shop_settings
from plugin.standing import refresh, segment_store
from plugin.tagging import brake, switch, tag_changes
from tests.conftest import start
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, segment
from workers import work_on_runs

EVERYBODY, TWICE = segment("everybody"), segment("twice", orders=2)


@pytest.fixture
def shop(new_shop) -> InstalledShop:
    """Five buyers, one of whom came back; everybody carries a tag. Changes of more than three wait."""
    opened = new_shop()
    opened.buy(opened.buyers(5)[0])
    opened.install()
    opened.save_segments(EVERYBODY)
    opened.settle()
    with db.write() as session:
        shop_settings.change(session, opened.id, brake_share=0.6, brake_least=2)
    assert len(opened.tagged("everybody")) == 5
    return opened


def save(shop: InstalledShop, *definitions: dict) -> None:
    """Save as the merchant does, and work until nothing is left to do."""
    with db.write() as session:
        segment_store.save(session, shop.id, list(definitions), clock.now())
        runs.start_refresh(session, shop.id, clock.now())
    shop.settle()


def waiting(shop: InstalledShop) -> Run | None:
    with db.read() as session:
        return runs.waiting(session, shop.id)


def decide(shop: InstalledShop, decision) -> None:
    with db.write() as session:
        decision(session, shop.id, waiting(shop).id, clock.now())
    shop.settle()


def calls(shop: InstalledShop) -> list[dict]:
    """Whatever we have asked the store since its journal was emptied."""
    return shop.store.calls(shop.handle, "admin")


def kept_tags(shop: InstalledShop) -> dict[str, list[int]]:
    return {tag: sorted(who) for tag, who in shop.store.tags(shop.handle).items()}


def test_a_change_of_many_waits_with_its_numbers_and_writes_nothing(shop):
    before, moved = kept_tags(shop), len(shop.rows(Movement, Movement.at))
    shop.store.forget_calls()
    save(shop, segment("renamed"), TWICE)
    numbers = brake.numbers(waiting(shop))
    assert (numbers["customers"], numbers["of"]) == (5, 5)
    assert (numbers["added"], numbers["removed"]) == ({"renamed": 5, "twice": 1}, {"everybody": 5})
    assert (calls(shop), kept_tags(shop)) == ([], before)
    assert len(shop.rows(Movement, Movement.at)) == moved


def test_a_change_of_few_passes(shop):
    save(shop, EVERYBODY, TWICE)
    assert (waiting(shop), len(shop.tagged("twice"))) == (None, 1)


def test_what_is_confirmed_is_done(shop):
    save(shop, segment("renamed"))
    decide(shop, brake.confirm)
    assert (waiting(shop), {tag: len(who) for tag, who in kept_tags(shop).items()}) == (None, {"renamed": 5})


def test_what_is_declined_is_as_it_was_and_nothing_was_written(shop):
    before = kept_tags(shop)
    shop.store.forget_calls()
    save(shop, segment("renamed"), TWICE)
    decide(shop, brake.decline)
    assert (waiting(shop), calls(shop), kept_tags(shop)) == (None, [], before)
    with db.read() as session:
        assert segment_store.definitions(session, shop.id) == [EVERYBODY]
    assert [run.state for run in shop.runs()[-2:]] == [runs.DONE, runs.DONE]


@ON_ONE_DATABASE
def test_what_was_declined_is_asked_for_no_more_and_holds_until_all_are_judged(shop):
    save(shop, segment("renamed"))
    with db.write() as session:
        brake.decline(session, shop.id, waiting(shop).id, clock.now())
    with db.read() as session:
        assert (runs.waiting(session, shop.id), tag_changes.is_held(session, shop.id)) == (None, True)
    shop.settle()
    with db.read() as session:
        assert not tag_changes.is_held(session, shop.id)


def test_it_waits_on_after_a_restart(shop):
    save(shop, segment("renamed"))
    start()
    shop.settle()
    assert waiting(shop) is not None
    assert shop.tagged("renamed") == []
    decide(shop, brake.confirm)
    assert len(shop.tagged("renamed")) == 5


@pytest.mark.parametrize("decision", [brake.confirm, brake.decline])
def test_an_order_that_comes_meanwhile_counts_and_is_tagged_after_the_decision(shop, decision):
    save(shop, segment("renamed"), TWICE)
    shop.store.forget_calls()
    newcomer = shop.buy()["customer"]["id"]
    shop.settle()
    assert (calls(shop), shop.tags(newcomer)) == ([], [])
    decide(shop, decision)
    assert shop.tags(newcomer) == ["renamed" if decision is brake.confirm else "everybody"]


def test_new_settings_take_the_place_of_those_that_wait(shop):
    save(shop, segment("renamed"))
    first = waiting(shop)
    save(shop, segment("otherwise"))
    second = waiting(shop)
    assert second.id != first.id
    decide(shop, brake.decline)
    with db.read() as session:
        assert segment_store.definitions(session, shop.id) == [EVERYBODY]
        old = session.get_one(Run, (shop.id, first.id))
    assert (old.state, old.position[runs.SUPERSEDED]) == (runs.DONE, True)


@ON_ONE_DATABASE
def test_new_settings_that_change_few_let_the_store_go_on(shop):
    save(shop, segment("renamed"))
    save(shop, EVERYBODY, TWICE)
    assert (waiting(shop), len(shop.tagged("twice"))) == (None, 1)


@ON_ONE_DATABASE
def test_a_decision_that_comes_too_late_is_refused_in_words(shop):
    save(shop, segment("renamed"))
    run_id = waiting(shop).id
    decide(shop, brake.confirm)
    with pytest.raises(brake.NotWaiting, match="not wait for you any more"), db.write() as session:
        brake.confirm(session, shop.id, run_id, clock.now())
    save(shop, segment("everybody"), TWICE)
    with db.write() as session:
        runs.start_refresh(session, shop.id, clock.now())
    with pytest.raises(brake.NotWaiting, match="changed since"), db.write() as session:
        brake.decline(session, shop.id, waiting(shop).id, clock.now())


@ON_ONE_DATABASE
def test_without_anything_before_the_segments_that_would_change_are_switched_off(shop):
    with db.write() as session:
        shop.row()
        session.get_one(type(shop.row()), shop.id).judged_by = None
    save(shop, segment("renamed"), TWICE)
    decide(shop, brake.decline)
    with db.read() as session:
        assert [each.on for each in segment_store.active(session, shop.id)] == [False, False]


@ON_ONE_DATABASE
def test_bulk_mutations_wait_as_well(shop, monkeypatch):
    monkeypatch.setenv("BULK_TAGS_FROM", "1")
    start()
    shop.store.forget_calls()
    save(shop, segment("renamed"))
    shop.sync()
    assert (calls(shop), shop.tagged("renamed")) == ([], [])


def test_counting_goes_on_where_a_job_left_it(shop, monkeypatch):
    monkeypatch.setattr(refresh, "CHUNK", 2)
    monkeypatch.setattr(work_on_runs, "SECONDS_A_JOB", 0)
    save(shop, segment("renamed"), TWICE)
    numbers = brake.numbers(waiting(shop))
    assert (numbers["customers"], numbers["added"]) == (5, {"renamed": 5, "twice": 1})
    decide(shop, brake.confirm)
    assert len(shop.tagged("renamed")) == 5


@ON_ONE_DATABASE
def test_other_orders_that_would_come_to_count_do_not_if_that_is_declined(shop):
    with db.write() as session:
        settings_changes.make(session, shop.id, clock.now(), counted_statuses=frozenset({"pending"}))
    shop.settle()
    assert brake.numbers(waiting(shop))["removed"] == {"everybody": 5}
    shop.store.forget_calls()
    decide(shop, brake.decline)
    assert (waiting(shop), calls(shop), len(shop.tagged("everybody"))) == (None, [], 5)


@ON_ONE_DATABASE
def test_taking_all_tags_off_is_asked_for_on_its_own_page_and_does_not_wait(shop):
    for on in (False, True):
        with db.write() as session:
            switch.switch(session, shop.id, on, clock.now())
        shop.settle()
        assert (waiting(shop), len(shop.tagged("everybody"))) == (None, 5 if on else 0)
