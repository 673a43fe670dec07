"""What segments were, day by day, is what a plain recount says, in every time zone. Past days are worked out."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from plugin import clock, queues
from plugin.db import session as db
from plugin.db.models import Customer, Movement, OrderHistory, SegmentDay, SegmentVersion
from plugin.segments.columns import Record, pack, seconds
from plugin.shop import shops as shop_rows
from plugin.standing import refresh, segment_days
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE
from workers import count_days, prune

NOW = datetime(2026, 3, 25, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONCE = {"measure": "orders", "window": 5, "comparison": "at_least", "value": 1}
TWICE = {"measure": "orders", "window": 5, "comparison": "at_least", "value": 2}
SOME = {"name": "Some", "tag": "some", "conditions": [ONCE]}
MORE = {"name": "More", "tag": "more", "conditions": [TWICE]}
CUSTOMERS = range(1, 9)


@pytest.fixture
def shop(set_clock) -> int:
    """One where clocks change within the days that the tests look at."""
    set_clock(NOW)
    shop_id = shops.make_shop(definitions=[SOME, MORE], timezone="Asia/Beirut")
    with db.write() as session:
        session.add_all(Customer(shop_id=shop_id, customer_id=number) for number in CUSTOMERS)
    return shop_id


def buys(shop_id: int, customer: int, spend: int, at: datetime) -> None:
    with db.write() as session:
        shop_rows.hold(session, shop_id)
        row = session.get(OrderHistory, (shop_id, customer)) or OrderHistory(
            shop_id=shop_id, customer_id=customer, history=b""
        )
        row.history += pack([Record(seconds(at) * 10 + customer, spend, seconds(at) - 60, 1)])
        session.add(row)


def judge(shop_id: int, at: datetime) -> None:
    with db.write() as session:
        shop_rows.hold(session, shop_id)
        refresh.refresh_customers(session, shop_id, list(CUSTOMERS), at, "event")


def stored(shop_id: int) -> dict[tuple[int, date], SegmentDay]:
    with db.read() as session:
        rows = session.scalars(select(SegmentDay).where(SegmentDay.shop_id == shop_id))
        return {(row.bit, row.day): row for row in rows}


def recounted(shop_id: int, bit: int, day: date) -> tuple[int, int, int]:
    """Size at the end of a day, entered and left on it: movement by movement."""
    with db.read() as session:
        moved = session.scalars(select(Movement).where(Movement.shop_id == shop_id, Movement.bit == bit)).all()
    by_day = [(each.at.astimezone(ZoneInfo("Asia/Beirut")).date(), each.entered) for each in moved]
    size = sum(1 if entered else -1 for at, entered in by_day if at <= day)
    that_day = Counter(entered for at, entered in by_day if at == day)
    return size, that_day[True], that_day[False]


@pytest.mark.parametrize("seed", range(6))
def test_every_day_is_what_a_plain_recount_of_movements_says(shop, set_clock, seed):
    chance, now = random.Random(seed), NOW
    while now < NOW + 9 * DAY:
        now += chance.choice((HOUR, 3 * HOUR, 11 * HOUR))
        set_clock(now)
        if chance.random() < 0.6:
            buys(shop, chance.choice(CUSTOMERS), 500, now)
        judge(shop, now)
        if chance.random() < 0.3:
            segment_days.count(shop, now)
    segment_days.count(shop, now)
    found = stored(shop)
    assert {bit for bit, _ in found} == {0, 1}
    assert len(found) == 2 * len({day for _, day in found}) >= 20
    for (bit, day), row in found.items():
        assert (row.size, row.entered, row.left) == recounted(shop, bit, day), day


def test_today_knows_what_members_spent_in_a_year_and_how_many_customers_there_are(shop):
    for customer, spend, ago in ((2, 5_000, 366 * DAY), (2, 100, 364 * DAY), (2, 900, 2 * DAY), (1, 700, HOUR)):
        buys(shop, customer, spend, NOW - ago)
    judge(shop, NOW)
    segment_days.count(shop, NOW)
    some, more = (stored(shop)[bit, date(2026, 3, 25)] for bit in (0, 1))
    assert (some.size, some.spend, some.customers, some.shop_spend) == (2, 1_700, 8, 1_700)
    assert (more.size, more.spend, more.customers, more.shop_spend) == (0, 0, 8, 1_700)


@ON_ONE_DATABASE
def test_days_nobody_counted_are_worked_out_for_a_month_and_no_further(shop):
    buys(shop, 1, 500, NOW)
    judge(shop, NOW)
    judge(shop, NOW + 5 * DAY)
    segment_days.count(shop, NOW + 40 * DAY)
    with db.read() as session:
        known = segment_days.history(session, shop, date(2026, 1, 1))[0]
    assert (known[0].day, known[-1].day) == (date(2026, 4, 4), date(2026, 5, 4))
    assert {(each.size, each.spend) for each in known[:-1]} == {(0, None)}
    assert known[-1].spend == 0


@ON_ONE_DATABASE
def test_growth_is_told_once_a_month_is_known(shop):
    segment_days.count(shop, NOW)
    buys(shop, 1, 500, NOW + 29 * DAY)
    judge(shop, NOW + 29 * DAY)
    segment_days.count(shop, NOW + 29 * DAY)
    with db.read() as session:
        assert segment_days.changes(session, shop) == {0: None, 1: None}
    segment_days.count(shop, NOW + 30 * DAY)
    with db.read() as session:
        assert segment_days.changes(session, shop) == {0: 1, 1: 0}


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("hours", "waits"), [(0, True), (9, False), (10, True)], ids=["never counted", "same day", "after midnight there"]
)
def test_a_shop_waits_from_its_own_midnight_on(shop, set_clock, hours, waits):
    if hours:
        segment_days.count(shop, NOW)
    set_clock(NOW + hours * HOUR)  # 23:00 and 00:00 in Beirut
    count_days.count_days()
    assert queues.queue("runs").count == waits
    count_days.count_shop(shop)
    with db.read() as session:
        assert segment_days.shops_waiting(session, clock.now()) == []


@ON_ONE_DATABASE
def test_what_another_segment_was_is_not_told_of_the_one_that_has_its_place_now(shop):
    buys(shop, 1, 500, NOW)
    judge(shop, NOW)
    later = NOW + 3 * DAY
    with db.write() as session:
        versions = {"shop_id": shop, "bit": 0, "version": 9, "definition": {**SOME, "tag": "other"}}
        session.add(SegmentVersion(**versions, saved_at=later))
    segment_days.count(shop, later)
    assert sorted(day for bit, day in stored(shop) if bit == 0) == [later.date()]
    assert len([day for bit, day in stored(shop) if bit == 1]) == 4


@ON_ONE_DATABASE
def test_counts_are_dropped_after_two_years_and_a_month(shop, set_clock):
    segment_days.count(shop, NOW)
    set_clock(NOW + 761 * DAY)
    prune.prune_shop(shop)
    assert len(stored(shop)) == 2
    set_clock(NOW + 763 * DAY)
    prune.prune_shop(shop)
    assert stored(shop) == {}
