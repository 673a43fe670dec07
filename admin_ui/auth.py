"""Who asks. Every request of the admin page carries an ID token; the shop is the token's, never a parameter's.

`pages` marks its views with `document`, the JSON API with `fetched`; both then know `asker()`. Sets no cookie.
Reference: https://shopify.dev/docs/apps/build/authentication-authorization/id-tokens
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from flask import g, jsonify, redirect, render_template, request

from admin_ui import rate_limits
from plugin import clock, logs
from plugin.segments.voice import Said
from plugin.shopify import id_tokens, ids
from plugin.shopify.errors import InvalidSubjectToken
from plugin.shopify.id_tokens import IdToken, InvalidIdToken

PATCH_PATH = "/app/patch-id-token"
RETRY_HEADER = "X-Shopify-Retry-Invalid-Session-Request"
# A token fetched this recently and still refused will be refused for ever: say so instead of going round in circles.
BOUNCE_SECONDS = 10
# Shopify's tokens have some 700 characters. Nothing longer is taken apart.
LONGEST_TOKEN = 4_096
READING = ("GET", "HEAD", "OPTIONS")

View = Callable[..., Any]


def asker() -> IdToken:
    """The verified token of this request."""
    return cast(IdToken, g.asker)


def document(view: View) -> View:
    """Let a page be loaded with a good `id_token` in its address; otherwise have App Bridge load it again with one."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        try:
            _recognise(request.args.get("id_token", ""))
            return view(*args, **kwargs)
        except (InvalidIdToken, InvalidSubjectToken):
            rate_limits.count_stranger(request.remote_addr)
            return _load_again()

    return checked


def fetched(view: View) -> View:
    """Let a script's request in with a good bearer token; otherwise App Bridge is told to fetch one and try again."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            _recognise(token.strip() if scheme.lower() == "bearer" else "")
            return view(*args, **kwargs)
        except (InvalidIdToken, InvalidSubjectToken):
            rate_limits.count_stranger(request.remote_addr)
            refusal = jsonify(error="The ID token is missing or no longer valid.")
            refusal.status_code = 401
            refusal.headers[RETRY_HEADER] = "1"
            return refusal

    return checked


def may_reload(address: str) -> bool:
    """Whether the bounce page may lead to `address`: a path of ours, and not the bounce page again."""
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that are no address of version 6
        return False
    ours = parts.path == "/app" or parts.path.startswith("/app/")
    return not parts.scheme and not parts.netloc and ours and parts.path != PATCH_PATH


def shop_for_the_log() -> str | None:
    """The shop whose token was good; None if none was shown: what a stranger claims is not written down."""
    return asker().shop_domain if "asker" in g else None


def framing_shop() -> str | None:
    """The shop whose admin may show this answer in a frame; None: nobody's."""
    if "asker" in g:
        return asker().shop_domain
    # Answers without a verified token show nothing of any shop: the parameter says who may frame them, no more.
    shop_domain = request.args.get("shop", "")
    return shop_domain if ids.is_shop_domain(shop_domain) else None


def _recognise(raw: str) -> None:
    if len(raw) > LONGEST_TOKEN:
        raise InvalidIdToken("Too long")
    g.asker = id_tokens.verify(raw)
    logs.about_shop(asker().shop_domain)
    rate_limits.count_shop(asker().shop_domain, writes=request.method not in READING)


def _load_again() -> Any:
    query = {name: value for name, value in request.args.items() if name not in ("id_token", "shopify-reload")}
    now = int(clock.wall().timestamp())
    bounced_at = query.get("bounced_at", "")
    if bounced_at.isascii() and bounced_at.isdigit() and 0 <= now - int(bounced_at[:12]) < BOUNCE_SECONDS:
        return render_template("message.html", message=TOKEN_REFUSED), 401
    query["bounced_at"] = str(now)
    target = f"{request.path}?{urlencode(query)}"
    return redirect(f"{PATCH_PATH}?{urlencode({**query, 'shopify-reload': target})}")


TOKEN_REFUSED = {
    "heading": Said("Shopify could not confirm who is asking"),
    "text": Said(
        "Open Regulars again from the Apps menu of your Shopify admin. Your customers' tags are kept right meanwhile."
    ),
}
