"""Shops that have, or had, the app: finding them, holding them for a change, clients of their Admin API, and how they
last answered us.
"""

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from plugin import clock, config
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.language import ENGLISH, UNKNOWN_CURRENCY, Language
from plugin.shop import tokens
from plugin.shopify import errors, http
from plugin.shopify.admin_api import AdminClient

# A full document of tag changes needs ten seconds of a small shop's budget.
PATIENCE_SECONDS = 30
# Shopify refuses what we ask of these: their work waits until somebody has mended that.
REFUSED = Shop.trouble.is_not(None) | Shop.token_error.is_not(None)


def by_domain(session: Session, domain: str) -> Shop | None:
    """The shop with this permanent domain, installed or not; None if it was never here."""
    return session.scalar(select(Shop).where(Shop.domain == domain))


def get(session: Session, shop_id: int) -> Shop:
    """The shop with this id, which must exist."""
    return session.get_one(Shop, shop_id)


def zone(shop: Shop) -> ZoneInfo:
    """The shop's own time zone; UTC until Shopify has told one that this machine knows."""
    try:
        return ZoneInfo(shop.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def language(shop: Shop, locale: str = ENGLISH.locale) -> Language:
    """How the shop's merchant is spoken to: in its currency, which Shopify tells a moment after the installation."""
    return Language(locale, shop.currency or UNKNOWN_CURRENCY, zone(shop).key)


def installed(session: Session) -> list[Shop]:
    """Every shop that has the app."""
    return list(session.scalars(select(Shop).where(Shop.uninstalled_at.is_(None)).order_by(Shop.id)))


def answering(session: Session, now: datetime) -> list[int]:
    """Shops whose Admin API we may call: installed, with a token, and not refusing us."""
    paused = Shop.paused_until > now
    working = (Shop.uninstalled_at.is_(None), Shop.token_error.is_(None), or_(Shop.paused_until.is_(None), ~paused))
    return list(session.scalars(select(Shop.id).where(*working)))


def hold(session: Session, shop_id: int) -> int:
    """Make this transaction the shop's only writer until it ends; returns how many there were, with this one.

    Changing the shop's row is a lock that both databases have: PostgreSQL lets the next one wait for the row, SQLite
    has one writer at a time anyway. Whoever folds, refreshes or records tags begins with it.
    """
    held = update(Shop).where(Shop.id == shop_id).values(writes=Shop.writes + 1).returning(Shop.writes)
    return session.connection().scalar(held) or 0


def admin_client(shop_id: int, patience: float = PATIENCE_SECONDS) -> AdminClient:
    """A client of the shop's Admin API with a token that lasts; TokenRejected if there is none to be had.

    Uninstalled when the app was removed; Paused while Shopify's last refusal is too young to try again.
    """
    with db.read() as session:
        shop = get(session, shop_id)
    if shop.uninstalled_at is not None:
        raise errors.Uninstalled(f"{shop.domain} removed the app")
    if shop.token_error:
        raise errors.TokenRejected(shop.token_error)
    if shop.paused_until is not None and shop.paused_until > clock.now():
        raise errors.Paused(shop.api_error)
    token = tokens.usable(shop_id)
    renew = partial(tokens.renewed, shop_id)
    return AdminClient(http.client(), shop.domain, token, config.current().api_version, patience, renew)


def note_failed(shop_id: int, error: errors.ShopifyError) -> None:
    """Remember what stopped us: the page tells it, and what a person has to mend is not asked for again at once.

    A dead token is not used again until the merchant opens the app.
    """
    with db.write() as session:
        shop = session.get(Shop, shop_id)
        if shop is None or shop.uninstalled_at is not None:
            return
        shop.trouble, shop.api_error = type(error).__name__, str(error)[:500]
        shop.paused_until = clock.now() + error.pause if error.pause else None
        if isinstance(error, errors.TokenRejected):
            shop.token_error = str(error)[:500]


def note_answered(shop_id: int) -> None:
    """Shopify answers our calls (again), or a person wishes for another try."""
    with db.read() as session:
        troubled = session.scalar(select(Shop.trouble).where(Shop.id == shop_id))
    if troubled is None:
        return
    # Not a dead token's: that one ends when another token comes.
    refused = (Shop.id == shop_id, Shop.token_error.is_(None))
    with db.write() as session:
        session.execute(update(Shop).where(*refused).values(trouble=None, api_error=None, paused_until=None))
