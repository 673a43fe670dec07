"""Answers kept in a customer metafield: read from the store when it is chosen, every night and every week."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from plugin import clock, runs, turns
from plugin.db import session as db
from plugin.db.models import Customer
from plugin.history import listing, metafields
from plugin.shop import shops
from tests.support import shop as shop_rows
from tests.support.installed import ON_ONE_DATABASE
from workers import read_metafields

FIELD = ("custom", "nps_score")
MONDAY, SUNDAY = datetime(2026, 6, 1, 3, 7, tzinfo=UTC), datetime(2026, 6, 7, 3, 7, tzinfo=UTC)


@pytest.fixture
def shop(new_shop):
    """An installed shop with three customers."""
    shop = new_shop()
    shop.store.set_clock(MONDAY - timedelta(days=1))
    shop.people = shop.buyers(3)
    shop.store.set_clock(MONDAY)
    shop.install()
    return shop


def answered(shop, customer: int, value: str, hours_ago: float = 0, field=FIELD, **options) -> None:
    at = clock.now() - timedelta(hours=hours_ago)
    shop.store.set_metafield(shop.handle, customer, *field, value, updated_at=at.isoformat(), **options)


def choose(shop, field=FIELD) -> bool:
    with db.write() as session:
        changed = metafields.choose(session, shop.id, field)
    shop.settle()
    return changed


def scores(shop) -> list[int | None]:
    with db.read() as session:
        return [session.get_one(Customer, (shop.id, number)).promoter_score for number in shop.people]


def last_run(shop) -> dict:
    with db.read() as session:
        return runs.newest(session, shop.id, runs.ANSWERS).position


def test_the_metafield_is_read_of_everybody_when_it_is_chosen(shop):
    anna, ben, _ = shop.people
    answered(shop, anna, "9", hours_ago=5_000)
    answered(shop, ben, "8.9", type="number_decimal")
    answered(shop, ben, "3", field=("custom", "other"))
    assert choose(shop)
    assert scores(shop) == [9, 8, None]
    assert shop.customer(anna).promoter_at == MONDAY - timedelta(hours=5_000)
    assert not choose(shop)
    assert shop.row().answers_read_at == MONDAY


@ON_ONE_DATABASE
def test_what_is_no_score_is_counted_and_leaves_the_last_answer(shop):
    anna, ben, carl = shop.people
    for customer, value in ((anna, "9"), (ben, '{"value": 9}'), (carl, "11")):
        answered(shop, customer, value)
    choose(shop)
    assert scores(shop) == [9, None, None]
    assert (last_run(shop)["read"], last_run(shop)["recorded"], last_run(shop)["refused"]) == (3, 1, 2)


@ON_ONE_DATABASE
def test_at_night_only_those_who_changed_are_read_and_on_sunday_everybody(shop):
    anna, ben, _ = shop.people
    shop.store.set_clock(MONDAY + timedelta(days=1))
    choose(shop)
    shop.store.set_clock(MONDAY + timedelta(days=2))
    answered(shop, anna, "9")
    answered(shop, ben, "4", touches=False)
    read_metafields.read_metafields()
    shop.settle()
    assert (scores(shop), last_run(shop)["read"]) == ([9, None, None], 1)
    shop.store.set_clock(SUNDAY)
    read_metafields.read_metafields()
    shop.settle()
    assert (scores(shop), last_run(shop)["read"]) == ([9, 4, None], 3)


@ON_ONE_DATABASE
def test_an_older_answer_in_the_metafield_does_not_replace_a_later_one(shop):
    anna = shop.people[0]
    answered(shop, anna, "9")
    choose(shop)
    answered(shop, anna, "2", hours_ago=1)
    with db.write() as session:
        metafields.start(session, shop.id, everything=True)
    shop.settle()
    assert scores(shop)[0] == 9


@ON_ONE_DATABASE
def test_another_metafield_chosen_while_the_first_is_read_is_read_from_the_beginning(shop, monkeypatch):
    anna, ben, _ = shop.people
    answered(shop, anna, "9")
    answered(shop, ben, "7", field=("survey", "nps"))
    monkeypatch.setattr(metafields, "FEW", 0)
    with db.write() as session:
        metafields.choose(session, shop.id, FIELD)
    with db.read() as session:
        run = runs.newest(session, shop.id, runs.ANSWERS)
    with turns.take(shop.id, "run") as turn, pytest.raises(listing.BeingPrepared):
        metafields.advance(run, turn, time.monotonic() + 10)
    choose(shop, ("survey", "nps"))
    assert scores(shop) == [None, 7, None]
    assert choose(shop, None)
    with db.read() as session:
        assert not metafields.start(session, shop.id)


@ON_ONE_DATABASE
def test_a_shop_that_shopify_refuses_bulk_operations_is_read_page_by_page(shop, monkeypatch):
    monkeypatch.setattr(metafields, "FEW", 0)
    shop.store.bulk_conduct(shop.handle, refused="403")
    answered(shop, shop.people[1], "10")
    choose(shop)
    assert scores(shop) == [None, 10, None]


@ON_ONE_DATABASE
def test_a_reading_that_is_killed_goes_on_and_ends_the_same(shop, monkeypatch):
    monkeypatch.setattr(metafields, "FEW", 0)
    for customer, value in zip(shop.people, ("1", "2", "3"), strict=True):
        answered(shop, customer, value)
    choose(shop, ("custom", "empty"))
    with db.write() as session:
        metafields.choose(session, shop.id, FIELD)
    for _ in range(6):
        shop.store.fault("cut", target="admin", shop=shop.handle, remaining=1)
        shop.work()
    shop.store.clear_faults()
    with db.write() as session:
        shops.get(session, shop.id).paused_until = None
    shop.settle()
    assert scores(shop) == [1, 2, 3]


@ON_ONE_DATABASE
def test_nothing_is_read_before_the_history_is_here(shop):
    answered(shop, shop.people[0], "9")
    with db.write() as session:
        shops.get(session, shop.id).imported_at = None
    choose(shop)
    assert shop.row().answers_read_at is None
    assert scores(shop) == [None, None, None]


NO_FIELDS = [
    ("", "nps"),
    ("custom", ""),
    ("cust om", "nps"),
    ('c"', "nps"),
    ("custom", 'k"){id}'),
    ("custom\n", "nps"),
    ("$app:", "a"),
    ("a" * 256, "b"),
    ("a", "b" * 65),
    ("ä", "b"),
]


@pytest.mark.parametrize("field", NO_FIELDS, ids=str)
@ON_ONE_DATABASE
def test_what_is_no_metafields_name_is_refused(settings, field):
    shop_id = shop_rows.make_shop()
    with db.write() as session, pytest.raises(metafields.NoField):
        metafields.choose(session, shop_id, field)


@ON_ONE_DATABASE
def test_the_documents_ask_for_the_chosen_metafield(settings):
    kind = metafields.kind_of(("$app:survey", "nps"))
    for name in (kind.bulk, kind.paged):
        assert 'metafield(namespace: "$app:survey", key: "nps")' in kind.document(name)
