"""Other orders count, or another of their amounts: histories and tags follow, whatever happens meanwhile."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from plugin import clock, runs, turns
from plugin.db import session as db
from plugin.db.models import Order, OrderHistory
from plugin.history import histories, recounting
from plugin.segments import columns
from plugin.shop import settings_changes
from plugin.shop.shop_settings import COUNTED_STATUSES, ShopSettings
from tests.integration import test_products
from tests.support.installed import InstalledShop, open_app, segment
from tests.support.mortality import Killed, Reaper
from workers import work_on_runs

USUAL = frozenset(COUNTED_STATUSES)
WITH_PENDING = USUAL | {"pending"}
ONLY_PAID = frozenset({"paid"})
SPENT = {"measure": "spend", "window": "lifetime", "comparison": "at_least", "value": "100"}
SPENDER = {"name": "Spender", "tag": "spender", "conditions": [SPENT]}
BUYER, REPEAT = segment("buyer"), segment("repeat", 2)
# Price, shipping, status, for each customer.
HISTORY = [
    [("95.00", "10.00", "paid")],
    [("50.00", "0.00", "paid"), ("50.00", "5.00", "pending")],
    [("100.00", "0.00", "authorized"), ("1.00", "0.00", "paid")],
    [("200.00", "0.00", "pending")],
    [("99.00", "0.99", "paid"), ("10.00", "0.00", "partially_paid"), ("20.00", "0.00", "voided")],
    [("40.00", "0.00", "paid"), ("30.00", "9.00", "authorized"), ("30.00", "0.00", "pending")],
]


@pytest.fixture
def shop(new_shop: Callable[..., InstalledShop]) -> InstalledShop:
    """A shop with six customers, judged and tagged."""
    opened = new_shop()
    for orders in HISTORY:
        customer: Any = "new"
        for price, shipping, status in orders:
            options = {"shipping": shipping, "financial_status": status}
            customer = opened.buy(customer, price, **options)["customer"]["id"]
    opened.id = open_app(opened.store, opened.handle)
    opened.settle()
    opened.save_segments(BUYER, REPEAT, SPENDER)
    opened.settle()
    assert tagged(opened) == recounted(opened, USUAL, with_all=True)
    return opened


def decide(shop: InstalledShop, **values: Any) -> frozenset[str]:
    """What the merchant saves; nothing is done about it yet."""
    with db.write() as session:
        return settings_changes.make(session, shop.id, clock.now(), **values)


def tagged(shop: InstalledShop) -> dict[str, list[int]]:
    return {tag: shop.tagged(tag) for tag in ("buyer", "repeat", "spender")}


def recounted(shop: InstalledShop, statuses: frozenset[str], *, with_all: bool) -> dict[str, list[int]]:
    """Who should carry which tag, by the store's own orders and the words of docs/segments.md."""
    spent: dict[int, list[Decimal]] = defaultdict(list)
    amount = "current_total_price" if with_all else "current_subtotal_price"
    for order in shop.store.orders(shop.handle):
        if order["financial_status"] in statuses and not order["cancelled_at"] and not order["test"]:
            spent[order["customer"]["id"]].append(Decimal(order[amount]))
    rules: dict[str, Callable[[list[Decimal]], bool]] = {
        "buyer": lambda orders: len(orders) >= 1,
        "repeat": lambda orders: len(orders) >= 2,
        "spender": lambda orders: sum(orders) >= 100,
    }
    return {tag: sorted(who for who, orders in spent.items() if holds(orders)) for tag, holds in rules.items()}


def histories_are_the_orders(shop: InstalledShop) -> None:
    """Every history holds the orders that count, with the amount that counts, oldest first; nobody else has one."""
    expected = defaultdict(list)
    with db.read() as session:
        settings = ShopSettings.of(shop.row().settings)
        for order in session.scalars(select(Order).where(Order.shop_id == shop.id)):
            spend = order.total if settings.spend_is_total else order.subtotal
            if order.financial_status in settings.counted_statuses and order.cancelled_at is None:
                expected[order.customer_id].append((int(order.processed_at.timestamp()), order.order_id, spend))
        stored = session.scalars(select(OrderHistory).where(OrderHistory.shop_id == shop.id)).all()
        found = {row.customer_id: columns.unpack(row.history) for row in stored}
    told = {who: [(each.processed_at, each.order_id, each.spend) for each in kept] for who, kept in found.items()}
    assert told == {who: sorted(kept) for who, kept in expected.items()}


def test_tags_follow_there_and_back(shop: InstalledShop) -> None:
    for statuses, with_all in ((WITH_PENDING, True), (ONLY_PAID, False), (WITH_PENDING, False), (USUAL, True)):
        decide(shop, counted_statuses=statuses, spend_is_total=with_all)
        shop.settle()
        histories_are_the_orders(shop)
        assert tagged(shop) == recounted(shop, statuses, with_all=with_all), (statuses, with_all)
    kinds = [run.kind for run in shop.runs() if run.kind in (runs.RECOUNT, runs.REFRESH)]
    assert kinds[-8:] == [runs.RECOUNT, runs.REFRESH] * 4
    assert shop.row().settings["spend_is_total"] is True


