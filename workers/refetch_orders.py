"""Fetches orders that changed in a way no payload has told us: an edit or refund whose orders/updated never came."""

from plugin import queues
from plugin.history import order_lookup
from plugin.shop import shops
from plugin.turns import Turn
from workers import turn


def refetch_orders(shop_id: int) -> None:
    """Fetch some of the shop's stale orders."""

    def fetch(mine: Turn) -> bool:
        fetched = order_lookup.refetch_stale(shops.admin_client(shop_id), shop_id, mine)
        shops.note_answered(shop_id)
        if fetched:
            queues.wake("sync", shop_id)
        return False  # orders that stay stale are tried again by the sweep, not at once

    turn.run("refetch", shop_id, fetch)
