"""What happens when a merchant opens the app: the first time, or after our token died."""

from datetime import datetime

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from plugin import clock, config, queues, runs, segment_store, shops
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.segments import presets
from plugin.shopify import access_tokens, http, ids
from plugin.shopify.access_tokens import TokenPair
from plugin.shopify.admin_api import AdminClient, document
from plugin.shopify.id_tokens import IdToken

log = structlog.get_logger()


def ensure_installed(id_token: IdToken) -> int:
    """The id of the shop that opened the app, installing it first if need be. Raises the ShopifyError tree.

    1. A shop with a working token needs nothing. 2. Exchange the ID token for a token pair. 3. Ask the shop who it is.
    4. Store both with the default segments and start the history import, in one transaction. 5. Wake the worker.
    Doing it twice does no harm, so two first openings at once, or a crash in between, end the same.
    """
    with db.read() as session:
        shop = shops.by_domain(session, id_token.shop_domain)
        works = shop is not None and _works(shop, clock.now())
    if shop is not None and works:
        _try_again(shop)
        return shop.id
    pair = access_tokens.exchange(http.client(), id_token)
    about = _about(id_token.shop_domain, pair)
    try:
        shop_id = _store(id_token.shop_domain, pair, about)
    except IntegrityError:
        # Another first opening was quicker: the shop is there now.
        shop_id = _store(id_token.shop_domain, pair, about)
    log.info("shop_installed", shop_id=shop_id, shop=id_token.shop_domain)
    _wake(shop_id)
    return shop_id


def _try_again(shop: Shop) -> None:
    """A merchant who was told of a trouble and opens the page again wishes for another try."""
    if shop.imported_at is None:
        with db.write() as session:
            shops.hold(session, shop.id)
            runs.start_import(session, shop.id, clock.now())
    if shop.api_error:
        shops.note_answered(shop.id)
    if shop.imported_at is None or shop.api_error:
        _wake(shop.id)


def _wake(shop_id: int) -> None:
    for stage in ("run", "drain", "sync"):
        queues.wake(stage, shop_id)


def _works(shop: Shop, now: datetime) -> bool:
    ends_at = shop.refresh_token_expires_at
    return shop.uninstalled_at is None and shop.token_error is None and ends_at is not None and ends_at > now


def _about(shop_domain: str, pair: TokenPair) -> dict[str, str]:
    client = AdminClient(http.client(), shop_domain, pair.access_token, config.current().api_version)
    shop = client.execute(document("shop"))["shop"]
    return {
        "shopify_id": ids.number("Shop", shop["id"]),
        "currency": shop["currencyCode"],
        "timezone": shop["ianaTimezone"],
        "plan": shop["plan"]["publicDisplayName"],
    }


def _store(domain: str, pair: TokenPair, about: dict[str, str]) -> int:
    with db.write() as session:
        return _store_in(session, domain, pair, about, clock.now())


def _store_in(session: Session, domain: str, pair: TokenPair, about: dict[str, str], now: datetime) -> int:
    shop = shops.by_domain(session, domain)
    if shop is None:
        shop = Shop(domain=domain, installed_at=now, settings={})
        session.add(shop)
        session.flush()
    shops.hold(session, shop.id)
    if shop.uninstalled_at is not None:
        shop.installed_at, shop.uninstalled_at = now, None
    for name, value in about.items():
        setattr(shop, name, value)
    shops.store_tokens(shop, pair)
    session.flush()
    if not segment_store.tags_by_bit(session, shop.id):  # a merchant who removed them all wants none
        segment_store.save(session, shop.id, presets.DEFAULTS, now)
    if shop.imported_at is None:
        runs.start_import(session, shop.id, now)
    return shop.id
