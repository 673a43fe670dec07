"""JSON about promoters and pins: files of answers, the metafield, the secret of survey tools, and a customer's pins."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from admin_ui import api, auth, openapi
from plugin import clock, config, queues, runs
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.history import metafields
from plugin.schemas import admin_responses, survey_answers
from plugin.schemas.answers_file import FileRefused
from plugin.segments.voice import message
from plugin.shop import shops, survey_secret
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import pinning, promoters

# Some hundred thousand lines; larger files go in pieces, or through the command `regulars promoters import`.
LARGEST_FILE = 5_000_000
FILE_TYPES = ("text/csv", "application/vnd.ms-excel", "text/plain")
CAUSE = "page"

blueprint = Blueprint("admin_customers_api", __name__, url_prefix="/app/api")
NO_CUSTOMER = {404: message("No customer of this shop has that number.")}
PINS = "/customers/<int:customer_id>/pins"


@blueprint.get("/promoters")
@openapi.describes(admin_responses.Promoters)
@auth.fetched
def promoter_doors() -> Response:
    """Where answers come from, and how many customers have answered."""
    return _doors()


@blueprint.post("/promoters")
@openapi.describes(admin_responses.FileTaken, takes_file="text/csv")
@auth.fetched
def upload_answers() -> Response:
    """Take in a CSV file with the columns customer id (or gid), score and date. The same file again changes nothing."""
    if request.mimetype not in FILE_TYPES:
        abort(415, "Send the file itself, as text/csv.")
    request.max_content_length = LARGEST_FILE
    with db.read() as session:
        shop_id = api.asking_shop(session).id
    try:
        report = promoters.take_file(shop_id, request.stream)  # type: ignore[arg-type]
    except FileRefused as error:
        raise ValidationError({"file": [str(error)]}) from None
    return jsonify(admin_responses.FileTaken().dump(report))


@blueprint.put("/promoters/metafield")
@openapi.describes(admin_responses.Promoters, takes=survey_answers.MetafieldToRead)
@auth.fetched
def read_metafield() -> Response:
    """Read answers from a customer metafield, now and every night."""
    wanted = survey_answers.MetafieldToRead().load(api.body())
    _choose((wanted["namespace"], wanted["key"]))
    return _doors()


@blueprint.delete("/promoters/metafield")
@openapi.describes(admin_responses.Promoters)
@auth.fetched
def read_no_metafield() -> Response:
    """Read no metafield any more; the answers that are here stay."""
    _choose(None)
    return _doors()


@blueprint.post("/promoters/secret")
@openapi.describes(admin_responses.SurveySecret)
@auth.fetched
def renew_secret() -> Response:
    """A new secret for survey tools, shown this once; the one before is refused from now on."""
    with db.write() as session:
        shop = api.asking_shop(session)
        seen = {"secret": survey_secret.renew(shop, clock.now()), **_seen(session)}
    return jsonify(admin_responses.SurveySecret().dump(seen))


@blueprint.delete("/promoters/secret")
@openapi.describes(admin_responses.Promoters)
@auth.fetched
def drop_secret() -> Response:
    """Take no answers from survey tools any more."""
    with db.write() as session:
        survey_secret.drop(api.asking_shop(session))
    return _doors()


@blueprint.get(PINS)
@openapi.describes(admin_responses.Pins, also=NO_CUSTOMER)
@auth.fetched
def pins(customer_id: int) -> Response:
    """The segments a customer is pinned into or out of."""
    with db.read() as session:
        return _pins(api.asking_shop(session).id, customer_id)


@blueprint.put(PINS)
@openapi.describes(admin_responses.Pins, takes=survey_answers.PinToPut, also=NO_CUSTOMER)
@auth.fetched
def put_pin(customer_id: int) -> Response:
    """Pin a customer into a segment or out of it, in place of an earlier pin for that segment."""
    wanted = survey_answers.PinToPut().load(api.body())
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        shops.hold(session, shop_id)
        try:
            pinning.put(session, shop_id, customer_id, now=clock.now(), cause=CAUSE, **wanted)
        except pinning.NotPinned as error:
            _refuse(error)
    queues.wake("sync", shop_id)
    return _pins(shop_id, customer_id)


@blueprint.delete(PINS)
@openapi.describes(
    admin_responses.Pins,
    also=NO_CUSTOMER,
    query={"tag": "Only the pin for the segment with this tag; without it, all."},
)
@auth.fetched
def remove_pins(customer_id: int) -> Response:
    """Take a customer's pins away, or the one for a segment."""
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        shops.hold(session, shop_id)
        try:
            pinning.remove(session, shop_id, customer_id, request.args.get("tag"), now=clock.now())
        except pinning.NotPinned as error:
            _refuse(error)
    queues.wake("sync", shop_id)
    return _pins(shop_id, customer_id)


def _choose(field: metafields.Field | None) -> None:
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        try:
            changed = metafields.choose(session, shop_id, field)
        except metafields.NoField as error:
            raise ValidationError({error.part: [str(error)]}) from None
    if changed and field is not None:
        queues.wake("run", shop_id)


def _doors() -> Response:
    with db.read() as session:
        return jsonify(admin_responses.Promoters().dump(_seen(session)))


def _seen(session: Session) -> dict[str, Any]:
    shop = api.asking_shop(session)
    newest = runs.latest_of(session, shop.id, runs.ANSWERS)
    field = ShopSettings.of(shop.settings).promoter_field
    return {
        "metafield": {"namespace": field[0], "key": field[1]} if field else None,
        "read_at": shop.answers_read_at,
        "reading": newest is not None and newest.finished_at is None,
        "reading_failed": newest.error if newest is not None else None,
        "address": _address(shop),
        "secret_made_at": shop.answers_secret_at,
        "customers": promoters.known_count(session, shop.id),
    }


def _address(shop: Shop) -> str:
    return f"{config.current().app_url}{openapi.SURVEYS}/{shop.domain}"


def _pins(shop_id: int, customer_id: int) -> Response:
    with db.read() as session:
        try:
            found = pinning.of_customer(session, shop_id, customer_id, clock.now())
        except pinning.NotPinned as error:
            _refuse(error)
    return jsonify(admin_responses.Pins().dump({"pins": found}))


def _refuse(error: pinning.NotPinned) -> Any:
    if error.path == "customer":
        abort(404, NO_CUSTOMER[404])
    raise ValidationError({error.path: [str(error)]})
