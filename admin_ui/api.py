"""JSON for the admin page's scripts: status, and the segments to read and save. Always the asking shop's own.

Everything about errors is decided here once: 401 without a good token, 400/413/415 for what is no JSON, 422 with one
message a field for what cannot be saved.
"""

import json
from typing import Any, NoReturn

import structlog
from flask import Blueprint, Response, abort, jsonify, request
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from admin_ui import auth, overview, thresholds
from plugin import clock, queues, runs, segment_store, shops
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.schemas import admin_responses, merchant_settings
from plugin.segments.rules import InvalidDefinition

# Sixty segments with a few conditions each are some 20 kB.
LARGEST_BODY = 256_000

log = structlog.get_logger()
blueprint = Blueprint("admin_api", __name__, url_prefix="/app/api")
blueprint.after_request(auth.protect)


@blueprint.get("/status")
@auth.fetched
def status() -> Response:
    """How far the shop's tags are."""
    with db.read() as session:
        seen = overview.read(session, _shop(session))
    return jsonify(admin_responses.Status().dump(seen))


@blueprint.get("/segments")
@auth.fetched
def segments() -> Response:
    """The definitions, as PUT takes them."""
    with db.read() as session:
        definitions = segment_store.definitions(session, _shop(session).id)
    return jsonify(admin_responses.Definitions().dump({"segments": definitions}))


@blueprint.put("/segments")
@auth.fetched
def save_segments() -> Any:
    """Replace the definitions; customers whose segments change are tagged anew at once."""
    wanted = _body()
    try:
        definitions = merchant_settings.SegmentsToSave().load(wanted)["segments"]
    except ValidationError as error:
        return jsonify(errors=_flat(error.messages)), 422
    with db.write() as session:
        shop = _shop(session)
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
    return jsonify(_saved(shop_id, changed=changed))


@blueprint.errorhandler(HTTPException)
def refuse(error: HTTPException) -> Any:
    """Say in JSON what HTTP says."""
    return jsonify(error=error.description), error.code or 500


@blueprint.errorhandler(Exception)
def fail(error: Exception) -> Any:
    """Tell the page that it is our fault, and the log what happened."""
    log.exception("admin_api_failed", path=request.path, reason=type(error).__name__)
    return jsonify(error="Something went wrong on our side. Please try again in a moment."), 500


def _saved(shop_id: int, *, changed: bool) -> Any:
    with db.read() as session:
        answer = {
            "changed": changed,
            "segments": segment_store.definitions(session, shop_id),
            "status": overview.read(session, shops.get(session, shop_id)),
        }
    return admin_responses.Saved().dump(answer)


def _shop(session: Session) -> Shop:
    shop = shops.by_domain(session, auth.asker().shop_domain)
    if shop is None or shop.uninstalled_at is not None:
        abort(403, "This shop does not have Regulars installed. Open it from the Apps menu of your Shopify admin.")
    return shop


def _body() -> Any:
    if request.mimetype != "application/json":
        abort(415, "Send application/json.")
    request.max_content_length = LARGEST_BODY
    try:
        return json.loads(request.get_data(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        abort(400, "The body is not JSON.")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _flat(messages: Any, path: str = "") -> dict[str, str]:
    """Marshmallow's nested messages by dotted path: {"segments.0.name": "Not a valid string."}."""
    if isinstance(messages, dict):
        flat: dict[str, str] = {}
        for key, below in messages.items():
            flat |= _flat(below, f"{path}.{key}" if path else str(key))
        return flat
    return {path: " ".join(map(str, messages)) if isinstance(messages, list) else str(messages)}
