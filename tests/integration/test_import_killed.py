"""An import whose process dies at any commit or call, while orders go on: it ends in the rows of an undisturbed one."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session

from plugin import listing
from plugin.db import session as db
from plugin.shopify import http
from tests.integration.test_import import Killed, fill, forget_history, import_history, rows
from tests.support.installed import InstalledShop, open_app
from workers import drain_inbox

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
