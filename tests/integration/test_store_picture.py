"""The picture of a store is what a plain recount of its orders says, on every rung and in all."""

from datetime import UTC, datetime, timedelta

import pytest

from plugin.db import session as db
from plugin.db.models import Customer, OrderHistory, Shop
from plugin.segments.columns import Record, pack, seconds
from plugin.standing import segment_store, store_picture
from plugin.standing.store_picture import Rung
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE

NOW = datetime(2026, 3, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
# Customer → (days ago, spend) of each order.
ORDERS = {
    1: [],
    2: [(10, 500)],
    3: [(400, 100)],
    4: [(370, 50), (100, 70)],
    5: [(5, 10), (6, 10), (7, 10), (8, 10), (9, 10)],
}


@pytest.fixture
def shop(set_clock) -> int:
    set_clock(NOW)
    shop_id = shops.make_shop()
    with db.write() as session:
        for number, orders in ORDERS.items():
            session.add(Customer(shop_id=shop_id, customer_id=number))
            records = [
                Record(number * 10 + i, spend, seconds(NOW - days * DAY), 1) for i, (days, spend) in enumerate(orders)
            ]
            session.add(OrderHistory(shop_id=shop_id, customer_id=number, history=pack(records)))
    return shop_id


def stands(name: str, rank: int, orders: int, *, on: bool = True) -> dict:
    condition = {"measure": "orders", "window": "lifetime", "comparison": "at_least", "value": orders}
    ladder = {"name": "Where they stand", "rank": rank}
    return {"name": name, "tag": name.casefold(), "conditions": [condition], "ladder": ladder, "on": on}


def picture(shop_id: int) -> store_picture.Picture:
    store_picture.count(shop_id, NOW)
    with db.read() as session:
        found = store_picture.latest(session, shop_id)
    assert found is not None
    return found


def test_everybody_stands_on_one_rung_of_each_ladder_with_what_they_spent_in_a_year(shop):
    found = picture(shop)
    assert (found.counted_at, found.customers, found.buyers, found.spend) == (NOW, 5, 4, 620)
    stand, ago = found.ladders
    assert stand.rungs == (Rung("Prospect", 1, 0), Rung("First-time", 2, 500), Rung("Repeat", 2, 120))
    assert ago.rungs == (Rung("Active", 2, 550), Rung("At-risk", 1, 70), Rung("Lapsed", 1, 0))


def test_a_segment_of_the_shop_s_own_is_the_rung_with_its_name_and_numbers(shop):
    with db.write() as session:
        segment_store.save(session, shop, [stands("Back again", 3, 2, on=False)], NOW)
    assert picture(shop).ladders[0].rungs == (
        Rung("Prospect", 1, 0),
        Rung("First-time", 2, 500),
        Rung("Back again", 2, 120),
    )


def test_who_is_in_a_segment_that_is_on_is_not_on_the_rung_of_one_that_is_off(shop):
    with db.write() as session:
        segment_store.save(session, shop, [stands("Once", 2, 1), stands("Five", 4, 5, on=False)], NOW)
    assert picture(shop).ladders[0].rungs == (Rung("Prospect", 1, 0), Rung("Once", 4, 620))


def test_a_ladder_that_the_orders_in_sight_do_not_decide_is_left_out(shop):
    condition = {"measure": "orders", "window": 365, "comparison": "below", "value": 1}
    ladder = {"name": "How long ago they bought", "rank": 3}
    own = {"name": "Not this year", "tag": "away", "conditions": [condition], "ladder": ladder}
    with db.write() as session:
        session.get_one(Shop, shop).history_from = NOW - 60 * DAY
        segment_store.save(session, shop, [own], NOW)
    assert [ladder.name for ladder in picture(shop).ladders] == ["Where they stand"]


def test_nothing_is_counted_before_the_import(shop):
    with db.write() as session:
        session.get_one(Shop, shop).imported_at = None
    store_picture.count(shop, NOW)
    with db.read() as session:
        assert store_picture.latest(session, shop) is None


@ON_ONE_DATABASE
def test_more_customers_than_are_read_at_once_are_counted_once_each(shop, monkeypatch):
    whole = picture(shop)
    monkeypatch.setattr(store_picture, "READ_AT_ONCE", 2)
    assert picture(shop) == whole
