"""The authorization-code grant, for shops whose installation Shopify does not manage: /auth and /auth/callback.

The one place that sets a cookie: the state that ties Shopify's answer to the browser that asked. It lives ten minutes,
below /auth, at the top level; nothing inside the admin's frame needs one.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, redirect, render_template, request

from admin_ui import content_policy, rate_limits
from plugin import clock, config
from plugin.db import session as db
from plugin.segments.voice import message
from plugin.shop import installation, shops
from plugin.shopify import authorization, http
from plugin.shopify.errors import ShopifyError

STATE_COOKIE = "regulars_state"
STATE_SECONDS = 600
LONGEST_CODE = 512
ADMIN_PAGE = re.compile(
    r"admin\.shopify\.com/store/[a-z0-9][a-z0-9-]*|[a-z0-9][a-z0-9-]*\.myshopify\.com/admin", re.ASCII
)

View = Callable[..., Any]

log = structlog.get_logger()
blueprint = Blueprint("install", __name__, url_prefix="/auth", template_folder="templates")
blueprint.after_request(content_policy.for_everybody)


def begin_if_unmanaged(view: View) -> View:
    """Before a page asks for an ID token: send those away whom Shopify sent to install the app."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        sent = None if "id_token" in request.args else begins_here(request.args.to_dict())
        return sent or view(*args, **kwargs)

    return checked


def begins_here(parameters: Mapping[str, str]) -> Any:
    """Where to send a merchant whom Shopify sent without an ID token; None if Shopify did not (nothing it signed).

    Shopify opens an app this way, outside the admin's frame, when it does not manage the installation.
    """
    shop_domain = authorization.signed_shop(parameters) if parameters.get("embedded") != "1" else None
    if shop_domain is None:
        return None
    with db.read() as session:
        shop = shops.by_domain(session, shop_domain)
    if shop is not None and installation.works(shop, clock.now()):
        return _to_admin(shop_domain, parameters.get("host", ""))
    state = secrets.token_urlsafe(32)
    answer = redirect(authorization.address(shop_domain, state))
    secure = urlsplit(config.current().app_url).scheme == "https"
    answer.set_cookie(
        STATE_COOKIE, state, max_age=STATE_SECONDS, path="/auth", secure=secure, httponly=True, samesite="Lax"
    )
    return answer


@blueprint.get("")
def begin() -> Any:
    """Ask the merchant to grant the scopes, at Shopify."""
    rate_limits.count_stranger(request.remote_addr)
    return begins_here(request.args.to_dict()) or _refuse(message("Shopify did not send you here, or too long ago."))


@blueprint.get("/callback")
def callback() -> Any:
    """Take the code Shopify sent the merchant back with, and install the app with what it is traded for."""
    rate_limits.count_stranger(request.remote_addr)
    parameters = request.args.to_dict()
    shop_domain, code = authorization.signed_shop(parameters), parameters.get("code", "")
    if shop_domain is None or not 0 < len(code) <= LONGEST_CODE:
        return _refuse(message("Shopify did not send you here, or too long ago."))
    if not _same(parameters.get("state", ""), request.cookies.get(STATE_COOKIE, "")):
        return _refuse(
            message("This is not the browser the installation was begun in, or it took longer than ten minutes.")
        )
    try:
        installation.install(shop_domain, lambda: authorization.exchange(http.client(), shop_domain, code))
    except ShopifyError as error:
        log.warning("authorization_failed", shop=shop_domain, reason=type(error).__name__)
        return _refuse(message("Shopify did not let Regulars in just now."), 503 if error.transient else 400)
    answer = _to_admin(shop_domain, parameters.get("host", ""))
    answer.delete_cookie(STATE_COOKIE, path="/auth")
    return answer


def _to_admin(shop_domain: str, host: str) -> Any:
    """The app inside the shop's admin. Shopify's `host` says where that is; anything else is not believed."""
    try:
        page = base64.b64decode(host + "=" * (-len(host) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        page = ""
    if not ADMIN_PAGE.fullmatch(page):
        page = f"{shop_domain}/admin"
    return redirect(f"https://{page}/apps/{config.current().client_id}")


def _same(state: str, expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(state.encode(), expected.encode())


def _refuse(text: str, status: int = 400) -> tuple[str, int]:
    return render_template("not_installed.html", text=text), status
