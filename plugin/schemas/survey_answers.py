"""Answers as survey tools send them, and pins and settings as the page sends them, in JSON."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from plugin.schemas import scores
from plugin.schemas.facts import EARLIEST, LATEST
from plugin.schemas.merchant_settings import TrueOrFalse
from plugin.shopify import ids

LARGEST_ID = 2**63 - 1
MOST_ANSWERS = 1_000
NO_CUSTOMER = "Must be Shopify's number of the customer, or its gid."


class CustomerNumber(fields.Raw):
    """Shopify's number of a customer, as a number or, for tools that round large ones, as a text; or its gid."""

    def __init__(self, **options: Any) -> None:
        kinds = [{"type": "integer", "minimum": 1, "maximum": LARGEST_ID}, {"type": "string", "minLength": 1}]
        super().__init__(metadata={"oneOf": kinds}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:
        number = super()._deserialize(value, attr, data, **options)
        if isinstance(number, str):
            number = _number(number)
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= LARGEST_ID:
            raise ValidationError(NO_CUSTOMER)
        return number


class Score(fields.Raw):
    """From 0 to 10."""

    def __init__(self, **options: Any) -> None:
        kinds = [{"type": "number", "minimum": 0, "maximum": scores.HIGHEST}, {"type": "string", "minLength": 1}]
        super().__init__(metadata={"oneOf": kinds}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:
        try:
            return scores.read(super()._deserialize(value, attr, data, **options))
        except scores.NoScore as error:
            raise ValidationError(str(error)) from None


def instant(**options: Any) -> fields.AwareDateTime:
    """A time, which must say its offset."""
    in_our_age = validate.Range(EARLIEST, LATEST, max_inclusive=False)
    return fields.AwareDateTime(format="iso", validate=in_our_age, **options)


class Answer(Schema):
    """One answer; without `answered_at` it was given when the request was signed."""

    customer = CustomerNumber(required=True)
    score = Score(required=True)
    answered_at = instant()


class AnswersToTake(Schema):
    """Up to a thousand answers."""

    answers = fields.List(fields.Nested(Answer), required=True, validate=validate.Length(min=1, max=MOST_ANSWERS))


class MetafieldToRead(Schema):
    """Which customer metafield holds answers; its name is judged by plugin.history.metafields."""

    namespace = fields.String(required=True, validate=validate.Length(min=1, max=255))
    key = fields.String(required=True, validate=validate.Length(min=1, max=64))


class PinToPut(Schema):
    """A segment by its tag, and whether the customer is in it (`into`) or out of it; `until` null is for good."""

    tag = fields.String(required=True, validate=validate.Length(min=1, max=255))
    into = TrueOrFalse(required=True)
    until = instant(allow_none=True, load_default=None)
    note = fields.String(load_default="", validate=validate.Length(max=200))

    @post_load
    def tidy(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """With the end in UTC."""
        until: datetime | None = data["until"]
        return data | {"until": until.astimezone(UTC) if until else None}


def _number(text: str) -> int:
    if len(text) <= 19 and text.isascii() and text.isdigit():
        return int(text)
    try:
        return ids.number("Customer", text)
    except ValueError:
        raise ValidationError(NO_CUSTOMER) from None
