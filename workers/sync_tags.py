"""Writes one shop's pending tags to Shopify: in bulk where there are very many, a few at a time otherwise."""

from plugin.shop import shops
from plugin.tagging import bulk_tagging, tag_sync
from plugin.turns import Turn
from workers import turn

# Long enough to fill the shop's budget, short enough that other shops on this worker get their turn.
SECONDS_A_JOB = 10


def sync_tags(shop_id: int) -> None:
    """Write until nothing is pending or the shop has had its time."""

    def write(mine: Turn) -> bool:
        client = shops.admin_client(shop_id)
        # Half for each, so that what happens now is tagged while the results of a bulk mutation are recorded.
        more = bulk_tagging.advance(client, shop_id, mine, SECONDS_A_JOB / 2)
        more |= tag_sync.sync(client, shop_id, mine, SECONDS_A_JOB / 2)
        shops.note_answered(shop_id)
        return more

    turn.run("sync", shop_id, write)
