"""Fetches orders that changed in a way no payload has told us: an edit or refund whose orders/updated never came."""

import structlog

from plugin import clock, order_lookup, queues, shops
from plugin.shopify import errors

log = structlog.get_logger()


def refetch_orders(shop_id: int) -> None:
    """Fetch the shop's stale orders; what fails for now, the minute sweep finds again."""
    queues.awake("refetch", shop_id)
    try:
        fetched = order_lookup.refetch_stale(shops.admin_client(shop_id), shop_id, clock.now())
    except errors.TokenRejected as error:
        shops.note_token_rejected(shop_id, str(error))
        log.error("token_rejected", shop_id=shop_id, reason=str(error))
    except errors.ShopifyError as error:
        log.warning("refetch_interrupted", shop_id=shop_id, kind=type(error).__name__, reason=str(error))
    else:
        log.info("orders_refetched", shop_id=shop_id, orders=fetched)
        queues.wake("sync", shop_id)
