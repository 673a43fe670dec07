"""Every day: where Shopify shows recent orders only, our own history grows, and segments that waited can begin.

Where it shows all of them by now and nobody told us, they are read.
"""

from datetime import timedelta

from plugin import clock, queues, runs
from plugin.db import session as db
from plugin.shop import installation, shops
from plugin.standing import segment_store

# Looked back over more than a day, so that a day without this job loses nothing; twice does no harm.
LOOKED_BACK = timedelta(days=3)


def look_deeper() -> None:
    """Have every customer judged anew in shops where a segment's history has just become long enough."""
    now = clock.now()
    with db.read() as session:
        growing = [shop.id for shop in shops.installed(session) if shop.history_from is not None]
    for shop_id in growing:
        with db.write() as session:
            deeper = installation.read_whole_history(session, shops.get(session, shop_id), now)
            waited = segment_store.incomplete(session, shop_id, now - LOOKED_BACK)
            begins = waited.keys() - segment_store.incomplete(session, shop_id, now).keys()
            if begins:
                runs.start_refresh(session, shop_id, now)
        if begins or deeper:
            queues.wake("run", shop_id)
