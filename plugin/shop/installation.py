"""The app's standing in a shop: installed when a merchant opens it, other scopes, uninstalled, back again.

Called by the merchant's page, the authorization-code grant and plugin.deliveries.notices.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.orm import Session

from plugin import clock, config, queues, runs, turns
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.deliveries import inbox
from plugin.schemas.facts import ScopesChanged
from plugin.segments import presets
from plugin.shop import shops, tokens
from plugin.shopify import access_tokens, errors, http, ids, scopes
from plugin.shopify.access_tokens import TokenPair
from plugin.shopify.admin_api import AdminClient, document
from plugin.shopify.id_tokens import IdToken
from plugin.standing import category_needs, segment_store

log = structlog.get_logger()

UNINSTALLED = "app/uninstalled"


def ensure_installed(id_token: IdToken) -> int:
    """The id of the shop that opened the app, installing it first if need be. Raises the ShopifyError tree."""
    return install(id_token.shop_domain, lambda: access_tokens.exchange(http.client(), id_token))


def install(shop_domain: str, obtain: Callable[[], TokenPair]) -> int:
    """The id of the shop, with a token that works. Raises the ShopifyError tree.

    1. A shop with a working token needs nothing. 2. Make its row, so that of two openings at once only one trades
    tokens. 3. Obtain a token pair. 4. Ask the shop who it is. 5. Store both with the default segments and start the
    history import, in one transaction; the segments are off, so that nothing is written before a merchant wishes it.
    6. Wake the workers. A crash in between is mended by opening again.
    """
    with db.read() as session:
        shop = shops.by_domain(session, shop_domain)
    if shop is not None and works(shop, clock.now()) and not _left_meanwhile(shop):
        _try_again(shop)
        return shop.id
    shop_id = shop.id if shop is not None else _make_row(shop_domain)
    try:
        with tokens.turn(shop_id):
            _trade(shop_id, shop_domain, obtain)
    except NoResultFound:
        raise errors.ShopUnavailable("Another opening failed and took the new shop with it") from None
    except errors.ShopifyError:
        _forget_if_never_installed(shop_id)
        raise
    _wake(shop_id)
    return shop_id


def works(shop: Shop, now: datetime) -> bool:
    """Whether the app is installed, may do its work, and has tokens that live, as far as we know."""
    return shop.uninstalled_at is None and tokens.live(shop, now) and not scopes.missing(shop.scopes)


def seen_at(shop: Shop) -> datetime:
    """The latest instant at which we know the app to have been installed: it was, or its scopes were told or came
    with a token.
    """
    return max(shop.installed_at, shop.scopes_at or shop.installed_at)


def uninstall(session: Session, shop: Shop, now: datetime) -> None:
    """The merchant removed the app: forget the tokens and stop all work. The caller holds the shop.

    What is known stays until Shopify has it erased: who comes back within two days finds everything as it was.
    """
    if shop.uninstalled_at is None:
        log.info("app_uninstalled", shop_id=shop.id)
        shop.uninstalled_at = now
    tokens.drop(shop)
    shop.token_error = shop.trouble = shop.api_error = shop.paused_until = None
    runs.abandon(session, shop.id, now, "The app was uninstalled")
    turns.revoke_all(session, shop.id, but="notice")  # which is ours: what else Shopify told is heard at once


def change_scopes(session: Session, shop: Shop, changed: ScopesChanged, now: datetime) -> tuple[str, ...]:
    """Take over what the app may do; returns the stages to wake. News older than the token's own scopes are no news.

    A shop whose whole history has become visible is read anew.
    """
    if shop.uninstalled_at is not None:
        return ()
    # The news has whole seconds.
    if shop.scopes_at is None or changed.at >= shop.scopes_at.replace(microsecond=0):
        shop.scopes, shop.scopes_at = scopes.written(changed.scopes), changed.at
        if shop.trouble == errors.AccessDenied.__name__:
            shop.trouble = shop.api_error = shop.paused_until = None
    # Asked of old news as well: a token that was renewed meanwhile brought the scope, and could start nothing.
    read_whole_history(session, shop, now)
    category_needs.read_lines(session, shop, now)
    return ("run", "products", "sync")


def read_whole_history(session: Session, shop: Shop, now: datetime) -> bool:
    """Import anew if all of the history may be read and only the end of it was; returns whether that is so."""
    hidden = shop.history_from is not None and scopes.READ_ALL_ORDERS in scopes.granted(shop.scopes)
    if hidden:
        runs.start_import(session, shop.id, now)
    return hidden


def _left_meanwhile(shop: Shop) -> bool:
    """Whether news that the merchant removed the app, after all we know of it, waits to be heeded.

    It is then heeded here, before the opening that tells that they are back.
    """
    with db.read() as session:
        left = inbox.is_pending(session, shop.id, UNINSTALLED, seen_at(shop))
    if left:
        with db.write() as session:
            shops.hold(session, shop.id)
            uninstall(session, shops.get(session, shop.id), clock.now())
    return left


def _make_row(domain: str) -> int:
    now = clock.now()
    try:
        with db.write() as session:
            shop = Shop(domain=domain, installed_at=now, uninstalled_at=now, settings={})
            session.add(shop)
            session.flush()
            return shop.id
    except IntegrityError:
        # Another first opening was quicker.
        with db.read() as session:
            found = shops.by_domain(session, domain)
        if found is None:
            raise
        return found.id


def _trade(shop_id: int, domain: str, obtain: Callable[[], TokenPair]) -> None:
    """Obtain and store a pair, unless somebody else did while we waited for our turn."""
    with db.read() as session:
        if works(shops.get(session, shop_id), clock.now()):
            return
        if runs.is_being_erased(session, shop_id):
            raise errors.ShopUnavailable("What was known of the shop is still being erased")
    pair = obtain()
    about = _about(domain, pair)
    with db.write() as session:
        shops.hold(session, shop_id)
        _store(session, shops.get(session, shop_id), pair, about, clock.now())
    log.info("shop_installed", shop_id=shop_id, shop=domain)


def _store(session: Session, shop: Shop, pair: TokenPair, about: dict[str, str | int], now: datetime) -> None:
    # While the app was away, or its token dead, messages may have been lost.
    lost_touch = shop.uninstalled_at is not None or shop.token_error is not None
    if shop.uninstalled_at is not None:
        if now - shop.uninstalled_at >= scopes.VISIBLE_HISTORY:
            shop.history_from = None  # there is a hole in what we know, too old to be filled
        shop.installed_at, shop.uninstalled_at = now, None
        shop.imported_at = shop.tagging_off_at = shop.lines_at = None
    for name, value in about.items():
        setattr(shop, name, value)
    tokens.store(shop, pair, now)
    session.flush()
    if not segment_store.tags_by_bit(session, shop.id):  # a merchant who removed them all wants none
        segment_store.save(session, shop.id, presets.AT_FIRST, now)
    if lost_touch or shop.imported_at is None:
        runs.start_import(session, shop.id, now)


def _about(shop_domain: str, pair: TokenPair) -> dict[str, str | int]:
    client = AdminClient(http.client(), shop_domain, pair.access_token, config.current().api_version)
    shop = client.execute(document("shop"))["shop"]
    return {
        "shopify_id": ids.number("Shop", shop["id"]),
        "currency": shop["currencyCode"],
        "timezone": shop["ianaTimezone"],
        "plan": shop["plan"]["publicDisplayName"],
    }


def _forget_if_never_installed(shop_id: int) -> None:
    """Leave nothing of a shop that could not be installed, unless another opening is trying just now."""
    mine = turns.take(shop_id, "token")
    if mine is None:
        return
    with mine, suppress(IntegrityError), db.write() as session:  # one that somebody writes about already stays
        shop = session.get(Shop, shop_id)
        if shop is not None and shop.shopify_id is None:
            turns.revoke_all(session, shop_id)
            session.delete(shop)


def _try_again(shop: Shop) -> None:
    """A merchant who was told of a trouble and opens the page again wishes for another try."""
    if shop.imported_at is None:
        with db.write() as session:
            shops.hold(session, shop.id)
            runs.start_import(session, shop.id, clock.now())
    if shop.trouble:
        shops.note_answered(shop.id)
    if shop.imported_at is None or shop.trouble:
        _wake(shop.id)


def _wake(shop_id: int) -> None:
    for stage in ("run", "drain", "heard", "sync"):
        queues.wake(stage, shop_id)
