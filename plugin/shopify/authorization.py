"""The authorization-code grant: for shops whose installation Shopify does not manage. admin_ui.install walks it.

The address and the parameters' signature are ShopifyAPI's business; its own call for the token is not used, because it
knows neither time-outs nor expiring tokens.
Reference: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
"""

from collections.abc import Mapping
from datetime import timedelta

import httpx
from shopify.session import Session

from plugin import clock, config
from plugin.shopify import admin_api, errors, ids, scopes
from plugin.shopify.access_tokens import TokenPair

CALLBACK_PATH = "/auth/callback"
# A signed address that somebody kept is of no use later.
GOOD_FOR = timedelta(minutes=10)


def address(shop_domain: str, state: str) -> str:
    """Where the merchant is asked to grant the app its scopes; Shopify sends them back to CALLBACK_PATH."""
    app = config.current()
    session = _library(app.client_secret)(shop_domain, app.api_version)
    redirect_uri = f"{app.app_url}{CALLBACK_PATH}"
    return str(session.create_permission_url(list(scopes.REQUIRED), redirect_uri, state))  # type: ignore[no-untyped-call]


def signed_shop(parameters: Mapping[str, str]) -> str | None:
    """The shop that Shopify signed these parameters for, a short while ago; None for any doubt."""
    shop_domain = parameters.get("shop", "")
    if not ids.is_shop_domain(shop_domain) or not _is_recent(parameters.get("timestamp", "")):
        return None
    libraries = (_library(secret) for secret in config.current().client_secrets)
    signed = any(library.validate_hmac(parameters) for library in libraries)  # type: ignore[no-untyped-call]
    return shop_domain if signed else None


def exchange(http: httpx.Client, shop_domain: str, code: str) -> TokenPair:
    """An authorization code for an expiring offline token pair. Raises the ShopifyError tree."""
    app = config.current()
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "code": code, "expiring": "1"}
    try:
        response = http.post(f"https://{shop_domain}/admin/oauth/access_token", json=form)
    except httpx.HTTPError as error:
        raise errors.ShopUnavailable(f"{shop_domain}: {type(error).__name__}") from error
    if response.status_code == 400:
        raise errors.CodeRefused(f"{shop_domain}: the authorization code was refused")
    if response.status_code == 401:
        raise errors.CredentialsRefused(f"{shop_domain}: the app's credentials were refused")
    if response.status_code != 200:
        kind = admin_api.REFUSALS.get(response.status_code, errors.ShopUnavailable)
        raise kind(f"{shop_domain}: the token endpoint answered {response.status_code}")
    return _pair(shop_domain, response)


def _pair(shop_domain: str, response: httpx.Response) -> TokenPair:
    now = clock.now()
    try:
        given = response.json()
        return TokenPair(
            access_token=given["access_token"],
            access_token_expires_at=now + timedelta(seconds=int(given["expires_in"])),
            refresh_token=given["refresh_token"],
            refresh_token_expires_at=now + timedelta(seconds=int(given["refresh_token_expires_in"])),
            scopes=given["scope"],
        )
    except (ValueError, TypeError, KeyError, OverflowError):
        # Also what never expires: new public apps must not use such a token.
        raise errors.ShopUnavailable(f"{shop_domain}: not an expiring token pair") from None


def _is_recent(timestamp: str) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        return False
    return abs(clock.now().timestamp() - int(timestamp)) < GOOD_FOR.total_seconds()


def _library(secret: str) -> type[Session]:
    # The library keeps credentials on the class: a class for each secret, so that two in rotation do not meet.
    return type("SignedSession", (Session,), {"api_key": config.current().client_id, "secret": secret})
