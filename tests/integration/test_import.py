"""Importing a shop's history: the same rows however often it is interrupted, and nobody judged by half a history."""

import contextlib
import threading
import time
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import delete, select

from plugin import clock, runs, turns
from plugin.db import session as db
from plugin.db.models import Customer, Order, OrderHistory, Shop
from plugin.history import backfill, histories, listing
from plugin.history.listing import BeingPrepared
from plugin.shop import shops
from plugin.shopify import bulk_operations, http
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, open_app
from tests.support.mortality import Killed
from workers import drain_inbox, sweep, work_on_runs

TABLES = (Order, Customer, OrderHistory)
UNSTEADY = {"shop_id", "version", "next_review_at", "updated_at", "lifetime_at", "changed_by"}


def rows(shop: InstalledShop) -> list[list[tuple]]:
    """What an import writes, in the shop's own order: two shops have different numbers for the same history."""
    with db.read() as session:
        found = []
        for table in TABLES:
            names = [c.key for c in table.__table__.columns if c.key not in UNSTEADY]
            ordered = select(table).where(table.shop_id == shop.id).order_by(*list(table.__table__.primary_key))
            found.append([tuple(getattr(row, name) for name in names) for row in session.scalars(ordered)])
        return found


def fill(shop: InstalledShop) -> list[int]:
    """Seven customers with one to three orders, a refund and a cancellation; and a guest."""
    buyers = shop.buyers(7)
    for number, buyer in enumerate(buyers):
        for _ in range(number % 3):
            shop.buy(buyer, price="250.00")
    orders = shop.store.orders(shop.handle)
    shop.store.refund_order(shop.handle, orders[0]["id"], [{"index": 0, "quantity": 1}])
    shop.store.cancel_order(shop.handle, orders[1]["id"])
    shop.buy(None)
    shop.posted()  # told before the app was installed: nobody listened
    return buyers


def expected(shop: InstalledShop) -> dict[str, list[int]]:
    """Who bought once and who more often, counted from the store's own orders."""
    counts: dict[int, int] = {}
    for order in shop.store.orders(shop.handle):
        if order["customer"] and order["financial_status"] in {"paid", "partially_refunded"}:
            counts[order["customer"]["id"]] = counts.get(order["customer"]["id"], 0) + 1
    return {
        "first-time": sorted(c for c, n in counts.items() if n == 1),
        "repeat": sorted(c for c, n in counts.items() if n > 1),
    }


def tagged(shop: InstalledShop) -> dict[str, list[int]]:
    return {tag: shop.tagged(tag) for tag in ("first-time", "repeat")}


def test_a_history_is_imported_and_tagged(new_shop):
    shop = new_shop()
    fill(shop)
    shop.install()
    assert tagged(shop) == expected(shop)
    (run,) = shop.runs()
    assert (run.kind, run.state, run.error) == ("import", "done", None)
    assert shop.row().imported_at is not None


@pytest.mark.parametrize(
    ("function", "before"),
    [("_fold_customers", True), ("_fold_orders", True), ("_fold_orders", False), ("_move", True), ("_move", False)],
    ids=["between customers", "between orders", "with orders half stored", "before the place", "after the place"],
)
@ON_ONE_DATABASE
def test_an_import_killed_at_any_moment_ends_in_the_same_rows(new_shop, monkeypatch, function, before):
    shop = new_shop()
    fill(shop)
    monkeypatch.setattr(listing, "BLOCK", 700)
    shop.id = open_app(shop.store, shop.handle)
    with monkeypatch.context() as patch:
        calls = killing(patch, function, before)
        import_history(shop)
    undisturbed = rows(shop)
    assert len(calls) > 2
    for k in range(len(calls)):
        forget_history(shop)
        with monkeypatch.context() as patch:
            killing(patch, function, before, at=k)
            with pytest.raises(Killed):
                import_history(shop)
        import_history(shop)
        assert (rows(shop), shop.runs()[-1].state) == (undisturbed, "done")
    shop.settle()
    assert tagged(shop) == expected(shop)


