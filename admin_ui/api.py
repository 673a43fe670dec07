"""JSON for the page's scripts: how far the tags are, and the segments to read and save. Always the asking shop's own.

`data_api` serves the page "Data and permissions"; all use `asking_shop` and `body` from here. What goes wrong is
answered by `refusals`.
"""

import json
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, jsonify, request
from sqlalchemy.orm import Session

from admin_ui import auth, openapi, overview, thresholds
from plugin import clock, queues, runs
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.schemas import admin_responses, merchant_settings
from plugin.segments.rules import InvalidDefinition
from plugin.shop import shops
from plugin.standing import segment_store

# Sixty segments with a few conditions each are some 20 kB.
LARGEST_BODY = 256_000

blueprint = Blueprint("admin_api", __name__, url_prefix="/app/api")


@blueprint.get("/status")
@openapi.describes(admin_responses.Status)
@auth.fetched
def status() -> Response:
    """How far the shop's tags are."""
    with db.read() as session:
        seen = overview.read(session, asking_shop(session))
    return jsonify(admin_responses.Status().dump(seen))


@blueprint.get("/segments")
@openapi.describes(admin_responses.Definitions)
@auth.fetched
def segments() -> Response:
    """The definitions, as PUT takes them."""
    with db.read() as session:
        definitions = segment_store.definitions(session, asking_shop(session).id)
    return jsonify(admin_responses.Definitions().dump({"segments": definitions}))


@blueprint.put("/segments")
@openapi.describes(admin_responses.Saved, takes=merchant_settings.SegmentsToSave)
@auth.fetched
def save_segments() -> Any:
    """Replace the definitions; customers whose segments change are tagged anew at once."""
    definitions = merchant_settings.SegmentsToSave().load(body())["segments"]
    with db.write() as session:
        shop = asking_shop(session)
        shop_id, digits = shop.id, segment_store.minor_units(session, shop.id)
        try:
            changed = segment_store.save(session, shop_id, definitions, clock.now())
        except InvalidDefinition as error:
            session.rollback()
            return jsonify(errors=thresholds.errors_by_field(definitions, error.problems, digits)), 422
        if changed:
            runs.start_refresh(session, shop_id, clock.now())
    if changed:
        queues.wake("run", shop_id)
    return jsonify(saved(shop_id, changed=changed))


def asking_shop(session: Session) -> Shop:
    """The shop of the verified token; 403 if it does not have the app."""
    shop = shops.by_domain(session, auth.asker().shop_domain)
    if shop is None or shop.uninstalled_at is not None:
        abort(403, "This shop does not have Regulars installed. Open it from the Apps menu of your Shopify admin.")
    return shop


def body() -> Any:
    """The request's JSON; 415, 413 or 400 if it is none."""
    if request.mimetype != "application/json":
        abort(415, "Send application/json.")
    request.max_content_length = LARGEST_BODY
    try:
        return json.loads(request.get_data(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        abort(400, "The body is not JSON.")


def saved(shop_id: int, *, changed: bool) -> Any:
    """The answer to saving segments, or one of them."""
    with db.read() as session:
        answer = {
            "changed": changed,
            "segments": segment_store.definitions(session, shop_id),
            "status": overview.read(session, shops.get(session, shop_id)),
        }
    return admin_responses.Saved().dump(answer)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
