"""Writes one shop's pending tags to Shopify."""

from plugin import shops, tag_sync
from plugin.turns import Turn
from workers import turn

# Long enough to fill the shop's budget, short enough that other shops on this worker get their turn.
SECONDS_A_JOB = 10


def sync_tags(shop_id: int) -> None:
    """Write until nothing is pending or the shop has had its time."""

    def write(mine: Turn) -> bool:
        more = tag_sync.sync(shops.admin_client(shop_id), shop_id, mine, SECONDS_A_JOB)
        shops.note_answered(shop_id)
        return more

    turn.run("sync", shop_id, write)
