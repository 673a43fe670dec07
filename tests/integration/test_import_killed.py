"""An import whose process dies at any commit or call, while orders go on: it ends in the rows of an undisturbed one."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import delete

from plugin import turns
from plugin.db import session as db
from plugin.db.models import InboxEvent
from plugin.history import listing
from plugin.shopify import bulk_queries
from tests.conftest import start
from tests.integration.test_import import expected, fill, forget_history, import_history, rows, tagged
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, open_app
from tests.support.mortality import Killed, Reaper
from tests.support.turmoil import PROJECT
from tests.support.webhook_receiver import Received
from workers import drain_inbox, work_on_runs

POINTS = {"sqlite": 20, "postgresql": 10}
SEVEN = 7  # of so many deaths one is a real one, and one has changes in the store
OLD_NEWS = 6
BLOCK = 900
# IMPORT_SEED=... tries other points; a failure names it.
SEED = int(os.environ.get("IMPORT_SEED", "1"))


@dataclass
class Trial:
    """A shop that is imported again and again, what Shopify told of it, and the rows an undisturbed import makes."""

    shop: InstalledShop
    chance: random.Random
    news: list[Received] = field(default_factory=list)
    told: list[Received] = field(default_factory=list)
    points: int = 0
    trades: int = 0
    undisturbed: list[list[tuple]] | None = None

    def undisturbedly(self) -> list[list[tuple]]:
        """The rows as they should be; made once for as long as nothing changes in the store."""
        if self.undisturbed is None:
            self.forget()
            with Reaper().at_work() as reaper:
                import_history(self.shop)
            self.points, self.undisturbed = reaper.points, rows(self.shop)
        return self.undisturbed

    def forget(self) -> None:
        """As if the app had just been installed, and nothing been told yet."""
        forget_history(self.shop)
        with db.write() as session:
            session.execute(delete(InboxEvent).where(InboxEvent.shop_id == self.shop.id))

    def trade(self) -> None:
        """Somebody buys, somebody gives something back, somebody new comes."""
        orders = self.shop.store.orders(self.shop.handle)
        buyers = [order["customer"]["id"] for order in orders if order["customer"]]
        paid = [order["id"] for order in orders if order["financial_status"] == "paid"]
        self.shop.buy(self.chance.choice(buyers))
        self.shop.buy()
        changes: list[Callable[[str, int], object]] = [self.shop.store.refund_order, self.shop.store.cancel_order]
        self.chance.choice(changes)(self.shop.handle, self.chance.choice(paid))
        self.news += self.shop.posted()
        self.undisturbed = None
        # Shopify tells in whole seconds when a list was begun: of this second's messages one looks newer than the list,
        # until those behind it come, and hear() withholds some.
        self.trades += 1
        self.shop.store.set_clock(f"+{self.trades}")

    def hear(self) -> None:
        """Webhooks come in between a death and the next attempt: what is new, and some of before, some of it twice."""
        self.told += self.news
        coming = self.news + self.chance.choices(self.told, k=OLD_NEWS)
        self.chance.shuffle(coming)
        self.shop.receive(coming)
        drain_inbox.drain_inbox(self.shop.id)
        self.news = []

    def die(self, point: int, outright: bool) -> bool:
        """Import until the point; whether it came to that."""
        if outright:
            command = [sys.executable, "-m", "tests.support.mortality", str(self.shop.id), str(point), str(BLOCK)]
            ended = subprocess.run(command, cwd=PROJECT, env=dict(os.environ), check=False).returncode
            with db.write() as session:
                turns.revoke_all(session, self.shop.id)  # a lease would run out
            assert ended in {0, -9}
            return ended == -9
        with Reaper(point).at_work():
            try:
                import_history(self.shop)
            except Killed:
                return True
        return False


@pytest.fixture
def trial(new_shop, monkeypatch) -> Trial:
    monkeypatch.setattr(listing, "BLOCK", BLOCK)
    monkeypatch.setattr(work_on_runs, "POLL_SECONDS", 0.02)
    # Else only messages would say where customers live, and not each import hears the same ones.
    monkeypatch.setenv("ADDRESSES_APPROVED", "true")
    start()
    shop = new_shop()
    fill(shop)
    shop.id = open_app(shop.store, shop.handle)
    trial = Trial(shop, random.Random(SEED))
    trial.trade()
    return trial


def test_an_import_that_dies_anywhere_ends_as_an_undisturbed_one(trial):
    died, points = 0, POINTS[db.engine().dialect.name]
    trial.undisturbedly()
    for number, point in enumerate(trial.chance.sample(range(1, trial.points + 1), points)):
        trial.forget()
        outright = number % SEVEN == 0
        died += (dead := trial.die(point, outright))
        if number % SEVEN == 1:
            trial.trade()
        trial.hear()
        import_history(trial.shop)
        resumed = rows(trial.shop)
        where = f"IMPORT_SEED={SEED}, killed at {point} of {trial.points}, outright: {outright}, died: {dead}"
        assert differing(resumed, trial.undisturbedly()) == [], where
    assert died >= points * 3 / 4


def differing(some: list[list[tuple]], others: list[list[tuple]]) -> list[tuple]:
    """The rows that only one side has."""
    return [row for one, other in zip(some, others, strict=True) for row in set(one) ^ set(other)]


@ON_ONE_DATABASE
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


@ON_ONE_DATABASE
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


@ON_ONE_DATABASE
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


@ON_ONE_DATABASE
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
