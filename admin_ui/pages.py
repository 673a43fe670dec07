"""The page inside the Shopify admin, the bounce page that fetches a token for it, and the files both load.

Renders what `overview` and `thresholds` say. Opening it installs the app for a shop that is new, and has an import that
failed tried again; it changes nothing else.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from flask import Blueprint, Response, abort, render_template, request, send_from_directory, url_for
from werkzeug.exceptions import HTTPException

from admin_ui import auth, overview, thresholds
from plugin import config, installation, segment_store, shops
from plugin.db import session as db
from plugin.shopify.errors import ShopifyError

STATIC = Path(__file__).parent / "static"
YEAR_SECONDS = 365 * 86_400

log = structlog.get_logger()
blueprint = Blueprint("admin_pages", __name__, url_prefix="/app", template_folder="templates")
blueprint.after_request(auth.protect)


@blueprint.get("")
@blueprint.get("/")
@auth.document
def home() -> str:
    """Segments, thresholds and progress of the asking shop."""
    shop_id = installation.ensure_installed(auth.asker())
    with db.read() as session:
        shop = shops.get(session, shop_id)
        definitions = segment_store.definitions(session, shop_id)
        currency = overview.currency(shop)
        return render_template(
            "home.html",
            overview=overview.read(session, shop),
            groups=thresholds.groups(definitions, currency),
            definitions=definitions,
            currency=currency,
        )


@blueprint.get("/patch-id-token")
def patch_id_token() -> Any:
    """An empty page: App Bridge sees `shopify-reload`, fetches a token and loads that address with it."""
    if not auth.may_reload(request.args.get("shopify-reload", "")):
        abort(404)
    return render_template("patch_id_token.html")


@blueprint.get("/static/<version>/<path:name>")
def static_file(version: str, name: str) -> Response:
    """A style sheet or script; its address changes with its content, so it may be kept for ever."""
    answer = send_from_directory(STATIC, name)
    # During a deployment an old page may ask a new server: it gets the new file, and must not keep it as the old one.
    kept = f"public, max-age={YEAR_SECONDS}, immutable" if version == static_version() else "no-cache"
    answer.headers["Cache-Control"] = kept
    return answer


@blueprint.get("/<path:_anything>")
@auth.document
def unknown(_anything: str) -> Any:
    """Any other address."""
    abort(404)


@blueprint.errorhandler(HTTPException)
def refuse(error: HTTPException) -> Any:
    """A calm page for what does not exist."""
    return render_template("message.html", message=NOT_FOUND), error.code or 500


@blueprint.errorhandler(ShopifyError)
def shopify_failed(error: ShopifyError) -> Any:
    """A calm page when Shopify did not let us in."""
    log.warning("admin_page_without_shopify", reason=type(error).__name__, transient=error.transient)
    return render_template("message.html", message=NO_ANSWER if error.transient else NOT_LET_IN), 503


@blueprint.errorhandler(Exception)
def fail(error: Exception) -> Any:
    """A calm page for a fault of ours; the log gets the rest."""
    log.exception("admin_page_failed", path=request.path, reason=type(error).__name__)
    return render_template("message.html", message=OUR_FAULT), 500


@blueprint.context_processor
def addresses() -> dict[str, Any]:
    """What every template needs to load its scripts."""
    settings = config.current()
    return {
        "client_id": settings.client_id,
        "app_bridge_url": settings.app_bridge_url,
        "polaris_url": settings.polaris_url,
        "static": lambda name: url_for("admin_pages.static_file", version=static_version(), name=name),
    }


@cache
def static_version() -> str:
    """Changes with any file: scripts import each other by relative address, so all of them move together."""
    contents = b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()) if path.is_file())
    return hashlib.sha256(contents).hexdigest()[:12]


NOT_FOUND = {
    "heading": "This page does not exist",
    "text": "Open Regulars from the Apps menu of your Shopify admin.",
}
NO_ANSWER = {
    "heading": "Shopify did not answer in time",
    "text": "Your segments and tags are safe. Reload this page in a minute.",
}
NOT_LET_IN = {
    "heading": "Shopify did not let Regulars in",
    "text": "Open Regulars again from the Apps menu of your Shopify admin. If this page comes back, "
    "remove the app and install it again: your thresholds are kept.",
}
OUR_FAULT = {
    "heading": "Something went wrong on our side",
    "text": "Your segments and tags are safe. Reload this page in a minute.",
}
