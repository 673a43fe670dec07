"""The part of the control API that plays what concerns the app as a whole: scopes, removal, privacy, its calls."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from dev_store import authorization, standing
from dev_store.control import described, given, store

blueprint = Blueprint("control_standing", __name__, url_prefix="/dev/shops/<handle>")


@blueprint.post("/scopes")
def grant_scopes(handle: str) -> Response:
    """Replace what the app may do."""
    shop, body = store().shop(handle), given()
    standing.grant_scopes(store(), shop, body["scopes"], _instant(body))
    return jsonify(described(shop))


@blueprint.post("/uninstall")
def uninstall(handle: str) -> Response:
    """The merchant removes the app."""
    shop = store().shop(handle)
    standing.uninstall(store(), shop, _instant(given()))
    return jsonify(described(shop))


@blueprint.post("/update")
def update_shop(handle: str) -> Response:
    """Change name, currency, timezone or plan."""
    shop, body = store().shop(handle), given()
    at = _instant(body)
    standing.update_shop(store(), shop, {name: body[name] for name in body if name != "triggered_at"}, at)
    return jsonify(described(shop))


@blueprint.post("/data_request")
def request_data(handle: str) -> Response:
    """A customer asks what is stored about them."""
    body = given()
    number = standing.request_data(store(), store().shop(handle), body["customer"], _instant(body))
    return jsonify(id=number)


@blueprint.post("/customer_redact")
def redact_customer(handle: str) -> Response:
    """A customer asks to be forgotten."""
    body = given()
    standing.redact_customer(store(), store().shop(handle), body["customer"], _instant(body))
    return jsonify(ok=True)


@blueprint.post("/shop_redact")
def redact_shop(handle: str) -> Response:
    """The app is to forget the shop."""
    standing.redact_shop(store(), store().shop(handle), _instant(given()))
    return jsonify(ok=True)


@blueprint.get("/install_link")
def install_link(handle: str) -> Response:
    """The address a merchant's browser is sent to when Shopify does not manage the installation."""
    settings, shop = store().settings, store().shop(handle)
    return jsonify(address=authorization.install_link(settings.app, settings.app_url, shop, store().now()))


@blueprint.get("/calls")
def calls(handle: str) -> Response:
    """The app's calls to this shop; ?target= narrows them to admin or oauth."""
    made = store().calls.of(store().shop(handle).handle, request.args.get("target"))
    return jsonify([{name: value for name, value in asdict(each).items() if name != "shop"} for each in made])


def _instant(body: dict[str, Any]) -> datetime | None:
    text = body.get("triggered_at")
    return datetime.fromisoformat(text) if text else None
