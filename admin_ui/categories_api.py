"""JSON about what the shop's products can be chosen by, for conditions that ask what customers bought."""

from typing import Any

from flask import Blueprint, jsonify, request

from admin_ui import api, auth, openapi
from plugin.db import session as db
from plugin.schemas import admin_categories
from plugin.standing import category_choices

blueprint = Blueprint("admin_categories_api", __name__, url_prefix="/app/api")

QUERY = {
    "kind": "product_type, vendor, product_tag or collection",
    "starts": "How the title begins, upper and lower case alike",
}


@blueprint.get("/categories")
@openapi.describes(admin_categories.Choices, query=QUERY)
@auth.fetched
def choices() -> Any:
    """The first categories of a kind whose title begins so, in alphabetical order."""
    asked = admin_categories.Asked().load(request.args.to_dict())
    with db.read() as session:
        shop_id = api.asking_shop(session).id
    found = category_choices.of(shop_id, asked["kind"], asked["starts"])
    return jsonify(admin_categories.Choices().dump(found))
