"""JSON behind the page "Presets": how many customers the presets of a group would hold now, and taking one over.

Always the asking shop's own; what goes wrong is answered by `refusals`.
"""

from typing import Any

from flask import Blueprint, Response, abort, jsonify

from admin_ui import api, auth, openapi, presets_page, thresholds
from plugin import clock
from plugin.db import session as db
from plugin.schemas import first_run
from plugin.segments import catalogue
from plugin.segments.catalogue import Preset
from plugin.segments.rules import InvalidDefinition
from plugin.segments.voice import message
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import preview, segment_store

blueprint = Blueprint("admin_presets_api", __name__, url_prefix="/app/api/presets")

UNKNOWN_GROUP, UNKNOWN_PRESET = message("There is no such group of presets."), message("There is no such preset.")


@blueprint.get("/<group>/sizes")
@openapi.describes(first_run.PresetSizes, also={404: UNKNOWN_GROUP})
@auth.fetched
def sizes(group: str) -> Response:
    """How many customers each preset of a group would hold, by key; those with something to fill in are left out.

    Of a ladder's presets each customer is in one: as if the shop had all of them.
    """
    offered = dict(enumerate(presets_page.by_group())).get(int(group) if group.isdecimal() and group.isascii() else -1)
    if offered is None:
        abort(404, UNKNOWN_GROUP)
    plain = [preset for preset in offered[1] if not preset.blanks]
    with db.read() as session:
        shop = api.asking_shop(session)
        if shop.imported_at is None:
            return jsonify(first_run.PresetSizes().dump({"ready": False, "sizes": []}))
        found = preview.preview(session, shop.id, [preset.definition() for preset in plain], clock.now())
    lines = [
        {"key": preset.key, "customers": line.members, "waits": line.waits}
        for preset, line in zip(plain, found.segments, strict=False)
    ]
    return jsonify(first_run.PresetSizes().dump({"ready": True, "sizes": lines}))


@blueprint.post("/<key>")
@openapi.describes(first_run.Added, also={404: UNKNOWN_PRESET, 409: "It cannot be added as it is."})
@auth.fetched
def add(key: str) -> Any:
    """Take a preset over, switched off. One that the shop has already stays as it is."""
    preset = _preset(key)
    if preset.blanks:
        abort(409, "Fill in first what this preset leaves open.")
    with db.write() as session:
        shop = api.asking_shop(session)
        shop_id = shop.id
        definition = ShopSettings.of(shop.settings).taken_over(preset.definition()) | {"on": False}
        mine = segment_store.definitions(session, shop_id)
        if definition["tag"].casefold() not in {each["tag"].casefold() for each in mine}:
            try:
                segment_store.save(session, shop_id, [*mine, definition], clock.now())
            except InvalidDefinition as error:
                session.rollback()
                abort(409, _said(error))
        bits = {row.tag.casefold(): row.bit for row in segment_store.rows(session, shop_id)}
    return jsonify(first_run.Added().dump({"bit": bits[definition["tag"].casefold()]}))


def _preset(key: str) -> Preset:
    found = next((preset for preset in catalogue.presets() if preset.key == key), None)
    if found is None:
        abort(404, UNKNOWN_PRESET)
    return found


def _said(error: InvalidDefinition) -> str:
    return " ".join(thresholds.sentence(message) for _, message in error.problems)
