"""Who has entered a segment with a minimum stay stays in it, whatever happens, and leaves when it is over."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Customer, Movement, OrderHistory, Stay
from plugin.history.ledger import Ledger
from plugin.schemas.facts import CustomersMerged
from plugin.segments.columns import Record, pack, seconds
from plugin.shop import shops as shop_rows
from plugin.standing import pinning, refresh, segment_store
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE
from workers import prune, review_due, work_on_runs

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
STAY = timedelta(days=30)
ANNA, BEN = 1, 2
BIG = {"measure": "spend", "window": 365, "comparison": "at_least", "value": "500"}
SOME = {"measure": "spend", "window": 365, "comparison": "at_least", "value": "100"}
GOLD = {"name": "Gold", "tag": "gold", "conditions": [BIG], "minimum_stay": 30, "ladder": {"name": "Tiers", "rank": 2}}
SILVER = {"name": "Silver", "tag": "silver", "conditions": [SOME], "ladder": {"name": "Tiers", "rank": 1}}


@pytest.fixture
def shop(set_clock) -> int:
    set_clock(NOW)
    shop_id = shops.make_shop(definitions=[SILVER, GOLD])
    with db.write() as session:
        session.add_all(Customer(shop_id=shop_id, customer_id=number) for number in (ANNA, BEN))
    return shop_id


def spends(shop_id: int, customer: int, amount: int, at: datetime = NOW) -> None:
    """Their only order is worth so much from now on."""
    history = pack([Record(customer, amount * 100, seconds(at) - 3_600, 1)])
    with db.write() as session:
        shop_rows.hold(session, shop_id)
        session.merge(OrderHistory(shop_id=shop_id, customer_id=customer, history=history))
        refresh.refresh_customers(session, shop_id, [customer], clock.now(), "event")


def tiers(shop_id: int, customer: int = ANNA) -> list[str]:
    with db.read() as session:
        carried = session.get_one(Customer, (shop_id, customer)).wanted_tags
        return [tag for bit, tag in segment_store.tags_by_bit(session, shop_id).items() if carried >> bit & 1]


def stays(shop_id: int) -> list[tuple[int, datetime]]:
    with db.read() as session:
        rows = session.scalars(select(Stay).where(Stay.shop_id == shop_id).order_by(Stay.customer_id))
        return [(row.customer_id, row.until) for row in rows]


def review(shop_id: int, set_clock, at: datetime) -> None:
    set_clock(at)
    while review_due.review_some(shop_id):
        pass


def judge_all(shop_id: int) -> None:
    with db.write() as session:
        runs.start_refresh(session, shop_id, clock.now())
    work_on_runs.work_on_runs(shop_id)


def test_a_refund_moves_nobody_down_before_the_stay_is_over(shop, set_clock):
    spends(shop, ANNA, 600)
    assert (tiers(shop), stays(shop)) == (["gold"], [(ANNA, NOW + STAY)])
    spends(shop, ANNA, 200)
    judge_all(shop)
    review(shop, set_clock, NOW + STAY - timedelta(microseconds=1))
    assert tiers(shop) == ["gold"]
    review(shop, set_clock, NOW + STAY)
    assert (tiers(shop), stays(shop)) == (["silver"], [])


def test_whoever_goes_back_and_forth_over_the_edge_changes_once_a_stay(shop, set_clock):
    for day in range(120):
        set_clock(NOW + timedelta(days=day))
        spends(shop, ANNA, 600 if day % 2 == 0 else 200, NOW + timedelta(days=day))
    with db.read() as session:
        gold = {bit for bit, tag in segment_store.tags_by_bit(session, shop).items() if tag == "gold"}
        moves = session.scalars(select(Movement).where(Movement.shop_id == shop, Movement.bit.in_(gold)))
        entered = sorted((row.at, row.entered) for row in moves)
    left = [at for at, into in entered if not into]
    began = [at for at, into in entered if into]
    assert all(end - start >= STAY for start, end in zip(began, left, strict=False))
    assert len(left) <= 4


@ON_ONE_DATABASE
def test_entering_is_never_delayed_and_a_rung_above_is_entered_at_once(shop, set_clock):
    spends(shop, ANNA, 200)
    assert tiers(shop) == ["silver"]
    set_clock(NOW + timedelta(hours=1))
    spends(shop, ANNA, 700, NOW + timedelta(hours=1))
    assert (tiers(shop), stays(shop)) == (["gold"], [(ANNA, NOW + timedelta(hours=1) + STAY)])


def test_who_came_back_after_a_stay_stays_anew(shop, set_clock):
    spends(shop, ANNA, 600)
    spends(shop, ANNA, 0)
    review(shop, set_clock, NOW + STAY)
    assert (tiers(shop), stays(shop)) == ([], [])
    spends(shop, ANNA, 600, NOW + STAY)
    assert stays(shop) == [(ANNA, NOW + STAY + STAY)]


@ON_ONE_DATABASE
def test_a_pin_outweighs_a_stay(shop):
    spends(shop, ANNA, 600)
    with db.write() as session:
        shop_rows.hold(session, shop)
        pinning.put(session, shop, ANNA, "gold", False, None, "", now=NOW, cause="page")
    judge_all(shop)
    assert (tiers(shop), stays(shop)) == (["silver"], [])


@ON_ONE_DATABASE
def test_no_stay_outlives_its_segment_its_rule_or_a_merge(shop, set_clock):
    spends(shop, ANNA, 600)
    spends(shop, BEN, 600)
    with db.write() as session:
        shop_rows.hold(session, shop)
        book = Ledger(session, shop)
        book.merge_customers(CustomersMerged(BEN, ANNA, completed=True))
        book.save()
    assert [customer for customer, _ in stays(shop)] == [BEN]
    with db.write() as session:
        segment_store.save(session, shop, [SILVER], NOW)
    judge_all(shop)
    assert (tiers(shop, BEN), stays(shop)) == (["silver"], [])


@ON_ONE_DATABASE
def test_a_stay_that_is_over_is_forgotten(shop, set_clock):
    spends(shop, ANNA, 600)
    set_clock(NOW + STAY + timedelta(days=1))
    prune.prune_shop(shop)
    assert stays(shop) == []
    assert tiers(shop) == ["gold"]
