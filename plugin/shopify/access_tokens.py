"""Expiring offline tokens: exchanging an ID token for a pair, and refreshing the pair. plugin.shop.tokens stores it.

The library computes expiry by the machine's clock; here the life it found is counted from our own clock.
References: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
from shopify_app import ShopifyApp
from shopify_app.types import IdTokenDetails, Res, TokenExchangeAccessToken, TokenExchangeResult

from plugin import clock, config
from plugin.shopify import admin_api, errors
from plugin.shopify.id_tokens import IdToken

# What the library calls an outcome, and what it means to us. Anything else is Shopify or the network being unwell.
FAILURES: dict[str, type[errors.ShopifyError]] = {
    "invalid_subject_token": errors.InvalidSubjectToken,
    "invalid_client": errors.CredentialsRefused,
    "invalid_grant": errors.TokenRejected,
    "refresh_token_expired": errors.TokenRejected,
}
Refusals = dict[int, type[errors.ShopifyError]]
# Whatever words Shopify finds for it: a refresh token refused with 400 will not be taken the next minute either.
DEAD: Refusals = {**admin_api.REFUSALS, 400: errors.TokenRejected}
UNREADABLE = "Access token: an answer of unknown shape"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token with the token that renews it, the instants both end at, and the granted scopes."""

    access_token: str
    access_token_expires_at: datetime
    refresh_token: str
    refresh_token_expires_at: datetime
    scopes: str

    def __post_init__(self) -> None:
        """ValueError unless Shopify gave texts, and tokens that can be sent in a header."""
        tokens = (self.access_token, self.refresh_token)
        if not all(isinstance(text, str) for text in (*tokens, self.scopes)):
            raise ValueError("Not a text")
        if not all(token.isascii() and token.isprintable() and token for token in tokens):
            raise ValueError("Not a token")

    def __repr__(self) -> str:
        return f"TokenPair(expires {self.access_token_expires_at:%Y-%m-%d %H:%M})"


def exchange(http: httpx.Client, id_token: IdToken) -> TokenPair:
    """Token exchange: an ID token for an expiring offline token pair. Raises the ShopifyError tree."""
    details = IdTokenDetails(exchangeable=True, token=id_token.raw, claims=id_token.claims)
    return _pair(
        lambda: _library().exchange_using_token_exchange(
            access_mode="offline",
            id_token=details,
            invalid_token_response=Res(status=401, body="", headers={}),
            expiring=True,
            http_client=http,
        )
    )


def refresh(http: httpx.Client, shop_domain: str, pair_scopes: str, refresh_token: str) -> TokenPair:
    """Trade a refresh token for a new pair; TokenRejected when it is dead."""
    held = TokenExchangeAccessToken(
        shop=shop_domain.removesuffix(".myshopify.com"),
        token="",
        expires=None,  # refresh now: whether it is time was decided by our own clock
        scope=pair_scopes,
        access_mode="offline",
        refresh_token=refresh_token,
        refresh_token_expires=None,
        user=None,
    )
    return _pair(lambda: _library().refresh_token_exchanged_access_token(access_token=held, http_client=http), DEAD)


def _library() -> ShopifyApp:
    app = config.current()
    return ShopifyApp(client_id=app.client_id, client_secret=app.client_secret, old_client_secret=app.old_client_secret)


def _pair(ask: Callable[[], TokenExchangeResult], refusals: Refusals = admin_api.REFUSALS) -> TokenPair:
    try:
        result = ask()
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
        # The library reads a 200 without looking: half an answer, or one that is no object.
        raise errors.ShopUnavailable(UNREADABLE) from None
    token = result.access_token
    if not result.ok or token is None:
        # Only the outcome's name: the library's logs hold requests and answers.
        raise _kind(result, refusals)(f"Access token: {result.log.code}")
    if not token.token:
        raise errors.ShopUnavailable("Access token: an answer without a token")
    if not (token.expires and token.refresh_token and token.refresh_token_expires):
        raise errors.TokenRejected("Shopify gave a token that never expires; the app must not use it")
    ahead = clock.now() - clock.wall()
    try:
        return TokenPair(
            access_token=token.token,
            access_token_expires_at=datetime.fromisoformat(token.expires) + ahead,
            refresh_token=token.refresh_token,
            refresh_token_expires_at=datetime.fromisoformat(token.refresh_token_expires) + ahead,
            scopes=token.scope,
        )
    except (ValueError, OverflowError):
        raise errors.ShopUnavailable(UNREADABLE) from None


def _kind(result: TokenExchangeResult, refusals: Refusals) -> type[errors.ShopifyError]:
    if result.log.code in FAILURES:
        return FAILURES[result.log.code]
    answered = [entry.res.status for entry in result.http_logs if entry.res is not None]
    return refusals.get(answered[-1], errors.ShopUnavailable) if answered else errors.ShopUnavailable
