"""JSON around the segments: presets, suggestions from the store's own numbers, checks before saving, explanations,
and the switch of each.
What goes wrong is answered by `refusals`; saving a whole set stands in `api`. Always the asking shop's own.
"""

from typing import Any

from flask import Blueprint, Response, abort, jsonify

from admin_ui import api, auth, language, openapi, thresholds
from plugin import clock, queues, runs
from plugin.db import session as db
from plugin.schemas import admin_catalogue, admin_explanation, admin_responses, merchant_settings
from plugin.segments import catalogue, segment_file, suggestions, words
from plugin.segments.rules import MOST_SEGMENTS, Segment
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import baselines, checking, explanation, explanation_words, segment_store

blueprint = Blueprint("admin_segments_api", __name__, url_prefix="/app/api")


@blueprint.get("/presets")
@openapi.describes(admin_catalogue.Presets)
@auth.fetched
def presets() -> Response:
    """Every preset, with its sentence in the shop's currency and what has to be filled in."""
    with db.read() as session:
        shop = api.asking_shop(session)
        voice, settings = language.of(shop), ShopSettings.of(shop.settings)
    digits = voice.digits

    def line(preset: catalogue.Preset) -> dict[str, Any]:
        segment = Segment.from_definition(settings.taken_over(preset.definition()), 0, digits)
        said = {
            "sentence": words.sentence(segment, voice),
            "beside": words.beside(segment, voice),
        }
        # As it will be stored, so that saving an unchanged preset twice changes nothing.
        same = {"key": preset.key, "group": preset.group, "idea": preset.idea, "blanks": dict(preset.blanks)}
        return {**same, **said, "definition": segment.to_definition(digits)}

    return jsonify(admin_catalogue.Presets().dump({"presets": map(line, catalogue.presets())}))


@blueprint.get("/suggestions")
@openapi.describes(admin_catalogue.Suggestions)
@auth.fetched
def suggested() -> Response:
    """Thresholds that fit the store's own numbers, each with its evidence; nothing is applied."""
    with db.read() as session:
        shop = api.asking_shop(session)
        voice = language.of(shop)
        stored = baselines.newest(session, shop.id)
    baseline = stored.baseline if stored else None
    found, basis = suggestions.of(baseline, voice.digits, voice)
    answer = {"suggestions": found, "basis": basis, "computed_at": stored.computed_at if stored else None}
    return jsonify(admin_catalogue.Suggestions().dump(answer))


@blueprint.post("/segments/check")
@openapi.describes(admin_catalogue.Checked, takes=merchant_settings.SegmentsToSave)
@auth.fetched
def check_segments() -> Any:
    """What saving these definitions would be refused for, and what is doubtful about them."""
    definitions = merchant_settings.SegmentsToSave().load(api.body())["segments"]
    with db.read() as session:
        shop_id = api.asking_shop(session).id
        digits = segment_store.minor_units(session, shop_id)
    found = checking.check(shop_id, definitions)
    answer = {
        "errors": thresholds.errors_by_field(definitions, found.clashes.errors, digits),
        "warnings": thresholds.errors_by_field(definitions, found.clashes.warnings, digits),
        "asked_store": found.asked_store,
    }
    return jsonify(admin_catalogue.Checked().dump(answer))


@blueprint.put(f"/segments/<int(max={MOST_SEGMENTS - 1}):bit>/on")
@openapi.describes(
    admin_responses.Saved,
    takes=merchant_settings.SegmentToSwitch,
    also={404: "The shop has no such segment."},
)
@auth.fetched
def switch_segment(bit: int) -> Response:
    """Put customers into a segment from now on, or into it no more: its tag is then taken off them."""
    on = merchant_settings.SegmentToSwitch().load(api.body())["on"]
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        try:
            changed = segment_store.switch(session, shop_id, bit, on, clock.now())
        except LookupError:
            abort(404, "The shop has no such segment.")
        if changed:
            runs.start_refresh(session, shop_id, clock.now())
    if changed:
        queues.wake("run", shop_id)
    return jsonify(api.saved(shop_id, changed=changed))


@blueprint.get("/segments/export")
@openapi.describes(None, mimetype="text/plain")
@auth.fetched
def export_segments() -> Response:
    """The shop's whole set as a file that `regulars segments import` takes."""
    with db.read() as session:
        definitions = segment_store.definitions(session, api.asking_shop(session).id)
    headers = {"Content-Disposition": 'attachment; filename="segments.yaml"'}
    return Response(segment_file.write(definitions), mimetype="text/plain", headers=headers)


@blueprint.get(f"/customers/<int(max={openapi.LARGEST_ID}):customer_id>/explanation")
@openapi.describes(admin_explanation.Explanation, also={404: "The shop has no such customer."})
@auth.fetched
def explain(customer_id: int) -> Response:
    """Why a customer is in each segment or not, and what would bring them in."""
    with db.read() as session:
        shop = api.asking_shop(session)
        try:
            found = explanation.explain(session, shop.id, customer_id, clock.now(), language.asked())
        except explanation.UnknownCustomer:
            abort(404, "The shop has no such customer.")
    return jsonify(admin_explanation.Explanation().dump(explanation_words.as_json(found)))
