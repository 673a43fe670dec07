"""The authorization-code grant and the signed addresses Shopify sends a merchant's browser to.

`shopify_side` answers `/admin/oauth/authorize` with it, the admin page opens the app with it. Never reads the clock.
Reference: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from dev_store import access
from dev_store.access import AppCredentials
from dev_store.state import Shop

ADMIN_HOST = "admin.shopify.com"


class NotAuthorized(Exception):
    """Shopify shows the merchant a page instead of going on; the message says why."""


def approve(app: AppCredentials, app_url: str, shop: Shop, asked: Mapping[str, str], now: datetime) -> str:
    """Where the browser goes once the merchant has approved what the app asked for: back to it, with a code."""
    if asked.get("client_id") != app.client_id:
        raise NotAuthorized("Oauth error invalid_request: The application cannot be found.")
    redirect_uri = asked.get("redirect_uri", "")
    if not _is_below(redirect_uri, app_url):
        raise NotAuthorized("Oauth error invalid_request: The redirect_uri is not whitelisted.")
    given = {
        "code": access.grant_code(shop.access, now),
        "host": encoded_host(f"{ADMIN_HOST}/store/{shop.handle}"),
        "shop": shop.domain,
        "state": asked.get("state", ""),
        "timestamp": _timestamp(now),
    }
    joint = "&" if urlsplit(redirect_uri).query else "?"
    return f"{redirect_uri}{joint}{signed_query(app, given)}"


def install_link(app: AppCredentials, app_url: str, shop: Shop, now: datetime) -> str:
    """How Shopify opens an app whose installation it does not manage: in the whole window, without an ID token."""
    given = {
        "host": encoded_host(f"{ADMIN_HOST}/store/{shop.handle}"),
        "shop": shop.domain,
        "timestamp": _timestamp(now),
    }
    return f"{app_url.rstrip('/')}/app?{signed_query(app, given)}"


def embedded_address(
    app: AppCredentials,
    app_url: str,
    shop: Shop,
    admin: str,
    id_token: str,
    now: datetime,
    path: str = "/app",
    asked: Mapping[str, str] | None = None,
) -> str:
    """How the admin at `admin` opens the app in its frame: signed parameters and an ID token, valid for a minute.

    `asked`: the parameters of the admin's own address, which go on to the app; `locale` among them is the language the
    merchant has chosen for the admin.
    """
    given = {
        "locale": "en",
        **(asked or {}),
        "embedded": "1",
        "host": encoded_host(f"{admin}/store/{shop.handle}"),
        "id_token": id_token,
        "shop": shop.domain,
        "timestamp": _timestamp(now),
    }
    return f"{app_url.rstrip('/')}{path}?{signed_query(app, given)}"


def signed_query(app: AppCredentials, given: Mapping[str, str]) -> str:
    """The parameters with `hmac`, which signs them in the order of their names."""
    text = "&".join(f"{name}={given[name]}" for name in sorted(given))
    digest = hmac.new(app.client_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return urlencode({**given, "hmac": digest})


def encoded_host(place: str) -> str:
    """The `host` parameter: the admin's address of a shop, in base64 without padding."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _is_below(address: str, app_url: str) -> bool:
    asked, ours = urlsplit(address), urlsplit(app_url)
    path = ours.path.rstrip("/") + "/"
    return (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc) and f"{asked.path}/".startswith(path)


def _timestamp(now: datetime) -> str:
    return str(int(now.timestamp()))
