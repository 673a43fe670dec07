"""JSON of the page "Settings": all that a shop decides once, read and saved in one piece. The asking shop's own."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from admin_ui import api, auth, openapi, overview, thresholds
from plugin import clock, queues, runs
from plugin.db import session as db
from plugin.schemas import shop_choices
from plugin.segments.rules import InvalidDefinition
from plugin.shop import shops
from plugin.standing import segment_store

blueprint = Blueprint("admin_settings_api", __name__, url_prefix="/app/api")

MEANWHILE = "This segment was changed meanwhile. Load the page again to see how it is now."


@blueprint.get("/settings")
@openapi.describes(shop_choices.Settings)
@auth.fetched
def settings() -> Response:
    """All settings, as PUT takes them."""
    with db.read() as session:
        return jsonify(shop_choices.Settings().dump(current(session, api.asking_shop(session).id)))


@blueprint.put("/settings")
@openapi.describes(shop_choices.SettingsSaved, takes=shop_choices.SettingsToSave)
@auth.fetched
def save_settings() -> Any:
    """Change what is given and leave the rest; all of it or, where anything cannot be, nothing."""
    wanted = shop_choices.SettingsToSave().load(api.body())
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        changed = _save_thresholds(session, shop_id, wanted.get("thresholds", {}))
    if changed:
        queues.wake("run", shop_id)
    with db.read() as session:
        status = overview.read(session, shops.get(session, shop_id))
        answer = {"changed": sorted(changed), "settings": current(session, shop_id), "status": status}
    return jsonify(shop_choices.SettingsSaved().dump(answer))


def current(session: Session, shop_id: int) -> dict[str, Any]:
    """What the page shows, and its script compares with."""
    rows = segment_store.rows(session, shop_id)
    return {"thresholds": {str(row.bit): {"version": row.version, "definition": row.definition} for row in rows}}


def _save_thresholds(session: Session, shop_id: int, wanted: Mapping[str, Any]) -> set[str]:
    """Put new numbers into the definitions as they are now."""
    if not wanted:
        return set()
    shops.hold(session, shop_id)
    rows = segment_store.rows(session, shop_id)
    by_number = {str(row.bit): row for row in rows}
    definitions, errors = {number: row.definition for number, row in by_number.items()}, dict[str, str]()
    for number, change in wanted.items():
        row = by_number.get(number)
        try:
            if row is None or row.version != change["version"]:
                raise KeyError(number)
            definitions[number] = thresholds.with_numbers(row.definition, change["numbers"])
        except KeyError:
            errors |= {f"segments.{number}.{path}": MEANWHILE for path in change["numbers"]}
    if errors:
        raise ValidationError(errors)
    numbers, saved = list(definitions), list(definitions.values())
    try:
        changed = segment_store.save(session, shop_id, saved, clock.now())
    except InvalidDefinition as refused:
        digits = segment_store.minor_units(session, shop_id)
        found = thresholds.errors_by_field(saved, refused.problems, digits)
        raise ValidationError({_of(numbers, name): said for name, said in found.items()}) from refused
    if changed:
        runs.start_refresh(session, shop_id, clock.now())
    return {"thresholds"} if changed else set()


def _of(numbers: list[str], name: str) -> str:
    """The field's name on this page, which goes by the segment's number and not by its place."""
    parts = name.split(".")
    if len(parts) > 1 and parts[0] == "segments" and parts[1].isdigit():
        parts[1] = numbers[int(parts[1])]
    return ".".join(parts)
