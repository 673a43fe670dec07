"""The app inside the admin: its frame, its pages in the navigation, and what it asks the merchant for.

`server.create_app` registers the blueprint; `static/admin_frame.js` is its browser side.
"""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request

from dev_store import access, admin_page, authorization, standing
from dev_store.state import Shop
from dev_store.store import DevStore, UnknownShop

blueprint = Blueprint("admin_app", __name__, url_prefix="/store/<handle>", template_folder="templates")
blueprint.before_request(admin_page.refuse_other_sites)


@blueprint.get("/apps/<name>")
@blueprint.get("/apps/<name>/<path:page>")
def app(handle: str, name: str, page: str = "app") -> str:
    """The app in its frame, by its name or client id; a path opens that page of it."""
    store, shop = _asked(handle)
    if name not in {"regulars", store.app.client_id}:
        abort(404)
    return render_template("admin_app.html", shop=shop, now=store.now(), here="app", app_address=_address(shop, page))


@blueprint.get("/scopes")
def scopes(handle: str) -> Response:
    """What the app may do, must be allowed, and may ask for."""
    store, shop = _asked(handle)
    return jsonify(_detail(store, shop))


@blueprint.post("/scopes")
def change_scopes(handle: str) -> Any:
    """The merchant allows some of the optional scopes, or the app gives some back."""
    store, shop = _asked(handle)
    allowed, returned = (frozenset(request.get_json().get(name, ())) for name in ("grant", "revoke"))
    if refused := sorted((allowed | returned) - store.optional_scopes):
        return jsonify(error=f"Not among the app's optional_scopes: {', '.join(refused)}"), 400
    with shop.lock:
        # A read scope that only came along with its write scope goes with it.
        held = frozenset(access.granted(shop.scopes).split(",")) - {""}
        standing.grant_scopes(store, shop, (held | allowed) - returned)
        return jsonify(_detail(store, shop))


@blueprint.errorhandler(UnknownShop)
def unknown_shop(_error: UnknownShop) -> Any:
    """No shop of that name."""
    return render_template("admin_message.html", message="There is no such shop."), 404


def _asked(handle: str) -> tuple[DevStore, Shop]:
    store: DevStore = current_app.extensions["dev_store"]
    return store, store.shop(handle)


def _detail(store: DevStore, shop: Shop) -> dict[str, list[str]]:
    return {
        "granted": sorted(shop.scopes),
        "required": sorted(store.required_scopes),
        "optional": sorted(store.optional_scopes),
    }


def _address(shop: Shop, page: str) -> str:
    store: DevStore = current_app.extensions["dev_store"]
    admin = urlsplit(request.host_url).netloc
    token, asked = store.id_token(shop), request.args.to_dict()
    return authorization.embedded_address(
        store.app, store.settings.app_url, shop, admin, token, store.now(), f"/{page}", asked
    )
