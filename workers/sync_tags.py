"""Writes one shop's pending tags to Shopify."""

import structlog

from plugin import config, queues, shops, tag_sync
from plugin.shopify import errors

log = structlog.get_logger()

# Long enough to fill the shop's budget, short enough that other shops on this worker get their turn.
SECONDS_A_JOB = 10


def sync_tags(shop_id: int) -> None:
    """Write until nothing is pending or this shop has had its turn; what fails, the minute sweep finds again."""
    queues.awake("sync", shop_id)
    until = tag_sync.lease(shop_id, config.current().lease_seconds)
    if until is None:
        return
    done = True
    try:
        # No single wait may outlast the lease.
        client = shops.admin_client(shop_id, patience=config.current().lease_seconds / 2)
        done = tag_sync.sync(client, shop_id, SECONDS_A_JOB)
    except errors.TokenRejected as error:
        shops.note_token_rejected(shop_id, str(error))
        log.error("token_rejected", shop_id=shop_id, reason=str(error))
    except errors.ShopifyError as error:
        log.warning("sync_interrupted", shop_id=shop_id, kind=type(error).__name__, reason=str(error))
    finally:
        tag_sync.give_back(shop_id, until)
    if not done:
        queues.wake("sync", shop_id)