def killing(patch: pytest.MonkeyPatch, name: str, before: bool, at: int | None = None) -> list[int]:
    """Let the process end with the call of this number of a function, before or after its work; returns the calls."""
    real, calls = getattr(backfill, name), []

    def called(*arguments, **options):
        calls.append(1)
        if len(calls) - 1 == at and before:
            raise Killed
        real(*arguments, **options)
        if len(calls) - 1 == at:
            raise Killed

    patch.setattr(backfill, name, called)
    return calls


def import_history(shop: InstalledShop) -> None:
    while shop.runs()[-1].finished_at is None:
        work_on_runs.work_on_runs(shop.id)


def forget_history(shop: InstalledShop) -> None:
    """As if the app had just been installed."""
    with db.write() as session:
        for table in TABLES:
            session.execute(delete(table).where(table.shop_id == shop.id))
        session.get_one(Shop, shop.id).imported_at = None
        runs.start_import(session, shop.id, clock.now())


@ON_ONE_DATABASE
def test_a_failed_export_is_asked_for_again(new_shop):
    shop = new_shop()
    fill(shop)
    shop.store.fail_next_bulk(shop.handle)
    shop.store.fail_next_bulk(shop.handle, "TIMEOUT")
    shop.install()
    assert [run.state for run in shop.runs()] == ["done"]
    assert tagged(shop) == expected(shop)


@ON_ONE_DATABASE
def test_exports_that_keep_failing_are_replaced_by_pages(new_shop):
    shop = new_shop()
    fill(shop)
    for _ in range(listing.MOST_FAILURES):
        shop.store.fail_next_bulk(shop.handle)
    shop.install()
    assert [(run.state, run.error) for run in shop.runs()] == [("done", None)]
    assert tagged(shop) == expected(shop)


@pytest.mark.parametrize("refused", ["403", "INVALID"])
def test_a_shop_that_refuses_bulk_operations_is_read_page_by_page(new_shop, monkeypatch, refused):
    monkeypatch.setattr(listing, "CUSTOMERS", replace(listing.CUSTOMERS, page=2))
    monkeypatch.setattr(listing, "ORDERS", replace(listing.ORDERS, page=2))
    shop = new_shop()
    fill(shop)
    shop.store.bulk_conduct(shop.handle, "QUERY", refused=refused)
    stages = noted_stages(monkeypatch)
    shop.install()
    assert shop.runs()[-1].state == "done"
    assert {"customers paged", "orders paged"} <= set(stages)
    assert tagged(shop) == expected(shop)
    assert (shop.row().trouble, shop.row().paused_until) == (None, None)


