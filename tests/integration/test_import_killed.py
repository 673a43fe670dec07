"""An import whose process dies at any commit or call, while orders go on: it ends in the rows of an undisturbed one."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from plugin.db import session as db
from plugin.history import listing
from plugin.shopify import bulk_queries, http
from tests.integration.test_import import Killed, expected, fill, forget_history, import_history, rows, tagged
from tests.support.installed import ON_SQLITE, InstalledShop, open_app
from workers import drain_inbox, work_on_runs

POINTS = 10  # on each database
SEED = 20_261_121


class Reaper:
    """Counts the points at which a process can die: before and after each commit and each call. Dies at one of them."""

    def __init__(self, at: int | None = None) -> None:
        self.points = 0
        self._at = at

    def pass_by(self, *_: object) -> None:
        self.points += 1
        if self.points == self._at:
            raise Killed

    @contextmanager
    def at_work(self) -> Iterator["Reaper"]:
        hooks: list[tuple[object, str]] = [(db.engine(), "commit"), (Session, "after_commit")]
        for target, name in hooks:
            event.listen(target, name, self.pass_by)
        http.client().event_hooks = {"request": [self.pass_by], "response": [self.pass_by]}
        try:
            yield self
        finally:
            http.client().event_hooks = {}
            for target, name in hooks:
                event.remove(target, name, self.pass_by)


def go_on_trading(shop: InstalledShop, chance: random.Random) -> None:
    """Somebody buys, somebody gives something back, somebody new comes; the app is told of all of it."""
    orders = shop.store.orders(shop.handle)
    buyers = [order["customer"]["id"] for order in orders if order["customer"]]
    paid = [order["id"] for order in orders if order["financial_status"] == "paid"]
    shop.buy(chance.choice(buyers))
    shop.buy()
    change: Callable[[str, int], object] = chance.choice([shop.store.refund_order, shop.store.cancel_order])
    change(shop.handle, chance.choice(paid))
    shop.receive()
    drain_inbox.drain_inbox(shop.id)


def in_pieces(shop: InstalledShop, chance: random.Random, point: int) -> bool:
    """Import with a death at the point, trading going on; whether it came to that."""
    forget_history(shop)
    with Reaper(point).at_work() as reaper:
        try:
            import_history(shop)
        except Killed:
            go_on_trading(shop, chance)
    import_history(shop)
    return reaper.points >= point


def test_an_import_that_dies_anywhere_ends_as_an_undisturbed_one(new_shop, monkeypatch):
    chance = random.Random(SEED)
    monkeypatch.setattr(listing, "BLOCK", 900)
    shop = new_shop()
    fill(shop)
    shop.id = open_app(shop.store, shop.handle)
    with Reaper().at_work() as reaper:
        import_history(shop)
    for point in chance.sample(range(1, reaper.points + 1), POINTS):
        died = in_pieces(shop, chance, point)
        resumed = rows(shop)
        forget_history(shop)
        import_history(shop)
        assert differing(resumed, rows(shop)) == [], f"seed {SEED}, killed at {point} of {reaper.points}: {died}"


def differing(some: list[list[tuple]], others: list[list[tuple]]) -> list[tuple]:
    """The rows that only one side has."""
    return [row for one, other in zip(some, others, strict=True) for row in set(one) ^ set(other)]


@ON_SQLITE
def test_an_operation_whose_starter_died_is_found_again(new_shop, monkeypatch):
    shop = new_shop()
    fill(shop)
    shop.id = open_app(shop.store, shop.handle)
    real = bulk_queries.start

    def start_and_die(*arguments):
        real(*arguments)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(bulk_queries, "start", start_and_die)
        with pytest.raises(Killed):
            import_history(shop)
    import_history(shop)
    assert [each["type"] for each in shop.store.bulk_operations(shop.handle)] == ["QUERY"] * 2  # customers, orders


@ON_SQLITE
@pytest.mark.parametrize(("gone", "operations"), [(False, 2), (True, 3)], ids=["expired", "gone"])
def test_a_result_that_cannot_be_had_is_fetched_anew(new_shop, monkeypatch, gone, operations):
    shop = new_shop()
    fill(shop)
    shop.id = open_app(shop.store, shop.handle)
    real, spoiled = bulk_queries.blocks, []

    def blocks(*arguments):
        if not spoiled:
            spoiled.append(shop.store.expire_results(shop.handle, gone=gone))
        return real(*arguments)

    monkeypatch.setattr(bulk_queries, "blocks", blocks)
    shop.settle()
    assert (shop.runs()[-1].state, shop.row().trouble) == ("done", None)
    assert tagged(shop) == expected(shop)
    assert len(shop.store.bulk_operations(shop.handle)) == operations


@ON_SQLITE
def test_the_import_waits_for_a_free_place_among_bulk_operations(new_shop):
    shop = new_shop()
    fill(shop)
    shop.id = open_app(shop.store, shop.handle)
    shop.store.bulk_conduct(shop.handle, "QUERY", refused="OPERATION_IN_PROGRESS")
    work_on_runs.work_on_runs(shop.id)
    assert (shop.runs()[-1].state, shop.row().trouble) == ("running", None)
    shop.store.bulk_conduct(shop.handle)
    shop.settle()
    assert tagged(shop) == expected(shop)


@ON_SQLITE
def test_a_job_gives_way_after_its_seconds_and_the_next_goes_on_in_the_file(new_shop, monkeypatch):
    shop = new_shop()
    fill(shop)
    shop.id = open_app(shop.store, shop.handle)
    monkeypatch.setattr(listing, "BLOCK", 700)
    monkeypatch.setattr(work_on_runs, "SECONDS_A_JOB", 0)
    offsets = []
    real = bulk_queries._download
    monkeypatch.setattr(bulk_queries, "_download", lambda *arguments: offsets.append(arguments[2]) or real(*arguments))
    shop.settle()
    assert tagged(shop) == expected(shop)
    assert len([offset for offset in offsets if offset]) > 2
