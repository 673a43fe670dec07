"""Shops that installed the app: finding them, holding them for a change, and the access token to work for them with."""

import time
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from plugin import clock, config, turns
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.shopify import access_tokens, errors, http
from plugin.shopify.access_tokens import TokenPair
from plugin.shopify.admin_api import AdminClient

# A job that starts with a token this close to its end would lose it on the way.
REFRESH_AHEAD = timedelta(minutes=5)

# A full document of tag changes needs ten seconds of a small shop's budget.
PATIENCE_SECONDS = 30
LOOK_AGAIN_SECONDS = 0.2


def by_domain(session: Session, domain: str) -> Shop | None:
    """The shop with this permanent domain, installed or not; None if it was never here."""
    return session.scalar(select(Shop).where(Shop.domain == domain))


def get(session: Session, shop_id: int) -> Shop:
    """The shop with this id, which must exist."""
    return session.get_one(Shop, shop_id)


def installed(session: Session) -> list[Shop]:
    """Every shop that has the app."""
    return list(session.scalars(select(Shop).where(Shop.uninstalled_at.is_(None)).order_by(Shop.id)))


def answering(session: Session, now: datetime) -> list[int]:
    """Shops whose Admin API we may call: installed, with a token, and not refusing us."""
    paused = Shop.paused_until > now
    working = (Shop.uninstalled_at.is_(None), Shop.token_error.is_(None), or_(Shop.paused_until.is_(None), ~paused))
    return list(session.scalars(select(Shop.id).where(*working)))


def hold(session: Session, shop_id: int) -> None:
    """Make this transaction the shop's only writer until it ends.

    Changing the shop's row is a lock that both databases have: PostgreSQL lets the next one wait for the row, SQLite
    has one writer at a time anyway. Whoever folds, refreshes or records tags begins with it.
    """
    session.execute(update(Shop).where(Shop.id == shop_id).values(writes=Shop.writes + 1))


def admin_client(shop_id: int, patience: float = PATIENCE_SECONDS) -> AdminClient:
    """A client of the shop's Admin API with a token that lasts; TokenRejected if there is none to be had.

    Paused while Shopify's last refusal is too young to try again.
    """
    with db.read() as session:
        shop = get(session, shop_id)
    if shop.token_error:
        raise errors.TokenRejected(shop.token_error)
    if shop.paused_until is not None and shop.paused_until > clock.now():
        raise errors.Paused(shop.api_error)
    token = _fresh_token(shop_id) if _needs_refresh(shop, clock.now()) else _opened(shop.access_token)
    return AdminClient(http.client(), shop.domain, token, config.current().api_version, patience)


def store_tokens(shop: Shop, pair: TokenPair) -> None:
    """Put a pair into the shop's row, encrypted, both at once."""
    box = _box()
    shop.access_token = box.encrypt(pair.access_token.encode())
    shop.access_token_expires_at = pair.access_token_expires_at
    shop.refresh_token = box.encrypt(pair.refresh_token.encode())
    shop.refresh_token_expires_at = pair.refresh_token_expires_at
    shop.scopes = pair.scopes
    shop.token_error = shop.api_error = shop.paused_until = None


def note_token_rejected(shop_id: int, reason: str) -> None:
    """Shopify refuses our token: say so on the page, and leave the shop alone until the merchant opens the app."""
    with db.write() as session:
        get(session, shop_id).token_error = reason


def note_refused(shop_id: int, reason: str, until: datetime) -> None:
    """Shopify refuses our calls: say so on the page, and do not ask again before `until`."""
    with db.write() as session:
        shop = get(session, shop_id)
        shop.api_error, shop.paused_until = reason, until


def note_answered(shop_id: int) -> None:
    """Shopify answers our calls (again), or a person wishes for another try."""
    refused = (Shop.id == shop_id, Shop.api_error.is_not(None))
    with db.write() as session:
        session.execute(update(Shop).where(*refused).values(api_error=None, paused_until=None))


def _fresh_token(shop_id: int) -> str:
    """Refresh the pair; while another process is at it, wait for what it gets.

    The call is made outside any transaction: it may take long, and SQLite has one writer for all shops.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (turn := turns.take(shop_id, "token")) is None:
        time.sleep(LOOK_AGAIN_SECONDS)
        if time.monotonic() > deadline:
            raise errors.ShopUnavailable("Another process has been refreshing the token for too long")
    with turn:
        with db.read() as session:
            shop = get(session, shop_id)
        if not _needs_refresh(shop, clock.now()):
            return _opened(shop.access_token)
        pair = access_tokens.refresh(http.client(), shop.domain, shop.scopes, _opened(shop.refresh_token))
        with db.write() as session:
            store_tokens(get(session, shop_id), pair)
        return pair.access_token


def _needs_refresh(shop: Shop, now: datetime) -> bool:
    expires_at = shop.access_token_expires_at
    return shop.access_token is None or expires_at is None or expires_at - now < REFRESH_AHEAD


def _opened(sealed: bytes | None) -> str:
    if sealed is None:
        raise errors.TokenRejected("There is no token for this shop")
    try:
        return _box().decrypt(sealed).decode()
    except InvalidToken:
        raise errors.TokenRejected("The stored token cannot be read with TOKEN_KEYS") from None


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in config.current().token_keys])
