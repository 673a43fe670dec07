"""Sees to what one shop's segments about products need: facts of products, and histories by category. Gives way to
deliveries. Every week it asks for all products again where a segment asks for collections.
"""

import time

from plugin import clock, queues
from plugin.db import session as db
from plugin.deliveries import inbox
from plugin.history import products
from plugin.shop import shops
from plugin.standing import categories, category_needs
from plugin.turns import Turn
from workers import turn

SECONDS_A_JOB = 10


def fetch_products(shop_id: int) -> None:
    """Work until nothing is left, a delivery of the shop waits, or this shop has had its time."""

    def work(mine: Turn) -> bool:
        more = products.advance(shop_id, mine, time.monotonic() + SECONDS_A_JOB, lambda: _deliveries_wait(shop_id))
        for stage in ("run", "sync"):
            queues.wake(stage, shop_id)
        return more

    turn.run("products", shop_id, work)


def ask_again() -> None:
    """Every week: collections change with nobody telling of it. What a lost message would have begun begins, too."""
    with db.read() as session:
        asking = [shop.id for shop in shops.installed(session) if shop.lines_from is not None]
    for shop_id in asking:
        with db.write() as session:
            shops.hold(session, shop_id)
            category_needs.prepare(session, shop_id, clock.now())
            if any(key.kind == categories.COLLECTION for key in categories.rows(session, shop_id)):
                products.ask_again(session, shop_id)
        for stage in ("run", "products"):
            queues.wake(stage, shop_id)


def _deliveries_wait(shop_id: int) -> bool:
    with db.read() as session:
        return inbox.any_pending(session, shop_id, inbox.DRAIN)
