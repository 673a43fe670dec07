"""What every answer tells the browser: who may frame a page, whose scripts run in it, what must not be kept.

plugin.app attaches `protect` to every answer; `auth` says which shop asks. Every document gets a nonce of its own.
References: https://shopify.dev/docs/apps/build/security/set-up-iframe-protection, https://www.w3.org/TR/CSP3/
"""

import secrets
from typing import cast
from urllib.parse import urlsplit

from flask import Response, g

from admin_ui import auth
from plugin import config

YEAR_SECONDS = 365 * 86_400

# The hosts App Bridge talks to: the admin itself, and where it reports how quickly the page came up.
SHOPIFY_CONNECTIONS = ("https://*.shopify.com", "https://*.shopifysvc.com")

# A page for everybody: text and a style sheet of ours, in nobody's frame.
PUBLIC = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def nonce() -> str:
    """The nonce of this answer: its own scripts and styles carry it, nobody can know it before."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return cast(str, g.nonce)


def protect(response: Response) -> Response:
    """Put on an answer what keeps it out of caches and foreign frames, unless the view has said something stricter."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    # The page's own address holds a token: it is not told to the hosts its scripts come from.
    response.headers["Referrer-Policy"] = "strict-origin"
    if urlsplit(config.current().app_url).scheme == "https":
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}"
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", _embedded(auth.framing_shop()))
    return response


def for_everybody(response: Response) -> Response:
    """The policy of a public page."""
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = PUBLIC
    return response


def _embedded(shop_domain: str | None) -> str:
    settings = config.current()
    loaded = sorted({_origin(settings.app_bridge_url), _origin(settings.polaris_url)})
    own, connections = ("'self'", f"'nonce-{nonce()}'"), [*SHOPIFY_CONNECTIONS, *_development_origins()]
    directives = {
        "default-src": ["'self'"],
        "script-src": [*own, *loaded],
        "style-src": [*own, *loaded],
        "img-src": ["'self'", "data:", *loaded],
        "font-src": ["'self'", "data:", *loaded],
        "connect-src": ["'self'", *connections],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": _ancestors(shop_domain),
    }
    return "; ".join(" ".join((name, *sources)) for name, sources in directives.items())


def _ancestors(shop_domain: str | None) -> list[str]:
    if shop_domain is None:
        return ["'none'"]
    return [f"https://{shop_domain}", "https://admin.shopify.com", *_development_origins()]


def _development_origins() -> list[str]:
    """The development store plays the admin: there is none in production (plugin.config refuses it)."""
    settings = config.current()
    return [_origin(settings.shopify_url)] if settings.environment == "development" and settings.shopify_url else []


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
