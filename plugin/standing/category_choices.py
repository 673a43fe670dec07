"""Categories a merchant can choose from while writing a segment: what the store says its products are, and what is
known of those that were bought. Asks Shopify where products may be read. Changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from plugin.db import session as db
from plugin.shop import shops
from plugin.shopify import errors, products, scopes
from plugin.standing import categories

log = structlog.get_logger()

# Somebody waits in front of a page.
PATIENCE_SECONDS = 2
MOST = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """`value` is what a definition says, `title` what the merchant knows it as."""

    kind: str
    value: str
    title: str


@dataclass(frozen=True, slots=True)
class Choices:
    """At most MOST, in alphabetical order. `permitted`: whether products may be read at all."""

    choices: tuple[Choice, ...]
    permitted: bool


def of(shop_id: int, kind: str, starts: str) -> Choices:
    """What of a kind begins so, upper and lower case alike; single products are not listed."""
    with db.read() as session:
        permitted = scopes.READ_PRODUCTS in scopes.granted(shops.get(session, shop_id).scopes)
        known = categories.known(session, shop_id)
    told = _told(shop_id) if permitted else None
    titles: dict[str, str] = {}
    for each in (known, told):
        if each is not None:
            titles |= each.collections if kind == categories.COLLECTION else _by_folded(_words(each, kind))
    beginning = starts.strip().casefold()
    found = [
        Choice(kind, value if kind == categories.COLLECTION else title, title)
        for value, title in titles.items()
        if title.casefold().startswith(beginning)
    ]
    return Choices(tuple(sorted(found, key=lambda each: each.title.casefold())[:MOST]), permitted)


def _told(shop_id: int) -> categories.Known | None:
    """None if Shopify does not answer: what is known is offered all the same."""
    try:
        client = shops.admin_client(shop_id, PATIENCE_SECONDS)
        words, collections = products.words(client), products.collections(client)
    except errors.ShopifyError as error:
        log.info("products_unknown", shop_id=shop_id, reason=type(error).__name__)
        return None
    return categories.Known(words["productTypes"], words["productVendors"], words["productTags"], collections)


def _words(known: categories.Known, kind: str) -> Iterable[str]:
    by_kind = {
        categories.PRODUCT_TYPE: known.product_types,
        categories.VENDOR: known.vendors,
        categories.PRODUCT_TAG: known.product_tags,
    }
    return by_kind.get(kind, ())


def _by_folded(words: Iterable[str]) -> dict[str, str]:
    return {word.casefold(): word for word in words if word.strip()}