def test_what_a_change_would_do_is_counted_before(shop: InstalledShop) -> None:
    now, then = ShopSettings(), ShopSettings(counted_statuses=ONLY_PAID | {"pending"}, spend_is_total=False)
    with db.read() as session:
        there = recounting.effect(session, shop.id, now, then)
        back = recounting.effect(session, shop.id, then, now)
        nothing = recounting.effect(session, shop.id, now, now)

    orders = [each for orders in HISTORY for each in orders]
    counting = [each for each in orders if each[2] in {"paid", "pending"}]
    assert there.newly == sum(status == "pending" for _, _, status in orders) == back.no_longer
    assert there.no_longer == sum(status in {"authorized", "partially_paid"} for *_, status in orders) == back.newly
    assert there.other_amount == sum(shipping != "0.00" for _, shipping, _ in counting)
    assert (nothing.newly, nothing.no_longer, nothing.other_amount) == (0, 0, 0)


def test_nobody_is_judged_before_all_is_counted(shop: InstalledShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "ORDERS_AT_ONCE", 2)
    monkeypatch.setattr(work_on_runs, "SECONDS_A_JOB", 0)
    before = tagged(shop)
    decide(shop, counted_statuses=WITH_PENDING)
    work_on_runs.work_on_runs(shop.id)
    newcomer = shop.buy("new", "150.00", financial_status="pending")["customer"]["id"]
    shop.buy(newcomer, "1.00")
    shop.drain()
    shop.sync()

    assert shop.runs()[-1].stage == recounting.STAGE
    assert (tagged(shop), shop.customer(newcomer).wanted_tags) == (before, 0)
    shop.settle()
    histories_are_the_orders(shop)
    assert tagged(shop) == recounted(shop, WITH_PENDING, with_all=True)
    assert newcomer in shop.tagged("spender")


def test_a_second_change_begins_anew(shop: InstalledShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "ORDERS_AT_ONCE", 2)
    monkeypatch.setattr(work_on_runs, "SECONDS_A_JOB", 0)
    decide(shop, counted_statuses=WITH_PENDING)
    for _ in range(3):
        work_on_runs.work_on_runs(shop.id)
    decide(shop, counted_statuses=ONLY_PAID)
    shop.settle()

    histories_are_the_orders(shop)
    assert tagged(shop) == recounted(shop, ONLY_PAID, with_all=True)
    assert [run.kind for run in shop.runs()].count(runs.RECOUNT) == 1


def test_a_change_while_everybody_is_judged_ends_that_and_counts_first(shop: InstalledShop) -> None:
    with db.write() as session:
        runs.start_refresh(session, shop.id, clock.now())
    decide(shop, counted_statuses=ONLY_PAID)
    shop.settle()

    assert tagged(shop) == recounted(shop, ONLY_PAID, with_all=True)
    assert {run.state for run in shop.runs()} == {runs.DONE}


def test_a_change_before_the_history_is_here_holds_for_it(new_shop: Callable[..., InstalledShop]) -> None:
    shop = new_shop()
    for orders in HISTORY:
        for price, shipping, status in orders:
            shop.buy(price=price, shipping=shipping, financial_status=status)
    shop.id = open_app(shop.store, shop.handle)
    decide(shop, counted_statuses=WITH_PENDING, spend_is_total=False)
    shop.settle()
    shop.save_segments(BUYER, REPEAT, SPENDER)
    shop.settle()

    histories_are_the_orders(shop)
    assert tagged(shop) == recounted(shop, WITH_PENDING, with_all=False)


def test_killed_anywhere_it_goes_on_and_ends_right(shop: InstalledShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "ORDERS_AT_ONCE", 3)
    points = died = 0
    choices = [(WITH_PENDING, False), (USUAL, True)]
    for number in range(1, 60):
        statuses, with_all = choices[number % 2]
        decide(shop, counted_statuses=statuses, spend_is_total=with_all)
        with Reaper(number).at_work() as reaper:
            try:
                work_on_runs.work_on_runs(shop.id)
            except Killed:
                died += 1
        with db.write() as session:
            turns.revoke_all(session, shop.id)  # a lease would run out
        points = reaper.points
        while any(run.finished_at is None for run in shop.runs()):
            work_on_runs.work_on_runs(shop.id)
        histories_are_the_orders(shop)
        if points < number:
            break
    shop.settle()
    assert died >= 8
    assert tagged(shop) == recounted(shop, statuses, with_all=with_all)


def test_what_was_paid_for_products_follows_too(new_shop: Callable[..., InstalledShop]) -> None:
    shop = new_shop()
    test_products.stock(shop)
    beans = [{"price": "40.00", "product": test_products.BEANS}]
    places = {"with-shipping": {"shipping": "15.00"}, "unpaid": {"shipping": "20.00", "financial_status": "pending"}}
    who = {
        name: shop.store.place_order(shop.handle, beans, "new", **options)["customer"]["id"]
        for name, options in places.items()
    }
    shop.id = open_app(shop.store, shop.handle)
    shop.settle()
    test_products.asks(shop, test_products.SPENDERS)
    expected = {
        (USUAL, True): [who["with-shipping"]],
        (USUAL, False): [],
        (WITH_PENDING, True): sorted(who.values()),
        (WITH_PENDING, False): [],
    }
    for (statuses, with_all), carrying in [*expected.items(), *reversed(expected.items())]:
        decide(shop, counted_statuses=statuses, spend_is_total=with_all)
        shop.settle()
        assert shop.tagged("spenders") == carrying, (statuses, with_all)
