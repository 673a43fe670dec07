"""A shop's token pair: kept encrypted, refreshed in time and by one process, renewed when Shopify refuses it early.

Called by shop.shops for every client of the Admin API, by shop.installation with fresh pairs, and once a day.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from plugin import clock, config, turns
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.shopify import access_tokens, errors, http
from plugin.shopify.access_tokens import TokenPair

# A job that starts with a token this close to its end would lose it on the way.
REFRESH_AHEAD = timedelta(minutes=5)
# A refresh token lives for 90 days after its making: after this many without work it is renewed for its own sake.
IDLE_AFTER = timedelta(days=30)
REFRESH_TOKEN_LIFE = timedelta(days=90)

# The columns of a shop that are kept encrypted.
SEALED = ("access_token", "refresh_token", "answers_secret", "person_to_warn")

PATIENCE_SECONDS = 30
LOOK_AGAIN_SECONDS = 0.2


def usable(shop_id: int) -> str:
    """An access token that lasts for a while yet. Raises the ShopifyError tree; TokenRejected: there is none."""
    with db.read() as session:
        shop = session.get_one(Shop, shop_id)
    if _lasts(shop, clock.now()):
        return opened(shop.access_token)
    return _refreshed(shop_id, lambda seen: _lasts(seen, clock.now()))


def renewed(shop_id: int, refused: str) -> str:
    """A token other than `refused`, which Shopify takes for dead although our clock does not.

    That is written down first: if no other is to be had right now, nobody shows this one again.
    """
    with db.write() as session:
        shop = session.get_one(Shop, shop_id, with_for_update=True)
        if shop.access_token is not None and opened(shop.access_token) == refused:
            shop.access_token_expires_at = clock.now()
    return _refreshed(shop_id, lambda seen: opened(seen.access_token) != refused)


def keep_alive(shop_id: int) -> None:
    """Renew the pair of a shop that nothing happens in, before its refresh token ends."""
    _refreshed(shop_id, lambda seen: not _is_idle(seen, clock.now()))


def idle(session: Session, now: datetime) -> list[int]:
    """Installed shops whose pair has not been renewed for so long that it is time."""
    alive = (Shop.uninstalled_at.is_(None), Shop.token_error.is_(None), Shop.refresh_token.is_not(None))
    return [shop.id for shop in session.scalars(select(Shop).where(*alive)) if _is_idle(shop, now)]


def live(shop: Shop, now: datetime) -> bool:
    """Whether the shop has a pair that can be read and renewed, as far as we know."""
    ends_at = shop.refresh_token_expires_at
    return shop.token_error is None and ends_at is not None and ends_at > now and is_readable(shop)


def is_readable(shop: Shop) -> bool:
    """Whether TOKEN_KEYS open the shop's pair."""
    try:
        return bool(opened(shop.access_token) and opened(shop.refresh_token))
    except errors.TokenRejected:
        return False


def store(shop: Shop, pair: TokenPair, now: datetime) -> None:
    """Put a pair into the shop's row, encrypted, both at once, with the scopes it came with."""
    sealing = box()
    shop.access_token = sealing.encrypt(pair.access_token.encode())
    shop.access_token_expires_at = pair.access_token_expires_at
    shop.refresh_token = sealing.encrypt(pair.refresh_token.encode())
    shop.refresh_token_expires_at = pair.refresh_token_expires_at
    shop.scopes, shop.scopes_at = pair.scopes, now
    shop.token_error = shop.trouble = shop.api_error = shop.paused_until = None


def drop(shop: Shop) -> None:
    """Forget the pair: it is dead, or no longer ours to use."""
    shop.access_token = shop.access_token_expires_at = shop.refresh_token = shop.refresh_token_expires_at = None


def reencrypt(session: Session) -> tuple[int, list[str]]:
    """Encrypt every token and secret with the first of TOKEN_KEYS; returns how many shops, and those not readable."""
    with_first, done, unreadable = box(), 0, []
    # Locked, so that a pair refreshed meanwhile is not overwritten with the one before.
    sealed = or_(*(getattr(Shop, name).is_not(None) for name in SEALED))
    for shop in session.scalars(select(Shop).where(sealed).with_for_update()):
        try:
            for name in SEALED:
                if (content := getattr(shop, name)) is not None:
                    setattr(shop, name, with_first.rotate(content))
            done += 1
        except InvalidToken:
            unreadable.append(shop.domain)
    return done, unreadable


@contextmanager
def turn(shop_id: int) -> Iterator[None]:
    """Be the only process that trades the shop's tokens, waiting for another one to end; ShopUnavailable in the end."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (taken := turns.take(shop_id, "token")) is None:
        time.sleep(LOOK_AGAIN_SECONDS)
        if time.monotonic() > deadline:
            raise errors.ShopUnavailable("Another process has been trading the token for too long")
    with taken:
        yield


def _refreshed(shop_id: int, is_good: Callable[[Shop], bool]) -> str:
    """Refresh the pair, unless another process did while we waited for our turn: then what it got is good.

    The call is made outside any transaction: it may take long, and SQLite has one writer for all shops. A crash before
    the new pair is stored does no harm: Shopify takes the old refresh token again until the new one has been used.
    """
    with turn(shop_id):
        with db.read() as session:
            shop = session.get_one(Shop, shop_id)
        if shop.uninstalled_at is not None:
            raise errors.Uninstalled(f"{shop.domain} removed the app")
        if shop.token_error:
            raise errors.TokenRejected(shop.token_error)
        if is_good(shop):
            return opened(shop.access_token)
        return _traded(shop, opened(shop.refresh_token))


def _traded(shop: Shop, held: str) -> str:
    """The access token that comes for the refresh token `held`, or that of a pair which replaced it meanwhile.

    A merchant may remove the app and install it anew while Shopify answers. The turn is another's by then, and what
    became of the old pair says nothing about the new one.
    """
    try:
        pair = access_tokens.refresh(http.client(), shop.domain, shop.scopes, held)
    except errors.TokenRejected:
        with db.read() as session:
            shop = session.get_one(Shop, shop.id)
        if opened(shop.refresh_token) == held:
            raise
        return opened(shop.access_token)
    with db.write() as session:
        shop = session.get_one(Shop, shop.id, with_for_update=True)
        if shop.uninstalled_at is not None:
            raise errors.Uninstalled(f"{shop.domain} removed the app")
        if opened(shop.refresh_token) == held:
            store(shop, pair, clock.now())
        return opened(shop.access_token)


def _lasts(shop: Shop, now: datetime) -> bool:
    expires_at = shop.access_token_expires_at
    return shop.access_token is not None and expires_at is not None and expires_at - now >= REFRESH_AHEAD


def _is_idle(shop: Shop, now: datetime) -> bool:
    ends_at = shop.refresh_token_expires_at
    return ends_at is not None and ends_at - now < REFRESH_TOKEN_LIFE - IDLE_AFTER


def opened(sealed: bytes | None) -> str:
    """What was sealed; TokenRejected if there is nothing, or none of the keys fits."""
    if sealed is None:
        raise errors.TokenRejected("There is no token for this shop")
    try:
        return box().decrypt(sealed).decode()
    except InvalidToken:
        raise errors.TokenRejected("The stored token cannot be read with TOKEN_KEYS") from None


def box() -> MultiFernet:
    """Seals with the first of TOKEN_KEYS and opens with any."""
    return MultiFernet([Fernet(key) for key in config.current().token_keys])
