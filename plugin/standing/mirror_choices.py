"""Segments kept in Shopify that a merchant can choose from while writing a segment. Asks Shopify; changes nothing."""

from dataclasses import dataclass

import structlog

from plugin.shop import shops
from plugin.shopify import errors, segments
from plugin.shopify.segments import ShopifySegment

log = structlog.get_logger()

# Somebody waits in front of a page.
PATIENCE_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Choices:
    """Those changed last first. `complete`: these are all there are. `answered`: Shopify told us at all."""

    segments: tuple[ShopifySegment, ...] = ()
    complete: bool = False
    answered: bool = False


def of(shop_id: int) -> Choices:
    """The shop's segments; none where Shopify does not answer just now."""
    try:
        found, more = segments.listed(shops.admin_client(shop_id, PATIENCE_SECONDS))
    except errors.ShopifyError as error:
        log.info("segments_unknown", shop_id=shop_id, reason=type(error).__name__)
        return Choices()
    return Choices(tuple(found), not more, answered=True)
