"""JSON about the segments a merchant keeps in Shopify, for conditions that ask who is in one."""

from typing import Any

from flask import Blueprint, jsonify

from admin_ui import api, auth, openapi
from plugin.db import session as db
from plugin.schemas import admin_shopify_segments
from plugin.standing import mirror_choices

blueprint = Blueprint("admin_shopify_segments_api", __name__, url_prefix="/app/api")


@blueprint.get("/shopify-segments")
@openapi.describes(admin_shopify_segments.ShopifySegments)
@auth.fetched
def shopify_segments() -> Any:
    """The segments of the shop's customers that are kept in Shopify."""
    with db.read() as session:
        shop_id = api.asking_shop(session).id
    found = mirror_choices.of(shop_id)
    listed = [{"value": str(each.segment_id), "name": each.name, "query": each.query} for each in found.segments]
    answer = {"segments": listed, "complete": found.complete, "answered": found.answered}
    return jsonify(admin_shopify_segments.ShopifySegments().dump(answer))
