"""The pages inside the Shopify admin, the bounce page that fetches a token for them, and the files they load.

Renders what `overview`, `home_page` and `data_page` say. Opening one installs the app for a shop that is new, and has
an import that failed tried again; it changes nothing else.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, send_from_directory, url_for

from admin_ui import auth, content_policy, data_page, health, home_page, install, language, overview, texts
from plugin import clock, config
from plugin.db import session as db
from plugin.shop import installation, shops

STATIC = Path(__file__).parent / "static"
YEAR_SECONDS = 365 * 86_400

blueprint = Blueprint("admin_pages", __name__, url_prefix="/app", template_folder="templates")


@blueprint.get("")
@blueprint.get("/")
@install.begin_if_unmanaged
@auth.document
def home() -> str:
    """Where the asking shop stands: progress, the guide of its first day, its segments."""
    shop_id = installation.ensure_installed(auth.asker())
    with db.read() as session:
        shop = shops.get(session, shop_id)
        seen = overview.read(session, shop)
        return render_template(
            "home.html",
            overview=seen,
            home=home_page.read(session, shop, seen, clock.now()),
            guide=home_page.guide(shop, seen),
            health=health.read(session, shop_id),
        )


@blueprint.get("/data")
@auth.document
def data() -> str:
    """Permissions, order history, customers' data requests, and leaving."""
    shop_id = installation.ensure_installed(auth.asker())
    with db.read() as session:
        shop = shops.get(session, shop_id)
        return render_template(
            "data.html",
            overview=overview.read(session, shop),
            permissions=data_page.permissions(session, shop, clock.now()),
            requests=data_page.requests(session, shop, clock.now()),
            tagged_customers=data_page.tagged_count(session, shop_id),
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


@blueprint.app_context_processor
def addresses() -> dict[str, Any]:
    """What every template needs to load its scripts."""
    settings = config.current()
    return {
        "client_id": settings.client_id,
        "app_bridge_url": settings.app_bridge_url,
        "polaris_url": settings.polaris_url,
        "language": language.current(),
        "texts_address": texts.address,
        "operator_name": settings.operator_name,
        "support_email": settings.support_email,
        "nonce": content_policy.nonce,
        "static": lambda name: url_for("admin_pages.static_file", version=static_version(), name=name),
    }


@cache
def static_version() -> str:
    """Changes with any file: scripts import each other by relative address, so all of them move together."""
    contents = b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()) if path.is_file())
    return hashlib.sha256(contents).hexdigest()[:12]
