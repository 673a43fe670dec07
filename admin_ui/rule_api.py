"""JSON with what the form of a rule fetches once it is asked for: a condition to add, and the names of countries."""

from typing import Any

from flask import Blueprint, abort, get_template_attribute, jsonify

from admin_ui import api, auth, language, openapi, overview, rule_form
from plugin.db import session as db
from plugin.schemas import admin_rule

blueprint = Blueprint("admin_rule_api", __name__, url_prefix="/app/api", template_folder="templates")


@blueprint.get("/conditions/<key>")
@openapi.describes(admin_rule.ConditionToAdd, also={404: "There is no such condition."})
@auth.fetched
def condition_to_add(key: str) -> Any:
    """A condition filled with an example, as the form shows it."""
    with db.read() as session:
        shop = api.asking_shop(session)
        said, currency = language.of(shop), overview.currency(shop)
    found = next((each for each in rule_form.addable(said) if each.key == key), None)
    if found is None:
        abort(404, "There is no such condition.")
    shown = get_template_attribute("rule.html", "condition")(found.condition, rule_form.kinds(said), currency)
    return jsonify(admin_rule.ConditionToAdd().dump({"html": str(shown)}))


@blueprint.get("/countries")
@openapi.describes(admin_rule.Countries)
@auth.fetched
def countries() -> Any:
    """All countries, by name."""
    with db.read() as session:
        said = language.of(api.asking_shop(session))
    return jsonify(admin_rule.Countries().dump({"countries": rule_form.countries(said)}))
