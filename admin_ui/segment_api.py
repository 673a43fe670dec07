"""JSON about one segment: try it, add it, change it, take it away. The others stay as they are saved.

What goes wrong is answered by `refusals`. Always the asking shop's own.
"""

from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, jsonify, request
from sqlalchemy.orm import Session

from admin_ui import api, auth, language, openapi, thresholds
from plugin import clock, queues
from plugin.db import session as db
from plugin.schemas import admin_segment, merchant_settings
from plugin.segments import clashes
from plugin.segments.rules import InvalidDefinition, Problem
from plugin.segments.voice import by, message
from plugin.standing import preview, segment_edits, segment_store
from plugin.standing.preview import Preview

Definition = dict[str, Any]

# Any number, so that one no segment can have is not there, whatever the method.
ONE = "/segments/<int:bit>"
NOT_THERE = message("The shop has no such segment. It may have been taken away: go back to the overview.")
CHANGED = message(
    "This segment was changed meanwhile, in another window or by somebody else. Reload the page to see it as it is."
)

blueprint = Blueprint("admin_segment_api", __name__, url_prefix="/app/api")


@blueprint.post("/preview")
@openapi.describes(admin_segment.Preview, takes=merchant_settings.SegmentsToSave)
@auth.fetched
def preview_all() -> Any:
    """What saving these definitions in place of all others would do."""
    definitions = merchant_settings.SegmentsToSave().load(api.body())["segments"]
    with db.read() as session:
        shop_id = api.asking_shop(session).id
        try:
            found = preview.preview(session, shop_id, definitions, clock.now())
        except InvalidDefinition as error:
            digits = segment_store.minor_units(session, shop_id)
            return jsonify(errors=thresholds.errors_by_field(definitions, error.problems, digits)), 422
    return jsonify(admin_segment.Preview().dump(_said(found)))


@blueprint.post("/segments/preview")
@openapi.describes(admin_segment.Tried, takes=admin_segment.SegmentToTry)
@auth.fetched
def try_segment() -> Any:
    """What saving one segment would do. One that cannot be saved is no fault here: whoever types is not done yet."""
    asked = admin_segment.SegmentToTry().load(api.body())
    with db.read() as session:
        shop_id = api.asking_shop(session).id
        definitions, place = segment_edits.with_one(session, shop_id, asked["bit"], asked["segment"])
        digits = segment_store.minor_units(session, shop_id)
        try:
            found = preview.preview(session, shop_id, definitions, clock.now())
        except InvalidDefinition as error:
            refused = {"errors": _by_field(definitions, place, error.problems, digits), "warnings": {}, "preview": None}
            return jsonify(admin_segment.Tried().dump(refused))
    doubts = clashes.find(definitions, digits).warnings
    mine = [each for each in doubts if each.path.split(".")[0] == str(place)]
    off = {each["tag"].casefold() for each in definitions if each is not definitions[place] and each.get("on") is False}
    shown = _said(_still(found, off))
    answer = {"errors": {}, "warnings": _by_field(definitions, place, mine, digits), "preview": shown}
    return jsonify(admin_segment.Tried().dump(answer))


@blueprint.post("/segments")
@openapi.describes(admin_segment.SegmentSaved, takes=admin_segment.SegmentToAdd)
@auth.fetched
def add_segment() -> Any:
    """Add a segment; who fits it is tagged at once."""
    definition = admin_segment.SegmentToAdd().load(api.body())["segment"]
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        try:
            row = segment_edits.add(session, shop_id, definition, clock.now())
        except InvalidDefinition as error:
            return _refuse(session, shop_id, None, definition, error)
        saved = {"bit": row.bit, "version": row.version, "segment": row.definition}
    queues.wake("run", shop_id)
    return jsonify(admin_segment.SegmentSaved().dump(saved))


@blueprint.put(ONE)
@openapi.describes(admin_segment.SegmentSaved, takes=admin_segment.SegmentToChange, also={404: NOT_THERE, 409: CHANGED})
@auth.fetched
def change_segment(bit: int) -> Any:
    """Change a segment; customers it concerns are tagged anew at once. With another tag it becomes another segment."""
    asked = admin_segment.SegmentToChange().load(api.body())
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        try:
            row = segment_edits.change(session, shop_id, bit, asked["version"], asked["segment"], clock.now())
        except segment_edits.UnknownSegment:
            abort(404, language.current().text(NOT_THERE))
        except segment_edits.ChangedMeanwhile:
            abort(409, language.current().text(CHANGED))
        except InvalidDefinition as error:
            return _refuse(session, shop_id, bit, asked["segment"], error)
        saved = {"bit": row.bit, "version": row.version, "segment": row.definition}
    queues.wake("run", shop_id)
    return jsonify(admin_segment.SegmentSaved().dump(saved))


@blueprint.delete(ONE)
@openapi.describes(
    admin_segment.Removed,
    query={"version": "The version that was looked at."},
    also={404: NOT_THERE, 409: CHANGED},
)
@auth.fetched
def remove_segment(bit: int) -> Any:
    """Take a segment away; its tag is taken off all customers who carry it because of us."""
    version = admin_segment.VersionSeen().load(request.args.to_dict())["version"]
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        try:
            segment_edits.remove(session, shop_id, bit, version, clock.now())
        except segment_edits.UnknownSegment:
            abort(404, language.current().text(NOT_THERE))
        except segment_edits.ChangedMeanwhile:
            abort(409, language.current().text(CHANGED))
    queues.wake("run", shop_id)
    return jsonify(admin_segment.Removed().dump({"removed": True}))


def _still(found: Preview, tags: set[str]) -> Preview:
    """Without what switching on some other segments would do, which are off."""
    lines = (
        replace(line, members=0, entering=0, leaving=0, some_entering=(), some_leaving=())
        if line.tag.casefold() in tags
        else line
        for line in found.segments
    )
    return replace(found, segments=tuple(lines))


def _said(found: Preview) -> Preview:
    """The preview as the merchant reads it."""
    lines = (replace(line, waits=by(language.current(), line.waits)) for line in found.segments)
    return replace(found, segments=tuple(lines))


def _refuse(session: Session, shop_id: int, bit: int | None, definition: Definition, error: InvalidDefinition) -> Any:
    definitions, place = segment_edits.with_one(session, shop_id, bit, definition)
    digits = segment_store.minor_units(session, shop_id)
    session.rollback()
    return jsonify(errors=_by_field(definitions, place, error.problems, digits)), 422


def _by_field(definitions: list[Definition], place: int, problems: list[Problem], digits: int) -> dict[str, str]:
    """What is wrong by the names of one segment's fields; what another one would have to say is the whole's."""
    own = f"segments.{place}."
    found: dict[str, str] = {}
    for name, problem in thresholds.errors_by_field(definitions, problems, digits).items():
        if name.startswith(own):
            found[name.removeprefix(own)] = problem
        else:
            found.setdefault("segment", f"{_name_of(definitions, name)}{problem}")
    return found


def _name_of(definitions: list[Definition], name: str) -> str:
    place = name.split(".")[1] if "." in name else ""
    return f"{definitions[int(place)]['name']}: " if place.isdigit() and int(place) < len(definitions) else ""
