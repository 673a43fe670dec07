"""What the schemas of all payloads are made of: ids, instants, money. What is not declared is dropped unread."""

from datetime import UTC
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

from plugin import money
from plugin.schemas.facts import EARLIEST, LATEST
from plugin.shopify import ids


class Payload(Schema):
    """Unknown fields are dropped: Shopify adds some with every version."""

    class Meta:
        unknown = EXCLUDE


def shopify_id(**options: Any) -> fields.Integer:
    """A bare numeric id."""
    return fields.Integer(strict=True, validate=validate.Range(1, ids.LARGEST), **options)


def instant(**options: Any) -> fields.AwareDateTime:
    """A time with its offset, taken over as UTC."""
    return fields.AwareDateTime(
        format="iso", default_timezone=UTC, validate=validate.Range(EARLIEST, LATEST, max_inclusive=False), **options
    )


class Money(Payload):
    """An amount and its currency."""

    amount = fields.Decimal(required=True, validate=validate.Range(-money.LARGEST, money.LARGEST))
    currency_code = fields.String(required=True, validate=validate.Regexp(r"[A-Z]{3}\Z"))


class MoneySet(Payload):
    """An amount in the shop's currency and in the customer's; only the shop's is read."""

    shop_money = fields.Nested(Money, required=True)