def noted_stages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every stage a run is shown to be at from now on."""
    real, stages = backfill._move, []

    def moved(session, run, position, stage=None, *figures):
        stages.append(stage)
        real(session, run, position, stage, *figures)

    monkeypatch.setattr(backfill, "_move", moved)
    return stages


@pytest.mark.parametrize("kind", ["cut", "503", "timeout"])
@ON_ONE_DATABASE
def test_a_download_that_breaks_off_goes_on_later(new_shop, kind, monkeypatch):
    monkeypatch.setattr(http.client(), "timeout", httpx.Timeout(0.3))
    shop = new_shop()
    fill(shop)
    shop.store.fault(kind, target="files", remaining=3, seconds=0.5)
    shop.install()
    assert [run.state for run in shop.runs()] == ["done"]
    assert tagged(shop) == expected(shop)


@ON_ONE_DATABASE
def test_nobody_is_judged_before_the_whole_history_is_here(new_shop):
    shop = new_shop()
    buyers = fill(shop)
    shop.id = open_app(shop.store, shop.handle)
    shop.buy(buyers[0])
    newcomer = shop.buy()["customer"]["id"]
    shop.drain()
    sweep.sweep()
    shop.sync()
    assert [(c.wanted_tags, c.next_review_at) for c in shop.customers()] == [(0, None)] * 2
    shop.settle()
    assert tagged(shop) == expected(shop)
    assert newcomer in shop.tagged("first-time")


@pytest.mark.parametrize("first", ["webhooks", "import"])
def test_the_newest_facts_win_whichever_came_first(new_shop, first):
    shop = new_shop()
    buyers = fill(shop)
    shop.id = open_app(shop.store, shop.handle)
    old = shop.buy(buyers[6])  # announced as paid, and cancelled before anything is imported
    shop.store.cancel_order(shop.handle, old["id"])
    deliveries = list(reversed(shop.posted()))
    if first == "webhooks":
        shop.receive(deliveries)
        drain_inbox.drain_inbox(shop.id)
    import_history(shop)
    (imported,) = shop.store.orders(shop.handle, buyers[3])  # whose only one it is
    shop.store.cancel_order(shop.handle, imported["id"])
    if first == "import":
        shop.receive(deliveries)
    shop.settle()
    assert tagged(shop) == expected(shop)
    with db.read() as session:
        assert session.get_one(Order, (shop.id, old["id"])).cancelled_at is not None


@ON_ONE_DATABASE
def test_an_order_deleted_after_shopify_wrote_the_file_stays_deleted(new_shop):
    shop = new_shop()
    shop.buyers(2)
    shop.id = open_app(shop.store, shop.handle)
    order = shop.buy()
    shop.posted()
    with turns.take(shop.id, "run") as turn:
        run = shop.runs()[0]
        while run.position.get("part") != "orders" or "operation" not in run.position["place"]:
            with contextlib.suppress(BeingPrepared):
                backfill.advance(run, turn, time.monotonic())
        while bulk_operations.fetch(shops.admin_client(shop.id), run.position["place"]["operation"]).unfinished:
            time.sleep(0.01)
    shop.store.delete_order(shop.handle, order["id"])
    shop.drain()
    shop.settle()
    assert shop.tagged("first-time") == expected(shop)["first-time"]
    assert order["customer"]["id"] not in shop.tagged("first-time")


@ON_ONE_DATABASE
def test_an_empty_shop_is_imported(new_shop):
    shop = new_shop()
    shop.install()
    assert (shop.runs()[-1].state, shop.customers()) == ("done", [])
    shop.buyers(1)
    shop.settle()
    assert len(shop.tagged("first-time")) == 1


@ON_ONE_DATABASE
def test_a_shop_where_only_guests_buy_is_imported(new_shop):
    shop = new_shop()
    for _ in range(3):
        shop.buy(None)
    shop.install()
    assert (shop.runs()[-1].state, shop.customers()) == ("done", [])
    assert len(shop.rows(Order, Order.order_id)) == 3


@ON_ONE_DATABASE
def test_amounts_of_a_currency_without_decimals_are_read_as_they_stand(new_shop):
    shop = new_shop(currency="JPY", timezone="Asia/Tokyo")
    (below,), (above,) = shop.buyers(1, price="499"), shop.buyers(1, price="500")
    shop.install()
    assert shop.tagged("high-spender") == [above]
    shop.buy(below, price="1")
    shop.settle()
    assert shop.tagged("high-spender") == sorted([below, above])


@ON_ONE_DATABASE
def test_two_jobs_that_import_at_once_do_no_harm(new_shop, monkeypatch):
    monkeypatch.setattr(listing, "BLOCK", 500)
    shop = new_shop()
    fill(shop)
    shop.id = open_app(shop.store, shop.handle)
    jobs = [threading.Thread(target=work_on_runs.work_on_runs, args=(shop.id,)) for _ in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    shop.settle()
    assert [run.state for run in shop.runs()] == ["done"]
    assert tagged(shop) == expected(shop)


def test_a_later_part_of_the_histories_leaves_the_earlier_ones_alone(new_shop):
    shop = new_shop()
    fill(shop)
    shop.install()
    first, second = (row.customer_id for row in shop.rows(OrderHistory, OrderHistory.customer_id)[:2])
    with db.write() as session:
        session.get_one(OrderHistory, (shop.id, first)).history = b"written before"
        session.get_one(OrderHistory, (shop.id, second)).history = b""  # folded into meanwhile
        gathered = histories.gather(session, shop.id, first)
        assert histories.write(session, shop.id, gathered, 0) == len(gathered.customer_ids)
        assert session.get_one(OrderHistory, (shop.id, first)).history == b"written before"
        session.refresh(rewritten := session.get_one(OrderHistory, (shop.id, second)))
        assert len(rewritten.history) >= 24
