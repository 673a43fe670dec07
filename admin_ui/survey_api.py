"""Where survey tools post answers: a door of its own, without ID tokens, for whoever has the shop's survey secret.

Verify, read, record, answer. docs/promoters.md tells tools how to sign. What goes wrong is answered by `refusals`.
"""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from marshmallow import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from admin_ui import api, openapi, rate_limits
from plugin import clock, logs
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.db.types import from_microseconds
from plugin.history import answers
from plugin.schemas import admin_responses, survey_answers
from plugin.schemas.facts import PromoterAnswer
from plugin.shop import shops, survey_secret
from plugin.standing import promoters

# A thousand answers with long numbers are some 100 kB.
LARGEST_BODY = 256_000
STAMP, SIGNATURE = "Regulars-Timestamp", "Regulars-Signature"
# The same whatever is wrong: a stranger learns neither which shops there are nor which of them take answers.
NOT_SIGNED = (
    "The signature is missing, not right, or older than five minutes, or this shop takes no answers from survey tools."
)

blueprint = Blueprint("surveys", __name__, url_prefix=openapi.SURVEYS)


@blueprint.post("/<shop_domain>")
@openapi.describes(
    admin_responses.AnswersTaken,
    takes=survey_answers.AnswersToTake,
    also={401: NOT_SIGNED, 429: "Too many requests.", 503: "Try again later."},
    headers={
        STAMP: "When the request was signed, in seconds since 1970.",
        SIGNATURE: "HMAC-SHA256 of timestamp, point and body with the shop's survey secret, in hexadecimal.",
    },
    needs_token=False,
)
def take_answers(shop_domain: str) -> Response:
    """Record what customers answered, by the one who has the shop's survey secret. The same again changes nothing."""
    request.max_content_length = LARGEST_BODY
    body = request.get_data()
    stamp = request.headers.get(STAMP, "")
    shop = _signer(shop_domain, stamp, body)
    logs.about_shop(shop.domain)
    rate_limits.count_survey(shop.domain)
    given = survey_answers.AnswersToTake().load(api.body())["answers"]
    try:
        return jsonify(_taken(shop.id, given, int(stamp)))
    except SQLAlchemyError:
        abort(503, "Try again later.")


def _signer(shop_domain: str, stamp: str, body: bytes) -> Shop:
    """The shop whose secret the request was signed with; 401 if there is none."""
    with db.read() as session:
        shop = shops.by_domain(session, shop_domain.lower()) if "\x00" not in shop_domain else None
    signed = survey_secret.is_signed(shop, stamp, request.headers.get(SIGNATURE, ""), body, clock.now())
    if shop is None or not signed:
        rate_limits.count_stranger(request.remote_addr)
        abort(401, NOT_SIGNED)
    return shop


def _taken(shop_id: int, given: list[dict[str, Any]], stamp: int) -> Any:
    signed_at = from_microseconds(stamp * 1_000_000)
    latest = clock.now() + promoters.CLOCKS_APART
    late = {
        f"answers.{place}.answered_at": ["The date is in the future."]
        for place, each in enumerate(given)
        if each.get("answered_at", signed_at) > latest
    }
    if late:
        raise ValidationError(late)
    outcomes = promoters.take_in(
        shop_id,
        [PromoterAnswer(each["customer"], each["score"], each.get("answered_at", signed_at)) for each in given],
    )
    answer = {
        "recorded": outcomes.count(answers.RECORDED),
        "older": outcomes.count(answers.OLDER),
        "unknown_customers": [place for place, outcome in enumerate(outcomes) if outcome == answers.UNKNOWN],
    }
    return admin_responses.AnswersTaken().dump(answer)
