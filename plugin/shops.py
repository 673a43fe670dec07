"""Shops that installed the app: finding them, holding them for a change, and the access token to work for them with."""

from datetime import datetime, timedelta

from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from plugin import clock, config
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.shopify import access_tokens, errors, http
from plugin.shopify.access_tokens import TokenPair
from plugin.shopify.admin_api import AdminClient

# A job that starts with a token this close to its end would lose it on the way.
REFRESH_AHEAD = timedelta(minutes=5)


def by_domain(session: Session, domain: str) -> Shop | None:
    """The shop with this permanent domain, installed or not; None if it was never here."""
    return session.scalar(select(Shop).where(Shop.domain == domain))


def get(session: Session, shop_id: int) -> Shop:
    """The shop with this id, which must exist."""
    return session.get_one(Shop, shop_id)


def installed(session: Session) -> list[Shop]:
    """Every shop that has the app."""
    return list(session.scalars(select(Shop).where(Shop.uninstalled_at.is_(None)).order_by(Shop.id)))


def hold(session: Session, shop_id: int) -> None:
    """Make this transaction the shop's only writer until it ends.

    Changing the shop's row is a lock that both databases have: PostgreSQL lets the next one wait for the row, SQLite
    has one writer at a time anyway. Whoever folds, refreshes or records tags begins with it.
    """
    session.execute(update(Shop).where(Shop.id == shop_id).values(writes=Shop.writes + 1))


def admin_client(shop_id: int, patience: float = 60) -> AdminClient:
    """A client of the shop's Admin API with a token that lasts; TokenRejected if there is none to be had."""
    with db.read() as session:
        shop = get(session, shop_id)
    if shop.token_error:
        raise errors.TokenRejected(shop.token_error)
    token = _fresh_token(shop_id) if _needs_refresh(shop, clock.now()) else _decrypted(shop)
    return AdminClient(http.client(), shop.domain, token, config.current().api_version, patience)


def store_tokens(shop: Shop, pair: TokenPair) -> None:
    """Put a pair into the shop's row, encrypted, both at once."""
    box = _box()
    shop.access_token = box.encrypt(pair.access_token.encode())
    shop.access_token_expires_at = pair.access_token_expires_at
    shop.refresh_token = box.encrypt(pair.refresh_token.encode())
    shop.refresh_token_expires_at = pair.refresh_token_expires_at
    shop.scopes = pair.scopes
    shop.token_error = None


def note_token_rejected(shop_id: int, reason: str) -> None:
    """Shopify refuses our token: say so on the page, and leave the shop alone until the merchant opens the app."""
    with db.write() as session:
        get(session, shop_id).token_error = reason


def _fresh_token(shop_id: int) -> str:
    """Refresh the pair under the shop's hold, unless somebody else just did."""
    with db.write() as session:
        hold(session, shop_id)
        shop = get(session, shop_id)
        if not _needs_refresh(shop, clock.now()):
            return _decrypted(shop)
        if shop.refresh_token is None:
            raise errors.TokenRejected(f"{shop.domain}: no access token")
        held = _box().decrypt(shop.refresh_token).decode()
        pair = access_tokens.refresh(http.client(), shop.domain, shop.scopes, held)
        store_tokens(shop, pair)
        return pair.access_token


def _needs_refresh(shop: Shop, now: datetime) -> bool:
    expires_at = shop.access_token_expires_at
    return shop.access_token is None or expires_at is None or expires_at - now < REFRESH_AHEAD


def _decrypted(shop: Shop) -> str:
    if shop.access_token is None:
        raise errors.TokenRejected(f"{shop.domain}: no access token")
    return _box().decrypt(shop.access_token).decode()


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in config.current().token_keys])
