"""How many customers there are and how large each segment is: the same as counting one by one, and not all the time."""

import random

import pytest
from sqlalchemy import update

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Customer
from plugin.standing import headcount
from plugin.standing.headcount import Headcount
from tests.support import shop as shops


@pytest.fixture
def shop(settings) -> int:
    """Customers in any segments; some were deleted or merged."""
    shop_id, chance = shops.make_shop(), random.Random(5)
    with db.write() as session:
        for number in range(1, 200):
            gone = {"deleted_at": clock.now()} if number % 7 == 0 else {"merged_into": 1} if number % 11 == 0 else {}
            session.add(Customer(shop_id=shop_id, customer_id=number, wanted_tags=chance.getrandbits(60), **gone))
    return shop_id


def one_by_one(shop_id: int) -> Headcount:
    with db.read() as session:
        everybody = session.query(Customer).filter(Customer.shop_id == shop_id).all()
    living = [each.wanted_tags for each in everybody if each.deleted_at is None and each.merged_into is None]
    return Headcount(len(living), {bit: sum(bits >> bit & 1 for bits in living) for bit in range(60)})


def now(shop_id: int) -> Headcount:
    with db.read() as session:
        return headcount.of(session, shop_id)


def test_everybody_who_is_there_is_counted_in_each_of_their_segments(shop):
    assert now(shop) == one_by_one(shop)


def test_no_other_shop_s_customers_are_counted(shop):
    other = shops.make_shop("other.myshopify.com")
    assert now(other) == Headcount(0, {})


def test_a_quick_count_is_always_a_new_one(shop):
    before = now(shop)
    with db.write() as session:
        session.execute(update(Customer).where(Customer.shop_id == shop).values(wanted_tags=0))
    assert now(shop) == Headcount(before.customers, {})


def test_a_slow_count_is_told_again_for_a_while(shop, monkeypatch):
    monkeypatch.setattr(headcount, "QUICK_SECONDS", 0)
    monkeypatch.setattr(headcount, "TOLD_AGAIN_FOR", 100_000)
    before = now(shop)
    with db.write() as session:
        session.execute(update(Customer).where(Customer.shop_id == shop).values(wanted_tags=0))
    assert now(shop) == before
    headcount._told.clear()
    assert now(shop).sizes == {}
