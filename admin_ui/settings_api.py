"""JSON of the page "Settings": all that a shop decides once, read and saved in one piece. The asking shop's own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, jsonify
from marshmallow import ValidationError, validate
from sqlalchemy.orm import Session

from admin_ui import api, auth, choices, language, openapi, overview, thresholds
from plugin import clock, queues, runs
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.history import recounting
from plugin.schemas import shop_choices
from plugin.segments.rules import InvalidDefinition
from plugin.segments.voice import message
from plugin.shop import person_to_warn, settings_changes, shops, warnings
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import renaming, segment_store

blueprint = Blueprint("admin_settings_api", __name__, url_prefix="/app/api")

IS_ADDRESS = validate.Email()
MEANWHILE = message("This segment was changed meanwhile. Load the page again to see how it is now.")


@blueprint.get("/settings")
@openapi.describes(shop_choices.Settings)
@auth.fetched
def settings() -> Response:
    """All settings, as PUT takes them."""
    with db.read() as session:
        return jsonify(shop_choices.Settings().dump(current(session, api.asking_shop(session))))


@blueprint.put("/settings")
@openapi.describes(shop_choices.SettingsSaved, takes=shop_choices.SettingsToSave)
@auth.fetched
def save_settings() -> Any:
    """Change what is given and leave the rest; all of it or, where anything cannot be, nothing."""
    wanted = shop_choices.SettingsToSave().load(api.body())
    thresholds_wanted, address = wanted.pop("thresholds", {}), wanted.pop("warn_email", None)
    values, errors = choices.read(wanted)
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        changed = set(_made(session, shop_id, values, errors))
        changed |= _choose_person(session, shop_id, address, errors)
        changed |= _save_thresholds(session, shop_id, thresholds_wanted, errors)
        if errors:
            raise ValidationError(errors)  # nothing of it is kept
    for stage in ("run", "sync") if changed else ():
        queues.wake(stage, shop_id)
    with db.read() as session:
        shop = shops.get(session, shop_id)
        answer = {"settings": current(session, shop), "status": overview.read(session, shop)}
        return jsonify(shop_choices.SettingsSaved().dump({"changed": sorted(changed), **answer}))


@blueprint.post("/settings/effect")
@openapi.describes(shop_choices.Effect, takes=shop_choices.ChoicesToSave)
@auth.fetched
def effect() -> Any:
    """How many orders would come to count, or count no more, if these settings were saved; nothing is."""
    values, errors = choices.read(shop_choices.ChoicesToSave().load(api.body()))
    if errors:
        raise ValidationError(errors)
    with db.read() as session:
        shop = api.asking_shop(session)
        before = ShopSettings.of(shop.settings)
        found = recounting.effect(session, shop.id, before, replace(before, **values))
    return jsonify(shop_choices.Effect().dump(found))


@blueprint.get("/settings/renaming")
@openapi.describes(shop_choices.Renaming)
@auth.fetched
def planned_renaming() -> Response:
    """What giving every tag the shop's prefix would change."""
    with db.read() as session:
        return jsonify(shop_choices.Renaming().dump(renaming.plan(session, api.asking_shop(session).id)))


@blueprint.post("/settings/renaming")
@openapi.describes(
    shop_choices.Renamed, takes=shop_choices.TagsToRename, also={409: "The prefix is another one by now."}
)
@auth.fetched
def rename_tags() -> Any:
    """Give every tag the shop's prefix: all of them are taken off, and given anew under their new names."""
    prefix = shop_choices.TagsToRename().load(api.body())["prefix"]
    with db.write() as session:
        shop = api.asking_shop(session)
        shop_id, say = shop.id, language.of(shop).text
        if ShopSettings.of(shop.settings).tag_prefix != prefix:
            abort(409, say("The prefix was changed meanwhile. Load the page again to see what would happen."))
        try:
            renamed = renaming.rename(session, shop_id, clock.now())
        except InvalidDefinition as refused:
            session.rollback()
            abort(409, " ".join(thresholds.sentence(message) for _, message in refused.problems))
    if renamed:
        queues.wake("run", shop_id)
    with db.read() as session:
        status = overview.read(session, shops.get(session, shop_id))
    return jsonify(shop_choices.Renamed().dump({"renamed": renamed, "status": status}))


def current(session: Session, shop: Shop) -> dict[str, Any]:
    """What the page shows, and its script compares with."""
    rows = segment_store.rows(session, shop.id)
    saved = {str(row.bit): {"version": row.version, "definition": row.definition} for row in rows}
    person = person_to_warn.of(shop)
    beside = {"thresholds": saved, "warn_email": person.address if person else ""}
    return choices.written(ShopSettings.of(shop.settings)) | beside


def _made(session: Session, shop_id: int, values: dict[str, Any], errors: dict[str, str]) -> frozenset[str]:
    if errors:
        return frozenset()
    return frozenset(map(choices.named, settings_changes.make(session, shop_id, clock.now(), **values)))


def _choose_person(session: Session, shop_id: int, address: str | None, errors: dict[str, str]) -> set[str]:
    if address is None:
        return set()
    try:
        chosen = IS_ADDRESS(address.strip()) if address.strip() else ""
    except ValidationError:
        errors["warn_email"] = language.current().text("This is no email address.")
        return set()
    if not person_to_warn.choose(shops.get(session, shop_id), chosen, language.asked()):
        return set()
    warnings.forget(session, shop_id)
    return {"warn_email"}


def _save_thresholds(session: Session, shop_id: int, wanted: Mapping[str, Any], errors: dict[str, str]) -> set[str]:
    """Put new numbers into the definitions as they are now; what cannot be is added to the errors."""
    if not wanted:
        return set()
    shops.hold(session, shop_id)
    rows = segment_store.rows(session, shop_id)
    by_number = {str(row.bit): row for row in rows}
    definitions, stale = {number: row.definition for number, row in by_number.items()}, dict[str, str]()
    for number, change in wanted.items():
        row = by_number.get(number)
        try:
            if row is None or row.version != change["version"]:
                raise KeyError(number)
            definitions[number] = thresholds.with_numbers(row.definition, change["numbers"])
        except KeyError:
            said = language.current().text(MEANWHILE)
            stale.update({f"segments.{number}.{path}": said for path in change["numbers"]})
    if stale:
        errors.update(stale)
        return set()
    numbers, saved = list(definitions), list(definitions.values())
    try:
        changed = segment_store.save(session, shop_id, saved, clock.now())
    except InvalidDefinition as refused:
        digits = segment_store.minor_units(session, shop_id)
        found = thresholds.errors_by_field(saved, refused.problems, digits)
        errors.update({_of(numbers, name): said for name, said in found.items()})
        return set()
    if changed:
        runs.start_refresh(session, shop_id, clock.now())
    return {"thresholds"} if changed else set()


def _of(numbers: list[str], name: str) -> str:
    """The field's name on this page, which goes by the segment's number and not by its place."""
    parts = name.split(".")
    if len(parts) > 1 and parts[0] == "segments" and parts[1].isdigit():
        parts[1] = numbers[int(parts[1])]
    return ".".join(parts)
