"""What there is to say about definitions before they are saved, with what only the shop knows: the tags its customers
carry and the categories its products are in. The page and the command line ask. Changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from plugin.db import session as db
from plugin.segments import clashes, rules
from plugin.segments.clashes import Clashes, Known
from plugin.segments.rules import InvalidDefinition
from plugin.shop import shops
from plugin.shopify import errors, tags_in_use
from plugin.standing import categories, segment_store

log = structlog.get_logger()

# Somebody waits in front of a page.
PATIENCE_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Checked:
    """`asked_store`: whether Shopify could be asked which tags are taken."""

    clashes: Clashes
    asked_store: bool


def check(shop_id: int, definitions: Sequence[Any]) -> Checked:
    """All that is wrong or doubtful about these definitions as a shop's whole set."""
    with db.read() as session:
        digits = segment_store.minor_units(session, shop_id)
        known = categories.known_keys(session, shops.get(session, shop_id))
        ours = {tag.casefold() for tag in segment_store.tags_by_bit(session, shop_id).values()}
    try:
        rules.validate(definitions, digits)
    except InvalidDefinition as wrong:
        return Checked(Clashes(errors=tuple(wrong.problems)), asked_store=False)
    theirs = _tags_of_others(shop_id, ours)
    found = clashes.find(definitions, digits, Known(store_tags=theirs or (), categories=known))
    return Checked(found, asked_store=theirs is not None)


def _tags_of_others(shop_id: int, ours: set[str]) -> list[str] | None:
    """None if Shopify does not answer: the definitions can be saved all the same."""
    try:
        found = tags_in_use.all_of(shops.admin_client(shop_id, PATIENCE_SECONDS))
    except errors.ShopifyError as error:
        log.info("tags_in_use_unknown", shop_id=shop_id, reason=type(error).__name__)
        return None
    return [tag for tag in found if tag.casefold() not in ours]
