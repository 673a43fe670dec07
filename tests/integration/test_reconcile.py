"""Webhooks that never came: the nightly comparison finds, folds and counts them, and nothing else."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from plugin import clock, queues, runs
from plugin.cli import cli
from plugin.db import session as db
from plugin.db.models import Order, Shop
from plugin.history import listing, reconcile
from plugin.history.reconcile import ON_ITS_WAY
from tests.support.installed import ON_ONE_DATABASE, InstalledShop
from workers import reconcile as nightly
from workers import serve, work_on_runs

A_DAY = f"+{24 * 3600}"


def compare(shop: InstalledShop) -> None:
    """What happens at night, and the work that follows from it."""
    nightly.reconcile_all()
    serve.serve([], burst=True)
    shop.settle()


def lost(shop: InstalledShop) -> int:
    with db.read() as session:
        return reconcile.lost(session, shop.id, clock.now() - timedelta(days=30))


def comparison(shop: InstalledShop):
    return [run for run in shop.runs() if run.kind == runs.RECONCILIATION][-1]


def in_the_dark(shop: InstalledShop, *steps) -> None:
    """Let things happen of which Shopify tells us nothing."""
    shop.settle()
    shop.store.disorder(drop=1.0)
    for step in steps:
        step()
    assert shop.posted() == []
    shop.store.disorder()


@pytest.mark.parametrize("few", [1_000, 0], ids=["page by page", "by a bulk query"])
def test_webhooks_that_were_dropped_are_found_and_counted(shop, monkeypatch, few):
    monkeypatch.setattr(reconcile, "FEW", few)
    buyer = shop.buy()["customer"]["id"]
    shop.settle()
    in_the_dark(shop, lambda: shop.buy(buyer), shop.buy, lambda: shop.buy(None))
    shop.store.set_clock(A_DAY)
    compare(shop)
    assert (comparison(shop).state, lost(shop)) == ("done", 3)
    assert buyer in shop.tagged("repeat")
    assert len(shop.tagged("first-time")) == 1
    compare(shop)
    assert lost(shop) == 3


@ON_ONE_DATABASE
def test_a_refund_nobody_told_of_is_found(shop):
    order = shop.buy(price="600.00")
    shop.settle()
    assert len(shop.tagged("high-spender")) == 1
    shop.store.set_clock("+60")
    in_the_dark(shop, lambda: shop.store.refund_order(shop.handle, order["id"]))
    shop.store.set_clock(A_DAY)
    compare(shop)
    assert (lost(shop), shop.tagged("high-spender")) == (1, [])


@ON_ONE_DATABASE
def test_what_we_were_told_of_is_not_lost(shop):
    shop.buyers(3)
    shop.settle()
    shop.store.set_clock(A_DAY)
    compare(shop)
    assert (comparison(shop).position["compared"], lost(shop)) == (3, 0)


@ON_ONE_DATABASE
def test_what_may_still_be_on_its_way_is_folded_and_not_called_lost(shop):
    in_the_dark(shop, shop.buy)
    shop.store.set_clock(f"+{ON_ITS_WAY.total_seconds() / 2}")
    compare(shop)
    assert (lost(shop), len(shop.tagged("first-time"))) == (0, 1)


@ON_ONE_DATABASE
def test_a_delivery_that_waits_in_the_inbox_is_not_lost(shop):
    shop.buy()
    shop.receive()
    shop.store.set_clock(A_DAY)
    with db.write() as session:
        reconcile.start(session, shop.id, clock.now())
    work_on_runs.work_on_runs(shop.id)
    assert (comparison(shop).state, lost(shop)) == ("done", 0)


@ON_ONE_DATABASE
def test_the_next_comparison_begins_where_the_last_one_ended(shop):
    shop.buyers(2)
    shop.settle()
    shop.store.set_clock(A_DAY)
    compare(shop)
    shop.store.set_clock(f"+{48 * 3600}")
    shop.buy()
    compare(shop)
    assert comparison(shop).position["compared"] == 1


@ON_ONE_DATABASE
def test_a_comparison_killed_in_the_middle_counts_nothing_twice(shop, monkeypatch):
    monkeypatch.setattr(listing, "ORDERS", listing.Kind("orders", "bulk_orders", "orders_page", 2, 100))
    in_the_dark(shop, *[shop.buy] * 5)
    shop.store.set_clock(A_DAY)
    real = reconcile._compare

    def dies_after_its_work(*arguments):
        real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reconcile, "_compare", dies_after_its_work)
        for _ in range(2):
            with db.write() as session:
                reconcile.start(session, shop.id, clock.now())
            with pytest.raises(KeyboardInterrupt):
                work_on_runs.work_on_runs(shop.id)
    compare(shop)
    assert (lost(shop), orders(shop)) == (5, 5)


@ON_ONE_DATABASE
def test_a_shop_whose_history_is_being_imported_is_not_compared(shop):
    with db.write() as session:
        session.get_one(Shop, shop.id).imported_at = None
    nightly.reconcile_all()
    assert [run.kind for run in shop.runs()] == [runs.IMPORT]


@ON_ONE_DATABASE
def test_an_operator_compares_a_shop_after_an_outage(shop):
    in_the_dark(shop, shop.buy, shop.buy)
    shop.store.set_clock(A_DAY)
    answer = CliRunner().invoke(cli, ["reconcile", shop.domain])
    assert (answer.exit_code, answer.output) == (0, "2 orders compared, 2 of them without a webhook\n")
    assert queues.queue("tags").count == 1


def orders(shop: InstalledShop) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(Order).where(Order.shop_id == shop.id)) or 0
