"""What is reached under a shop's own host: the grant page, the token endpoint and the Admin API.

`server` mounts it. The shop is the Host header, as at Shopify; faults on request come before or after the real answer.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, abort, current_app, redirect, request
from werkzeug import Response as AnyResponse

from dev_store import access, admin_api, authorization, calls, faulty, standing
from dev_store.calls import Made
from dev_store.state import Shop
from dev_store.store import DevStore, UnknownShop

VERSIONS: Final = ("2025-10", "2026-01", "2026-04", "2026-07", "2026-10", "unstable")
_VERSION: Final = re.compile(r"20\d\d-(01|04|07|10)|unstable")
_BAD_TOKEN: Final = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105

blueprint = Blueprint("shopify", __name__)


@blueprint.get("/admin/oauth/authorize")
def authorize() -> AnyResponse:
    """The merchant is asked for what the app wants to do, and allows it at once."""
    store, shop = _addressed()
    asked = request.args
    try:
        with shop.lock:
            target = authorization.approve(store.app, store.settings.app_url, shop, asked, store.now())
    except authorization.NotAuthorized as refused:
        return Response(str(refused), 400, mimetype="text/plain")
    wanted = {scope for text in asked.get("scope", "").split(",") if (scope := text.strip())}
    standing.grant_scopes(store, shop, shop.scopes | wanted)
    return redirect(target)


@blueprint.post("/admin/oauth/access_token")
def access_token() -> Response:
    """Token exchange, refresh, and the code of an authorization."""
    store, shop = _addressed()
    content = request.get_json(silent=True)
    form = content if isinstance(content, dict) else request.form

    def answer() -> Response:
        try:
            with shop.lock:
                given = access.answer(shop.access, store.app, shop.domain, shop.scopes, form, store.now())
        except access.Refused as refused:
            return _json({"error": refused.error}, refused.status)
        return _json(given)

    answered = faulty.answered(store, "oauth", shop.handle, lambda _: answer())
    grant, token = _asked_for(form)
    store.calls.note(Made(shop.handle, "oauth", calls.digest(token), answered.status_code, grant))
    return answered


@blueprint.post("/admin/api/<version>/graphql.json")
def graphql(version: str) -> Response:
    """One Admin API request."""
    store, shop = _addressed()
    served = _served_version(version)

    token = request.headers.get("X-Shopify-Access-Token", "")

    def answer(throttle: bool) -> Response:
        now = store.now()
        if not shop.access.accepts(token, now):
            return _json({"errors": _BAD_TOKEN}, 401)
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return _json({"errors": {"query": "Required parameter missing or invalid"}}, 400)
        bulk, announce = store.bulk[shop.handle], store.announcer(shop, now)
        call = admin_api.Call(shop, now, shop.scopes, bulk, store.files, announce)
        try:
            said = store.admin.answer(call, body, throttle=throttle)
        except admin_api.Forbidden:
            return _json({"errors": "Forbidden"}, 403)
        return Response(
            admin_api.encode(said),
            mimetype="application/json",
            headers={"X-Shopify-API-Version": served},
        )

    answered = faulty.answered(store, "admin", shop.handle, answer)
    store.calls.note(Made(shop.handle, "admin", calls.digest(token), answered.status_code))
    return answered


def _addressed() -> tuple[DevStore, Shop]:
    store: DevStore = current_app.extensions["dev_store"]
    try:
        return store, store.shop(_host())
    except UnknownShop:
        abort(_json({"errors": "Not Found"}, 404))


def _asked_for(form: Mapping[str, object]) -> tuple[str | None, str]:
    """Which grant a call to the token endpoint wants, and what it shows for it."""
    match form.get("grant_type"):
        case access.TOKEN_EXCHANGE:
            return "exchange", str(form.get("subject_token", ""))
        case "refresh_token":
            return "refresh", str(form.get("refresh_token", ""))
        case None if "code" in form:
            return "code", str(form["code"])
    return None, ""


def _host() -> str:
    return request.host.partition(":")[0]


def _served_version(asked: str) -> str:
    if not _VERSION.fullmatch(asked) or asked > VERSIONS[-1]:
        abort(_json({"errors": "Not Found"}, 404))
    # A version no longer served falls forward to the oldest that is.
    return asked if asked in VERSIONS else VERSIONS[0]


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, mimetype="application/json")
