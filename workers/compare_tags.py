"""Every week: has our tags in every store compared with what is recorded, for what nobody told us."""

from plugin import clock, queues, runs
from plugin.db import session as db
from plugin.shop import shops


def compare_tags() -> None:
    """Start a comparison in every shop whose history is here; the work is done as the shop's other runs are."""
    with db.read() as session:
        ready = [shop.id for shop in shops.installed(session) if shop.imported_at is not None]
    for shop_id in ready:
        with db.write() as session:
            runs.start(session, shop_id, runs.COMPARISON, clock.now())
        queues.wake("run", shop_id)
